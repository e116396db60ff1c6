# The disks of a VM and its size: attached, detached, grown, copied whole. Nothing here is done to a disk that checkpoints
# stand on (X2), and no disk of another VM is taken.

function Assert-HvNoCheckpoints($Vm) {
	$count = (Get-HvCheckpoints $Vm).Count
	if ($count -gt 0) { Stop-Hv 'InvalidState' "The VM has $count checkpoints, which stand on its disks" }
}

function Assert-HvAtRest($Vm, [string[]]$States, [string]$Deed) {
	$state = Get-HvState $Vm
	if ($States -notcontains $state) { Stop-Hv 'InvalidState' "The VM is $state; its $Deed cannot be changed" }
}

# The drive of a volume, as it is told in the VM object, and its place there; $null when there is none.
function Find-HvDrive($Vm, [string]$VmId, [string]$Volume) {
	$volumes = Get-HvVolumesOf $Vm $VmId
	$drives = Get-HvDrives $Vm
	for ($i = 0; $i -lt $volumes.Count; $i++) {
		if ($volumes[$i].uuid -eq $Volume) { return @{ Drive = $drives[$i]; Volume = $volumes[$i] } }
	}
	return $null
}

# --- attach and detach -------------------------------------------------------------------------------------------------

function Find-HvVolumeAt($Vm, [string]$VmId, [string]$Path) {
	return Get-HvVolumesOf $Vm $VmId | ForEach-Object { $_ } | Where-Object { Test-HvSamePath $_.path $Path } | Select-HvFirst
}

# A file may be attached when nobody uses it and it is neither part of an export nor a volume snapshot.
function Assert-HvAttachable($Command, [string]$Path) {
	$user = (Get-HvUsed $null)[$Path]
	if ($user) { Stop-Hv 'InvalidState' "The VM $user uses this file" }
	foreach ($record in @(Get-HvRecords)) {
		foreach ($export in $record['exports']) {
			if (Test-HvInside $Path $export['folder']) { Stop-Hv 'InvalidState' 'The file is part of an export' }
		}
		foreach ($copy in $record['volumeSnapshots']) {
			if (Test-HvSamePath $Path $copy['path']) { Stop-Hv 'InvalidState' 'The file is a volume snapshot' }
		}
	}
	if (Test-HvFile $Path) { return }
	if ($null -eq $Command.SizeBytes) { Stop-Hv 'InvalidState' "There is no file '$Path'" }
	if (-not (Test-HvFolder (Get-HvFolderOf $Path))) { Stop-Hv 'InvalidState' "There is no folder '$(Get-HvFolderOf $Path)'" }
}

function Invoke-HvAttach($Command, $Entry, $Vm) {
	$there = Find-HvVolumeAt $Vm $Command.Vm $Command.Path
	if ($there) { return [ordered]@{ volumeUuid = $there.uuid } }
	Assert-HvNoCheckpoints $Vm
	$Vm = Wait-HvMerged $Command
	Assert-HvAtRest $Vm @('Running', 'Stopped') 'disks'
	Assert-HvAttachable $Command $Command.Path
	$made = -not (Test-HvFile $Command.Path)
	Show-HvProgress $Command 0 'attaching'
	try {
		if ($made) {
			$null = Hyper-V\New-VHD -Path $Command.Path -SizeBytes ([uint64]$Command.SizeBytes) -Dynamic -Confirm:$false -ErrorAction Stop
		}
		$null = Hyper-V\Add-VMHardDiskDrive -VM $Vm -ControllerType SCSI -Path $Command.Path -Passthru -Confirm:$false -ErrorAction Stop
	} catch {
		# an empty disk that was made for nothing; never one that was there
		if ($made -and -not (Get-HvUsed $null).ContainsKey($Command.Path)) { Remove-HvFile $Command.Path }
		throw
	}
	$there = Find-HvVolumeAt (Get-HvVm $Command.Vm) $Command.Vm $Command.Path
	if (-not $there) { Stop-Hv 'HostError' 'The host has not attached the disk' }
	return [ordered]@{ volumeUuid = $there.uuid }
}

function Invoke-HvDettach($Command, $Entry, $Vm) {
	$found = Find-HvDrive $Vm $Command.Vm $Command.Volume
	if (-not $found) { return }
	Assert-HvNoCheckpoints $Vm
	$found = Find-HvDrive (Wait-HvMerged $Command) $Command.Vm $Command.Volume
	Assert-HvAtRest $Vm @('Running', 'Stopped') 'disks'
	if ($found.Volume.volumeType -eq 'ROOT') { Stop-Hv 'InvalidState' 'The disk that the VM starts from is not detached' }
	Show-HvProgress $Command 0 'detaching'
	Hyper-V\Remove-VMHardDiskDrive -VMHardDiskDrive $found.Drive -Confirm:$false -ErrorAction Stop
	if (Find-HvVolumeAt (Get-HvVm $Command.Vm) $Command.Vm $found.Volume.path) {
		Stop-Hv 'HostError' 'The host has not detached the disk'
	}
}

