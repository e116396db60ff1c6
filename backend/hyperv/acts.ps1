# What the commands that change something do. Each looks first, writes down what it is about to do, does it, waits until
# the host has settled, and looks again; each can be cut off anywhere and asked for again (Y2).

$HvVssComponent = '5CED1297-4598-4915-A5FC-AD21BB4D02A4'
$HvShutdownComponent = '9F8233AC-BE49-4C79-8EE3-E7E1985B2077'
$HvCheckpointsMost = 50
$HvSettleMs = 600000
$HvPollMs = 200
$HvMergeSightMs = 15000

# Goes on only while no other console has taken the operation over.
function Test-HvFence($Command) {
	if ($Command.Epoch -lt (Get-HvEpoch $Command.Operation)) {
		Stop-Hv 'Fenced' 'The operation has been taken over by another console'
	}
}

function Show-HvProgress($Command, [long]$Percent, [string]$Phase) {
	$told = $Hv.Told[$Command.Key]
	if ($told -and $told.Phase -eq $Phase -and $told.Percent -ge $Percent) { return }
	if ($told) { $Percent = [Math]::Max($Percent, [long]$told.Percent) }
	$Hv.Told[$Command.Key] = @{ Phase = $Phase; Percent = $Percent }
	Send-Hv ([ordered]@{ event = 'Progress'; operation = $Command.Operation; percent = $Percent; phase = $Phase })
}

# The VM when it has come to rest; throws when it is gone or does not rest.
function Wait-HvSettled([string]$Id) {
	$watch = [Diagnostics.Stopwatch]::StartNew()
	while ($true) {
		$vm = Get-HvVm $Id
		if (-not $vm) { Stop-Hv 'VmNotFound' 'The host has no such VM' }
		if (Test-HvSettled $vm) { return $vm }
		if ($watch.ElapsedMilliseconds -gt $HvSettleMs) {
			Stop-Hv 'Busy' "The VM has not come to rest in time; it is $($vm.State)"
		}
		Wait-HvMoment $HvPollMs
	}
}

# The VM when nothing is merged under it either: its disks are about to be read or changed as they are.
function Wait-HvMerged($Command) {
	for ($watch = [Diagnostics.Stopwatch]::StartNew(); ;) {
		$vm = Wait-HvSettled $Command.Vm
		if (-not (Test-HvMerging $vm)) { return $vm }
		if ($watch.ElapsedMilliseconds -gt $HvSettleMs) { Stop-Hv 'Busy' 'The disks of the VM are still being merged' }
		Test-HvFence $Command
		Wait-HvMoment $HvPollMs
	}
}

# A role of a failover cluster is the cluster's to remove; without its own tools it would be left half there.
function Assert-HvAlone($Vm) {
	if ($Vm.IsClustered) { Stop-Hv 'NotSupported' 'The VM is a role of a failover cluster; remove it from the cluster first' }
}

# The checkpoint that a command means: by id, else by name; $null when there is none.
function Find-HvTarget($Command, $Checkpoints) {
	if ($Command.CheckpointId) {
		return $Checkpoints | Where-Object { (ConvertTo-HvId $_.Id) -eq $Command.CheckpointId }
	}
	$named = @($Checkpoints | Where-Object { [string]$_.Name -ceq $Command.SnapshotName })
	if ($named.Count -gt 1) { Stop-Hv 'HostError' 'Several checkpoints of the VM have this name; tell the checkpointId' }
	return $named | Select-HvFirst
}

function Select-HvFirst {
	begin { $got = $false }
	process { if (-not $got) { $got = $true; $_ } }
}

function Assert-HvOurs($Checkpoint, [string]$Deed) {
	$kind = Get-HvKind $Checkpoint
	if ($kind -ne 'Standard') { Stop-Hv 'InvalidState' "A checkpoint of the kind $kind is not $Deed" }
}

# --- create ----------------------------------------------------------------------------------------------------------

