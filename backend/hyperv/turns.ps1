# One command, from its turn to its answer: the VM's lock, the journal, what may be done to a VM that is not there.

# What is done; what becomes of it when the host does not have the VM: it is refused, done already ("well"), or for the act
# itself to say ("act"); and whether the VM must have come to rest first.
$HvActs = @{}
foreach ($one in @(
	@('CreateVMSnapshotCommand', 'Invoke-HvCreate', 'refuse', $true), @('RevertToVMSnapshotCommand', 'Invoke-HvRevert', 'refuse', $true),
	@('DeleteVMSnapshotCommand', 'Invoke-HvDelete', 'well', $true), @('StartCommand', 'Invoke-HvStart', 'refuse', $true),
	@('StopCommand', 'Invoke-HvStop', 'refuse', $true), @('ExportVmCommand', 'Invoke-HvExport', 'refuse', $false),
	@('CancelExportCommand', 'Invoke-HvCancelExport', 'act', $false), @('RemoveVmCommand', 'Invoke-HvRemoveVm', 'act', $true),
	@('ImportVmCommand', 'Invoke-HvImportVm', 'act', $true), @('DestroyCommand', 'Invoke-HvDestroy', 'act', $false),
	@('AttachCommand', 'Invoke-HvAttach', 'refuse', $true), @('DettachCommand', 'Invoke-HvDettach', 'refuse', $true),
	@('ResizeVolumeCommand', 'Invoke-HvResize', 'refuse', $true), @('ScaleVmCommand', 'Invoke-HvScale', 'refuse', $true),
	@('CreateVolumeSnapshotCommand', 'Invoke-HvCopyVolume', 'refuse', $true),
	@('DeleteVolumeSnapshotCommand', 'Invoke-HvForgetVolumeCopy', 'act', $false))) {
	$HvActs[$one[0]] = @{ Do = $one[1]; Absent = $one[2]; Rest = $one[3] }
}

# The recorded answer of a command that was done before, or $null. Fenced commands do not come back.
function Get-HvRecorded($Command) {
	Test-HvFence $Command
	$entry = Read-HvEntry $Command.Operation $Command.Name
	if (-not $entry) { return $null }
	Set-HvEpoch $Command.Operation $Command.Epoch
	if (-not $entry.ContainsKey('answer')) { return $null }
	$answer = $entry['answer']
	$answer['replayed'] = $true
	return $answer
}

# Waits for the VM's lock, and for what another agent may answer meanwhile. Returns a recorded answer or $null.
function Wait-HvTurn($Command, $Lock) {
	while ($true) {
		$recorded = Get-HvRecorded $Command
		if ($recorded) { return $recorded }
		if ($Command.Beside) { Request-HvCancel $Command }
		if (Enter-HvLock $Lock 250) {
			$Command.Holds = $true
			return Get-HvRecorded $Command
		}
		if ($Command.Arrived.ElapsedMilliseconds -gt $Hv.BusyMs) {
			Stop-Hv 'Busy' 'Another command for this VM has not ended in time'
		}
	}
}

function Open-HvEntry($Command) {
	$entry = Read-HvEntry $Command.Operation $Command.Name
	if ($entry) { return $entry }
	Set-HvEpoch $Command.Operation $Command.Epoch
	$entry = @{ operation = $Command.Operation; command = $Command.Name; epoch = $Command.Epoch; vmUuid = $Command.Vm
		step = 'intent'; intent = $Command.Body; written = (Get-HvNow) }
	Write-HvEntry $entry
	return $entry
}

function Invoke-HvStep($Command, $Entry) {
	$rule = $HvActs[$Command.Name]
	$record = Read-HvRecord $Command.Vm
	Clear-HvFailedExports $record
	$vm = Get-HvVm $Command.Vm
	if (-not $vm) {
		if ($rule.Absent -eq 'act') { return & $rule.Do $Command $Entry $null }
		if (Get-HvRemoved $record) { Stop-Hv 'InvalidState' 'The VM is not registered on the host; its export is all there is' }
		if ($rule.Absent -eq 'well') { return }
		Stop-Hv 'VmNotFound' 'The host has no such VM'
	}
	Repair-HvRecord $record
	if ($rule.Rest) { $vm = Wait-HvSettled $Command.Vm }
	Test-HvFence $Command
	& $rule.Do $Command $Entry $vm
}

function New-HvAnswer([string]$Name, $Failure, $Body) {
	$answer = [ordered]@{ answer = ($Name -replace 'Command$', 'Answer'); result = (-not $Failure); details = $null }
	if ($Failure) {
		$answer['code'] = $Failure.Code
		$answer['details'] = $Failure.Details
	}
	if (-not $Body) { $Body = [ordered]@{} }
	$answer['body'] = $Body
	return $answer
}

# What is not the outcome of the operation, and is not journaled: it can be asked for again under the same key. An export
# that was cancelled or lost its storage leaves no trace at all.
function Test-HvOutcome($Command, [string]$Code) {
	if ('Fenced', 'Busy' -contains $Code) { return $false }
	if ($Command.Name -ne 'ExportVmCommand' -or 'Cancelled', 'StorageGone' -notcontains $Code) { return $true }
	Remove-HvEntry $Command.Operation $Command.Name
	return $false
}

# With the VM's lock: does it and journals what came of it.
function Get-HvOutcome($Command) {
	$entry = Open-HvEntry $Command
	try {
		$body = Invoke-HvStep $Command $entry
		$answer = New-HvAnswer $Command.Name $null $body
	} catch {
		$failure = Get-HvFailure $_
		$Hv.LastError = "$_ $($_.ScriptStackTrace)"
		$answer = New-HvAnswer $Command.Name $failure $null
		if (-not (Test-HvOutcome $Command $failure.Code)) { return $answer }
	}
	$entry = Read-HvEntry $Command.Operation $Command.Name
	$entry['answer'] = $answer
	$entry['answered'] = Get-HvNow
	Write-HvEntry $entry
	return $answer
}

# A command in its own runspace: everything from the wait for its turn to the line that answers it.
function Invoke-HvCommand($Command) {
	$lock = $null
	try {
		$lock = New-HvLock ('vm-' + $Command.Vm)
		$answer = Wait-HvTurn $Command $lock
		if (-not $answer) { $answer = Get-HvOutcome $Command }
	} catch {
		$Hv.LastError = "$_ $($_.ScriptStackTrace)"
		$answer = New-HvAnswer $Command.Name (Get-HvFailure $_) $null
	} finally {
		if ($Command.Holds) { $lock.ReleaseMutex() }
		if ($lock) { $lock.Dispose() }
	}
	Send-HvAnswer $Command.Id $answer $Command.Vm
}