function Invoke-HvResize($Command, $Entry, $Vm) {
	$found = Find-HvDrive $Vm $Command.Vm $Command.Volume
	if (-not $found) { Stop-Hv 'InvalidState' 'The VM has no such volume' }
	Assert-HvNoCheckpoints $Vm
	$found = Find-HvDrive (Wait-HvMerged $Command) $Command.Vm $Command.Volume
	$path = $found.Volume.path
	$size = (Get-HvChain $path)[0].Size
	if ($size -eq $Command.SizeBytes) { return }
	if ($size -gt $Command.SizeBytes) { Stop-Hv 'InvalidState' "The disk has $size bytes; disks only grow" }
	Assert-HvAtRest $Vm @('Stopped') 'disk sizes'
	if ((Get-HvUsed $Command.Vm).ContainsKey($path)) { Stop-Hv 'InvalidState' 'Another VM stands on this disk' }
	Show-HvProgress $Command 0 'growing disk'
	Hyper-V\Resize-VHD -Path $path -SizeBytes ([uint64]$Command.SizeBytes) -Confirm:$false -ErrorAction Stop
	$Hv.Disks.Remove($path)
}

# --- size of the VM ------------------------------------------------------------------------------------------------------

function Invoke-HvScale($Command, $Entry, $Vm) {
	if ([long]$Vm.ProcessorCount -eq $Command.Cpus -and [long]$Vm.MemoryStartup -eq $Command.MemoryBytes) { return }
	Assert-HvAtRest $Vm @('Stopped') 'size'
	Show-HvProgress $Command 0 'changing size'
	if ([long]$Vm.ProcessorCount -ne $Command.Cpus) {
		Hyper-V\Set-VMProcessor -VM $Vm -Count $Command.Cpus -Confirm:$false -ErrorAction Stop
	}
	if ($Vm.DynamicMemoryEnabled) {
		$least = [Math]::Min([long]$Vm.MemoryMinimum, $Command.MemoryBytes)
		$most = [Math]::Max([long]$Vm.MemoryMaximum, $Command.MemoryBytes)
		Hyper-V\Set-VMMemory -VM $Vm -StartupBytes $Command.MemoryBytes -MinimumBytes $least -MaximumBytes $most -Confirm:$false -ErrorAction Stop
	} else {
		Hyper-V\Set-VMMemory -VM $Vm -StartupBytes $Command.MemoryBytes -Confirm:$false -ErrorAction Stop
	}
}

# --- volume snapshots ----------------------------------------------------------------------------------------------------

function Find-HvCopy([string]$VmId, [string]$Id) {
	return (Read-HvRecord $VmId)['volumeSnapshots'] | Where-Object { $_['id'] -eq $Id } | Select-HvFirst
}

function ConvertTo-HvCopied($Copy) {
	return [ordered]@{ path = $Copy['path']; size = $Copy['size']; createTime = $Copy['created'] }
}

# The copy is looked at before it counts: of the same size, standing on nothing.
function Get-HvCopied($Command, [string]$Path, [long]$Size) {
	$chain = Get-HvChain $Path
	if ($chain.Count -ne 1 -or $chain[0].Size -ne $Size) { Stop-Hv 'HostError' 'The copy is not equal to the disk' }
	return @{ id = $Command.Copy; volumeUuid = $Command.Volume; name = $Command.CopyName; path = $Path
		size = $chain[0].FileSize; created = (Get-HvNow) }
}

function Invoke-HvCopyVolume($Command, $Entry, $Vm) {
	$copy = Find-HvCopy $Command.Vm $Command.Copy
	if ($copy) { return ConvertTo-HvCopied $copy }
	Assert-HvAtRest $Vm @('Stopped') 'disks'
	$Vm = Wait-HvMerged $Command
	$found = Find-HvDrive $Vm $Command.Vm $Command.Volume
	if (-not $found) { Stop-Hv 'InvalidState' 'The VM has no such volume' }
	$chain = Get-HvChain $found.Volume.path
	$bytes = [long]0
	foreach ($file in $chain) { $bytes += $file.FileSize }
	$storage = Get-HvStorageFolder $Vm
	$folder = Join-HvPath (Join-HvPath $storage 'volume-snapshots') $Command.Vm
	$path = Join-HvPath $folder ($Command.Copy + '.vhdx')
	Remove-HvFile $path
	Assert-HvSpace $folder ([Math]::Min($bytes, $chain[0].Size))
	New-HvFolder (Get-HvLocal $storage)
	$null = [IO.Directory]::CreateDirectory((Get-HvLocal $folder))
	Show-HvProgress $Command 0 'copying disk'
	try {
		Hyper-V\Convert-VHD -Path $chain[0].Path -DestinationPath $path -VHDType Dynamic -Confirm:$false -ErrorAction Stop
		$copy = Get-HvCopied $Command $path $chain[0].Size
		Test-HvFence $Command
	} catch {
		Remove-HvFile $path
		throw
	}
	$null = Edit-HvRecord $Command.Vm { param($record, $copy) $record['volumeSnapshots'] = @($record['volumeSnapshots']) + $copy } $copy
	return ConvertTo-HvCopied $copy
}

function Invoke-HvForgetVolumeCopy($Command, $Entry, $Vm) {
	$copy = Find-HvCopy $Command.Vm $Command.Copy
	if (-not $copy) { return }
	$user = (Get-HvUsed $null)[[string]$copy['path']]
	if ($user) { Stop-Hv 'InvalidState' "The VM $user uses the volume snapshot" }
	Remove-HvFile $copy['path']
	$null = Edit-HvRecord $Command.Vm {
		param($record, $id)
		$record['volumeSnapshots'] = @($record['volumeSnapshots'] | Where-Object { $_['id'] -ne $id })
	} $Command.Copy
	Remove-HvEmptyFolders (Get-HvFolderOf $copy['path'])
}
