# The connection: lines in, lines out, and which runspace does what. The thread of the session never calls Hyper-V, so
# that a ping is answered whatever else goes on. It alone writes; the others hand it whole lines.

$HvIdleMs = 90000
$HvWriteMs = 60000
$HvCallsMost = 1000
$HvRunspacesMost = 16

function Send-Hv($Object) {
	$Hv.Out.Enqueue((ConvertTo-HvJson $Object))
	$null = $Hv.Wake.Set()
}

# An answer with its id; about a VM, with the VM as it is now.
function Send-HvAnswer($Id, $Answer, [string]$Vm) {
	$line = [ordered]@{ id = $Id }
	foreach ($name in @($Answer.Keys)) { $line[$name] = $Answer[$name] }
	if ($Vm) {
		$object = Get-HvVmObject $Vm
		if ($object) {
			$Hv.Sent[$Vm] = $object.revision
			$body = [ordered]@{}
			foreach ($name in @($Answer['body'].Keys)) { $body[$name] = $Answer['body'][$name] }
			$body['vm'] = $object
			$line['body'] = $body
		}
	}
	Send-Hv $line
}

# What is known of an operation. "running" says that there is an intent without an answer.
function Invoke-HvQuery($Command) {
	try {
		$entry = Read-HvEntry $Command.Operation $Command.Query
		$body = [ordered]@{ state = 'unknown' }
		if ($entry) { $body['state'] = 'running' }
		if ($entry -and $entry.ContainsKey('answer')) {
			$body['state'] = 'done'
			$told = $entry['answer']
			$told['replayed'] = $true
			$vm = Get-HvVmObject $entry['vmUuid']
			if ($vm) { $told['body']['vm'] = $vm }
			$body['answer'] = $told
		}
		Send-HvAnswer $Command.Id (New-HvAnswer $Command.Name $null $body) $null
	} catch {
		Send-HvAnswer $Command.Id (New-HvAnswer $Command.Name (Get-HvFailure $_) $null) $null
	}
}

# --- runspaces -------------------------------------------------------------------------------------------------------

# What every runspace of the agent begins with: the functions and tables of this script, parsed once. What changes goes
# through $Hv, which stands in each.
function New-HvInitialState {
	$state = [Management.Automation.Runspaces.InitialSessionState]::CreateDefault2()
	$items = $ExecutionContext.InvokeProvider.ChildItem
	foreach ($one in $items.Get('function:*-Hv*', $false)) {
		$state.Commands.Add([Management.Automation.Runspaces.SessionStateFunctionEntry]::new($one.Name, $one.Definition))
	}
	foreach ($one in $items.Get('variable:Hv*', $false)) {
		$state.Variables.Add([Management.Automation.Runspaces.SessionStateVariableEntry]::new($one.Name, $one.Value, ''))
	}
	foreach ($one in @(@('ErrorActionPreference', 'Stop'), @('WarningPreference', 'SilentlyContinue'))) {
		$state.Variables.Add([Management.Automation.Runspaces.SessionStateVariableEntry]::new($one[0], $one[1], ''))
	}
	return $state
}