function Assert-HvCreate($Command, $Vm, $Checkpoints) {
	$state = Get-HvState $Vm
	if (-not ($state -eq 'Running' -or ($state -eq 'Stopped' -and -not $Command.WithMemory))) {
		$type = $(if ($Command.WithMemory) { 'DiskAndMemory' } else { 'Disk' })
		Stop-Hv 'InvalidState' "A $type checkpoint cannot be made while the VM is $state"
	}
	$pointer = ConvertTo-HvIdOrNull $Vm.ParentSnapshotId
	if ($Command.ParentTold -and [string]$pointer -ne [string]$Command.Parent) {
		$of = $(if ($pointer) { $pointer } else { 'none' })
		$believed = $(if ($Command.Parent) { $Command.Parent } else { 'none' })
		Stop-Hv 'StaleView' "The VM descends from checkpoint $of, not from $believed"
	}
	if ($Checkpoints.Count -ge $HvCheckpointsMost) {
		Stop-Hv 'LimitReached' "The VM has $HvCheckpointsMost checkpoints, which is as many as Hyper-V keeps"
	}
	if ([string]$Vm.CheckpointType -eq 'Disabled') {
		Stop-Hv 'InvalidState' 'Checkpoints are disabled for this VM on the host'
	}
}

# The VM's setting for the time of one call: what it was is in the journal first, so that a crash does not leave ours.
function Set-HvCheckpointType($Entry, $Vm, [string]$Type) {
	if ([string]$Vm.CheckpointType -eq $Type) { return }
	$Entry['checkpointType'] = [string]$Vm.CheckpointType
	Write-HvEntry $Entry
	Hyper-V\Set-VM -VM $Vm -CheckpointType $Type -Confirm:$false -ErrorAction Stop
}

function Restore-HvCheckpointType($Entry) {
	if (-not $Entry['checkpointType']) { return }
	$vm = Get-HvVm $Entry['vmUuid']
	if ($vm) { Hyper-V\Set-VM -VM $vm -CheckpointType $Entry['checkpointType'] -Confirm:$false -ErrorAction Stop }
	$Entry['checkpointType'] = $null
	Write-HvEntry $Entry
}

# What an agent that died made: the checkpoint with our name, or the one that has come since, descends from where we stood
# and still has the name that Hyper-V gives before it renames.
function Find-HvMade($Command, $Entry, $Vm, $Checkpoints) {
	$new = @($Checkpoints | Where-Object { @($Entry['before']) -notcontains (ConvertTo-HvId $_.Id) })
	$named = $new | Where-Object { [string]$_.Name -ceq $Command.SnapshotName } | Select-HvFirst
	if ($named) { return $named }
	if ($new.Count -ne 1 -or (Get-HvKind $new[0]) -ne 'Standard') { return $null }
	$made = $new[0]
	$stands = (ConvertTo-HvIdOrNull $Vm.ParentSnapshotId) -eq (ConvertTo-HvId $made.Id)
	$descends = [string](ConvertTo-HvIdOrNull $made.ParentSnapshotId) -eq [string]$Entry['pointer']
	$unnamed = ([string]$made.Name).StartsWith("$($Vm.Name) - (", [StringComparison]::Ordinal)
	if (-not ($stands -and $descends -and $unnamed)) { return $null }
	Hyper-V\Rename-VMSnapshot -VMSnapshot $made -NewName $Command.SnapshotName -Confirm:$false -ErrorAction Stop
	return $made
}

# A guest that cannot be quiesced makes the call fail without a number of its own. What is known by a number is said so.
function Stop-HvQuiesce($Failure) {
	$known = Get-HvFailure $Failure
	if ('HostError', 'InvalidState', 'QuiesceFailed' -notcontains $known.Code) { throw $Failure }
	Stop-Hv 'QuiesceFailed' "Production checkpoints cannot be created: the guest cannot be quiesced. $($known.Details)"
}

function New-HvCheckpoint($Command, $Entry, $Vm) {
	$production = -not $Command.WithMemory -and (Get-HvState $Vm) -eq 'Running'
	if ($production -and -not (Test-HvComponent $Vm $HvVssComponent)) {
		Stop-Hv 'QuiesceFailed' 'Production checkpoints cannot be created: the guest cannot be quiesced'
	}
	try {
		if ($production) {
			Set-HvCheckpointType $Entry $Vm 'ProductionOnly'
		} elseif ($Command.WithMemory) {
			Set-HvCheckpointType $Entry $Vm 'Standard'
		}
		return Hyper-V\Checkpoint-VM -VM $Vm -SnapshotName $Command.SnapshotName -Passthru -Confirm:$false -ErrorAction Stop
	} catch {
		if ($production) { Stop-HvQuiesce $_ }
		throw
	} finally {
		Restore-HvCheckpointType $Entry
	}
}

