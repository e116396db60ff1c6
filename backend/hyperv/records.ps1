# What hvtree itself keeps of a VM on the host: its exports, copies of its disks, and whether it was taken off the host. One
# file for each VM in the agent's folder, replaced as a whole, changed only with its lock held.

function Get-HvRecordPath([string]$Vm) {
	return [IO.Path]::Combine($Hv.Records, "$Vm.json")
}

function ConvertTo-HvRecord([string]$Vm, $Told) {
	$record = [Collections.Hashtable]::new([StringComparer]::Ordinal)
	foreach ($list in 'exports', 'doomed', 'spent', 'volumeSnapshots') { $record[$list] = @() }
	$record['vm'] = $Vm
	$record['removed'] = $null
	if ($Told) { foreach ($name in @($Told.Keys)) { $record[$name] = $Told[$name] } }
	return $record
}

# Always a record; an empty one when nothing is kept.
function Read-HvRecord([string]$Vm) {
	$path = Get-HvRecordPath $Vm
	$text = Read-HvText $path
	if (-not $text) { return ConvertTo-HvRecord $Vm $null }
	return ConvertTo-HvRecord $Vm (ConvertFrom-HvJson $text)
}

function Test-HvEmptyRecord($Record) {
	return $Record['exports'].Count + $Record['doomed'].Count + $Record['spent'].Count + $Record['volumeSnapshots'].Count -eq 0
}

# Lets a block change the record, alone; what the block returns is returned.
function Edit-HvRecord([string]$Vm, [scriptblock]$Change, $Argument) {
	$lock = New-HvLock ('record-' + $Vm)
	$held = $false
	try {
		$held = Enter-HvLock $lock 30000
		if (-not $held) { Stop-Hv 'Busy' 'The record of the VM is held by somebody else' }
		$record = Read-HvRecord $Vm
		$told = & $Change $record $Argument
		if (Test-HvEmptyRecord $record) {
			[IO.File]::Delete((Get-HvRecordPath $Vm))
		} else {
			Write-HvText (Get-HvRecordPath $Vm) (ConvertTo-HvJson $record)
		}
		return $told
	} finally {
		if ($held) { $lock.ReleaseMutex() }
		$lock.Dispose()
	}
}

function Get-HvRecordFiles {
	if (-not $Hv.Records) { return , @() }
	return , @([IO.Directory]::GetFiles($Hv.Records, '*.json'))
}

function Get-HvRecords {
	foreach ($path in (Get-HvRecordFiles)) {
		$vm = Read-HvUuid ([IO.Path]::GetFileNameWithoutExtension($path))
		if ($vm) { Read-HvRecord $vm }
	}
}

# A text by VM id that changes with the record.
function Get-HvRecordMarks {
	$marks = @{}
	foreach ($path in (Get-HvRecordFiles)) {
		$vm = Read-HvUuid ([IO.Path]::GetFileNameWithoutExtension($path))
		$file = [IO.FileInfo]::new($path)
		if ($vm -and $file.Exists) { $marks[$vm] = "$($file.Length)@$($file.LastWriteTimeUtc.Ticks)" }
	}
	return $marks
}

# --- exports of a record ---------------------------------------------------------------------------------------------

# States of an export in a record: Copying, Complete, Failed (what is left of it is to be removed).
function Find-HvExport($Record, [string]$Id) {
	return $Record['exports'] | Where-Object { $_['id'] -eq $Id } | Select-HvFirst
}

# The export that a VM was taken off the host for; $null when it was not.
function Get-HvRemoved($Record) {
	if (-not $Record['removed']) { return $null }
	$export = Find-HvExport $Record $Record['removed']
	if ($export -and $export['state'] -eq 'Complete') { return $export }
	return $null
}

function Set-HvExport([string]$Vm, $Export) {
	$null = Edit-HvRecord $Vm {
		param($record, $export)
		$record['exports'] = @(@($record['exports'] | Where-Object { $_['id'] -ne $export['id'] }) + $export)
	} $Export
	$null = $Hv.Look.Set()
}

# The newest one that is told of; exports that failed are nobody's business any more.
function Get-HvNewestExport($Record) {
	$newest = $null
	foreach ($export in $Record['exports']) {
		if ($export['state'] -eq 'Failed') { continue }
		if (-not $newest -or $export['created'] -ge $newest['created']) { $newest = $export }
	}
	return $newest
}