function New-HvRunspace {
	if (-not $Hv.Initial) { $Hv.Initial = New-HvInitialState }
	$runspace = [Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($Hv.Initial)
	$runspace.Open()
	return $runspace
}

function Start-HvShell([string]$Function, $Argument) {
	$runspace = $null
	if ($Hv.Spare.Count -gt 0) { $runspace = $Hv.Spare.Pop() } else { $runspace = New-HvRunspace }
	$shell = [PowerShell]::Create()
	$shell.Runspace = $runspace
	$null = $shell.AddCommand($Function)
	if ($Argument) { $null = $shell.AddArgument($Argument) }
	return @{ Shell = $shell; Result = $shell.BeginInvoke(); Command = $Argument; Told = [long]-1 }
}

# --- calls: commands that act, in their order for each VM ------------------------------------------------------------

function Add-HvCall($Session, $Command) {
	if ($Session.Calls.Count -ge $HvCallsMost) {
		Send-HvAnswer $Command.Id (New-HvAnswer $Command.Name @{ Code = 'Busy'; Details = "$HvCallsMost commands wait already" } $null) $null
		return
	}
	$Command.Arrived = [Diagnostics.Stopwatch]::StartNew()
	$null = $Session.Calls.Add($Command)
}

function Start-HvCalls($Session) {
	foreach ($command in @($Session.Calls)) {
		$place = $(if ($command.Vm) { $command.Vm } else { "query $($command.Id)" })
		if ($Session.Jobs.Count -ge $HvRunspacesMost) { return }
		$acts = $Session.Jobs[$place]
		if ($command.Beside -and (-not $acts -or $acts.Command.Name -eq 'ExportVmCommand')) { $place = "beside $place" }
		if ($Session.Jobs.ContainsKey($place)) {
			if ($command.Arrived.ElapsedMilliseconds -gt $Hv.BusyMs) {
				$Session.Calls.Remove($command)
				$failure = @{ Code = 'Busy'; Details = 'Another command for this VM has not ended in time' }
				Send-HvAnswer $command.Id (New-HvAnswer $command.Name $failure $null) $null
			}
			continue
		}
		$Session.Calls.Remove($command)
		if ($command.Vm) { $Hv.Acting[$command.Vm] = $true }
		if ($command.Name -eq 'ExportVmCommand') {
			$Hv.Cancels.Remove($command.Export)
			$Hv.Exporting[$command.Vm] = $command.Export
		}
		$function = $(if ($command.Kind -eq 'query') { 'Invoke-HvQuery' } else { 'Invoke-HvCommand' })
		$Session.Jobs[$place] = Start-HvShell $function $command
	}
}

# The cmdlet's own progress, on the scale of the whole command: an apply is most of a revert, a removal little of a delete.
function Show-HvCmdletProgress($Job) {
	$records = $Job.Shell.Streams.Progress
	$told = $Hv.Told[$Job.Command.Key]
	if (-not $told -or $records.Count -eq 0) { return }
	$percent = [long]$records[$records.Count - 1].PercentComplete
	if ($percent -le $Job.Told -or $percent -gt 100) { return }
	$Job.Told = $percent
	$scale = @{ RevertToVMSnapshotCommand = 0.7; DeleteVMSnapshotCommand = 0.1 }[$Job.Command.Name]
	if (-not $scale) { $scale = 1.0 }
	if ($told.Phase -ne 'merging disks' -and $told.Phase -ne 'starting') {
		Show-HvProgress $Job.Command ([long][Math]::Floor($percent * $scale)) $told.Phase
	}
}

function Complete-HvJobs($Session) {
	foreach ($place in @($Session.Jobs.Keys)) {
		$job = $Session.Jobs[$place]
		if (-not $job.Result.IsCompleted) {
			if ($job.Command.Key) { Show-HvCmdletProgress $job }
			continue
		}
		try {
			$null = $job.Shell.EndInvoke($job.Result)
		} catch {
			Send-HvAnswer $job.Command.Id (New-HvAnswer $job.Command.Name (Get-HvFailure $_) $null) $null
		}
		$Hv.Spare.Push($job.Shell.Runspace)
		$job.Shell.Dispose()
		$Session.Jobs.Remove($place)
		if ($job.Command.Key) { $Hv.Told.Remove($job.Command.Key) }
		if ($job.Command.Vm) { $Hv.Acting.Remove($job.Command.Vm) }
		if ($job.Command.Name -eq 'ExportVmCommand') {
			$Hv.Exporting.Remove($job.Command.Vm)
			$Hv.Cancels.Remove($job.Command.Export)
		}
		$null = $Hv.Look.Set()
	}
}

# --- lines in --------------------------------------------------------------------------------------------------------

function Invoke-HvNow($Session, $Command) {
	$answer = New-HvAnswer $Command.Name $null $null
	Send-HvAnswer $Command.Id $answer $null
	if ($Command.Name -eq 'QuitCommand') { $Session.Quits = $true }
}

function Read-HvLine($Session, [byte[]]$Bytes) {
	$command = @{ Id = $null; Name = 'ErrorCommand'; Kind = $null; Holds = $false }
	try {
		if ($null -eq $Bytes) { Stop-Hv 'LineTooLong' 'A line has at most 16 MiB' }
		Read-HvCommand $Bytes $command
		if ($Hv.Problem -and 'look', 'act' -contains $command.Kind) { Stop-Hv $Hv.Problem.Code $Hv.Problem.Details }
	} catch {
		$answer = New-HvAnswer $command.Name (Get-HvFailure $_) $null
		Send-HvAnswer $command.Id $answer $null
		return
	}
	switch ($command.Kind) {
		'look' {
			$Hv.Asks.Enqueue($command)
			$null = $Hv.Look.Set()
		}
		'act' { Add-HvCall $Session $command }
		'query' { Add-HvCall $Session $command }
		default { Invoke-HvNow $Session $command }
	}
}

# Cuts what has come into lines. A line that grows beyond the limit is dropped as it comes.
function Read-HvBytes($Session, [int]$Count) {
	$at = 0
	while ($at -lt $Count -and -not $Session.Quits) {
		$end = [Array]::IndexOf($Session.Buffer, [byte]10, $at, $Count - $at)
		$stop = $(if ($end -lt 0) { $Count } else { $end })
		if (-not $Session.TooLong) { $Session.Part.Write($Session.Buffer, $at, $stop - $at) }
		if ($Session.Part.Length -gt $HvLineMost) {
			$Session.TooLong = $true
			$Session.Part.SetLength(0)
		}
		$at = $stop + 1
		if ($end -lt 0) { return }
		$line = $Session.Part.ToArray()
		$Session.Part.SetLength(0)
		if ($Session.TooLong) { Read-HvLine $Session $null } elseif (-not (Test-HvBlank $line)) { Read-HvLine $Session $line }
		$Session.TooLong = $false
	}
}

function Test-HvBlank([byte[]]$Line) {
	foreach ($byte in $Line) {
		if ($byte -ne 32 -and $byte -ne 9 -and $byte -ne 13) { return $false }
	}
	return $true
}

function Step-HvInput($Session) {
	if (-not $Session.Read) {
		$Session.Read = $Session.In.ReadAsync($Session.Buffer, 0, $Session.Buffer.Length)
		$Session.Handle = ([IAsyncResult]$Session.Read).AsyncWaitHandle
	}
	if (-not $Session.Read.IsCompleted) { return }
	$count = 0
	if (-not $Session.Read.IsFaulted) { $count = $Session.Read.Result }
	$Session.Read = $null
	if ($count -le 0) {
		$Session.Quits = $true
		return
	}
	$Hv.HeardAt = [datetime]::UtcNow.Ticks
	Read-HvBytes $Session $count
}

# --- lines out -------------------------------------------------------------------------------------------------------

function Write-HvLines($Session) {
	$line = $null
	$text = [Text.StringBuilder]::new()
	while ($Hv.Out.TryDequeue([ref]$line)) { $null = $text.Append($line).Append("`n") }
	if ($text.Length -eq 0) { return }
	$bytes = [Text.Encoding]::ASCII.GetBytes($text.ToString())
	$Hv.WritingSince = [datetime]::UtcNow.Ticks
	$Session.Out.Write($bytes, 0, $bytes.Length)
	$Session.Out.Flush()
	$Hv.WritingSince = [long]0
}

# --- life ------------------------------------------------------------------------------------------------------------

# How long a silent client is waited for; an installed agent may be told otherwise.
function Get-HvIdleMs {
	$told = 0
	if ([int]::TryParse([string]$env:HVTREE_AGENT_IDLE_MS, [ref]$told) -and $told -gt 0) { return $told }
	return $HvIdleMs
}

# Ends the process when the client is silent or does not take what is written. A thread of its own: the session may hang
# in a write, and sshd does not end us.
function Watch-HvLife {
	while ($true) {
		Wait-HvMoment 1000
		$now = [datetime]::UtcNow.Ticks
		$writing = $Hv.WritingSince
		$silent = ($now - $Hv.HeardAt) / 10000 -gt $Hv.IdleMs
		if ($silent -or ($writing -ne 0 -and ($now - $writing) / 10000 -gt $HvWriteMs)) { [Environment]::Exit(3) }
	}
}

function Invoke-HvSession($Stream) {
	$session = @{ In = (Open-HvInput $Stream); Out = [Console]::OpenStandardOutput(); Buffer = [byte[]]::new(65536)
		Part = [IO.MemoryStream]::new(); TooLong = $false; Quits = $false; Read = $null; Handle = $null
		Calls = [Collections.ArrayList]::new(); Jobs = @{} }
	$life = Start-HvShell 'Watch-HvLife' $null
	# a client is silent until it has heard this, however long a cold module takes to load
	Send-Hv (Get-HvReady)
	Write-HvLines $session
	$Hv.HeardAt = [datetime]::UtcNow.Ticks
	if (-not $Hv.Problem) { $watch = Start-HvShell 'Watch-Hv' $null }
	while (-not $session.Quits) {
		Step-HvInput $session
		Complete-HvJobs $session
		Start-HvCalls $session
		Write-HvLines $session
		if ($session.Read -or $session.Quits) {
			$wait = $(if ($session.Jobs.Count -gt 0) { 250 } else { 5000 })
			if ($session.Quits) { $wait = 0 }
			if ($session.Handle) {
				$null = [Threading.WaitHandle]::WaitAny([Threading.WaitHandle[]]@($session.Handle, $Hv.Wake), [int]$wait)
			}
		}
	}
	$Hv.Ends = $true
	Write-HvLines $session
}