function Invoke-HvCreate($Command, $Entry, $Vm) {
	$checkpoints = Get-HvCheckpoints $Vm
	$made = $null
	if ($Entry['step'] -eq 'creating') {
		Restore-HvCheckpointType $Entry
		$made = Find-HvMade $Command $Entry $Vm $checkpoints
	}
	if (-not $made) {
		Assert-HvCreate $Command $Vm $checkpoints
		$Entry['before'] = @(foreach ($one in $checkpoints) { ConvertTo-HvId $one.Id })
		$Entry['pointer'] = ConvertTo-HvIdOrNull $Vm.ParentSnapshotId
		$Entry['step'] = 'creating'
		Write-HvEntry $Entry
		Show-HvProgress $Command 0 'creating checkpoint'
		$made = New-HvCheckpoint $Command $Entry $Vm
	}
	$null = Wait-HvSettled $Command.Vm
	return [ordered]@{ vmSnapshotTo = [ordered]@{ uuid = $Command.TargetUuid; snapshotName = $Command.SnapshotName
		checkpointId = (ConvertTo-HvId $made.Id); createTime = (ConvertTo-HvTime $made.CreationTime) } }
}

# --- revert ----------------------------------------------------------------------------------------------------------

# An apply makes a fresh file on top of each disk: the pointer alone would not tell when it stood there before.
function Test-HvApplied($Entry, $Vm) {
	if ([string](ConvertTo-HvIdOrNull $Vm.ParentSnapshotId) -ne [string]$Entry['checkpoint']) { return $false }
	return ((Get-HvPaths $Vm) -join '|') -ne (@($Entry['paths']) -join '|') -or @($Entry['paths']).Count -eq 0
}

function Start-HvApply($Command, $Entry, $Vm) {
	$target = Find-HvTarget $Command (Get-HvCheckpoints $Vm)
	if (-not $target) { Stop-Hv 'SnapshotNotFound' 'The VM has no such checkpoint' }
	Assert-HvOurs $target 'applied'
	if ($Command.WithMemory -and [string]$target.State -ne 'Saved') {
		Stop-Hv 'InvalidState' 'The checkpoint holds no memory'
	}
	$Entry['checkpoint'] = ConvertTo-HvId $target.Id
	$Entry['paths'] = Get-HvPaths $Vm
	$Entry['step'] = 'applying'
	Write-HvEntry $Entry
	Show-HvProgress $Command 0 'applying checkpoint'
	Hyper-V\Restore-VMSnapshot -VMSnapshot $target -Confirm:$false -ErrorAction Stop
}

function Invoke-HvRevert($Command, $Entry, $Vm) {
	if ($Entry['step'] -ne 'applied' -and -not ($Entry['step'] -eq 'applying' -and (Test-HvApplied $Entry $Vm))) {
		Start-HvApply $Command $Entry $Vm
	}
	$Entry['step'] = 'applied'
	Write-HvEntry $Entry
	$wanted = $(if ($Command.WithMemory) { 'Running' } else { 'Stopped' })
	Set-HvPower $Command $wanted 70
}

# --- delete ----------------------------------------------------------------------------------------------------------

# The files that must be gone when the merge is over: of the only successor, which merges into the checkpoint's; of the
# checkpoint itself when nothing stands on it. With several successors the file stays.
function Get-HvDoomedFiles($Target, $Vm, $Checkpoints) {
	$id = ConvertTo-HvId $Target.Id
	$next = @($Checkpoints | Where-Object { (ConvertTo-HvIdOrNull $_.ParentSnapshotId) -eq $id })
	if ((ConvertTo-HvIdOrNull $Vm.ParentSnapshotId) -eq $id) { $next += $Vm }
	if ($next.Count -gt 1) { return }
	$owner = $(if ($next.Count -eq 1) { $next[0] } else { $Target })
	foreach ($path in (Get-HvPaths $owner)) {
		if (Test-HvOverlay $path) { $path }
	}
}

# Over when the host neither says that it merges nor still has a file that the merge consumes. A host that says nothing
# for a while and keeps the file has put the merge off: it goes on by itself when the VM is started or stopped.
function Wait-HvMerge($Command, $Entry) {
	$quiet = [Diagnostics.Stopwatch]::StartNew()
	while ($true) {
		$vm = Get-HvVm $Command.Vm
		if (-not $vm) { return }
		$left = @($Entry['doomed'] | Where-Object { $_ -and (Test-HvFile $_) })
		if (Test-HvMerging $vm) {
			$quiet.Restart()
			Show-HvProgress $Command (10 + [long][Math]::Floor((Get-HvActivity $vm)[1] * 0.9)) 'merging disks'
		} elseif ((Test-HvSettled $vm) -and ($left.Count -eq 0 -or $quiet.ElapsedMilliseconds -gt $HvMergeSightMs)) {
			return
		}
		Test-HvFence $Command
		Wait-HvMoment $HvPollMs
	}
}

function Invoke-HvDelete($Command, $Entry, $Vm) {
	$checkpoints = Get-HvCheckpoints $Vm
	$target = Find-HvTarget $Command $checkpoints
	if ($target) {
		Assert-HvOurs $target 'removed'
		$Entry['checkpoint'] = ConvertTo-HvId $target.Id
		$Entry['doomed'] = @(Get-HvDoomedFiles $target $Vm $checkpoints)
		$Entry['step'] = 'deleting'
		Write-HvEntry $Entry
		Show-HvProgress $Command 0 'removing checkpoint'
		Hyper-V\Remove-VMSnapshot -VMSnapshot $target -Confirm:$false -ErrorAction Stop
	}
	Wait-HvMerge $Command $Entry
}

# --- power -----------------------------------------------------------------------------------------------------------

# Brings a VM that has settled to Running or Stopped (turned off, which drops a saved state), and sees that it got there.
function Set-HvPower($Command, [string]$Wanted, [long]$From) {
	for ($try = 1; ; $try++) {
		$vm = Wait-HvSettled $Command.Vm
		$state = Get-HvState $vm
		if ($state -eq $Wanted) { return }
		if ($state -eq 'Error' -and $try -gt 1) { Stop-Hv 'HostError' "The VM is $($vm.State)" }
		Test-HvFence $Command
		try {
			if ($Wanted -eq 'Running') {
				Set-HvStale $Command.Vm
				Show-HvProgress $Command $From 'starting'
				Hyper-V\Start-VM -VM $vm -Confirm:$false -ErrorAction Stop
			} else {
				Show-HvProgress $Command $From 'turning off'
				Hyper-V\Stop-VM -VM $vm -TurnOff -Force -Confirm:$false -ErrorAction Stop
			}
		} catch {
			# the tail of the transition before: the host settles, then it is asked again
			if ($try -ge 3 -or (Get-HvErrorId $_) -ne 'InvalidState') { throw }
			Wait-HvMoment $HvPollMs
		}
		if ($try -ge 5) { Stop-Hv 'HostError' "The VM is $state, and does not become $Wanted" }
	}
}

function Invoke-HvStart($Command, $Entry, $Vm) {
	Set-HvPower $Command 'Running' 0
}

function Invoke-HvStop($Command, $Entry, $Vm) {
	$state = Get-HvState $Vm
	if ($state -eq 'Running' -and -not $Command.Force) {
		if (-not (Test-HvComponent $Vm $HvShutdownComponent)) {
			Stop-Hv 'InvalidState' 'The guest cannot be shut down from outside; turn it off by force'
		}
		Show-HvProgress $Command 0 'shutting down'
		Hyper-V\Stop-VM -VM $Vm -Confirm:$false -ErrorAction Stop
		$state = Get-HvState (Wait-HvSettled $Command.Vm)
		if ($state -ne 'Stopped') { Stop-Hv 'HostError' "The guest did not shut down; the VM is $state" }
		return
	}
	if ($state -eq 'Paused' -and -not $Command.Force) {
		Stop-Hv 'InvalidState' 'The guest of a paused VM cannot shut down; turn it off by force'
	}
	Set-HvPower $Command 'Stopped' 0
}
