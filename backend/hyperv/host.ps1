# What the host holds, as the protocol's objects, and its failures as the protocol's codes. Everything is found by id.
# Names of enumerations are used, not numbers, which differ from build to build; texts are localised and never parsed.

$HvStates = @{
	Running = 'Running'; Off = 'Stopped'; Saved = 'Saved'; FastSaved = 'Saved'; Hibernated = 'Saved'; Paused = 'Paused'
	Starting = 'Starting'; Resuming = 'Starting'; Reset = 'Starting'; Stopping = 'Stopping'; Saving = 'Stopping'
	Pausing = 'Stopping'; FastSaving = 'Stopping'; ForceShutdown = 'Stopping'; ForceReboot = 'Stopping'
}
# The second operational status, as numbers, because one of them has the wrong name in Microsoft's own module.
$HvActivities = @{
	32768 = 'creating checkpoint'; 32769 = 'applying checkpoint'; 23769 = 'applying checkpoint'
	32770 = 'removing checkpoint'; 32771 = 'waiting to start'; 32772 = 'merging disks'; 32773 = 'exporting'
	32774 = 'migrating'; 32776 = 'backing up'; 32777 = 'changing'; 32778 = 'moving storage'; 32779 = 'moving storage'
}
$HvMerging = 32772
$HvInService = 11
$HvFailuresByNumber = @{
	'80070005' = 'AccessDenied'; '80070070' = 'DiskFull'; '80070027' = 'DiskFull'; '80070002' = 'StorageGone'
	'80070003' = 'StorageGone'; '80070015' = 'StorageGone'; '80070035' = 'StorageGone'; '80070037' = 'StorageGone'
	'800703EE' = 'StorageGone'; '8007045D' = 'StorageGone'; '80070020' = 'Busy'; '80070032' = 'NotSupported'
}
$HvFailuresById = @{
	AccessDenied = 'AccessDenied'; InvalidState = 'InvalidState'; SnapshotNotFound = 'SnapshotNotFound'
	CommandNotFoundException = 'NotSupported'; CouldNotAutoLoadModule = 'NotSupported'
}

# A failure of our own: a code of the protocol and a sentence.
function Stop-Hv([string]$Code, [string]$Details) {
	$failure = [InvalidOperationException]::new($Details)
	$failure.Data['HvCode'] = $Code
	throw $failure
}

# The first half of an error's id, which does not depend on the language or on the cmdlet's class.
function Get-HvErrorId($Failure) {
	return ([string]$Failure.FullyQualifiedErrorId -split ',')[0]
}

# The HRESULTs that a failure carries, as eight hexadecimal digits.
function Get-HvNumbers($Failure) {
	for ($cause = $Failure.Exception; $cause; $cause = $cause.InnerException) {
		foreach ($found in [regex]::Matches([string]$cause.Message, '0x([0-9A-Fa-f]{8})')) {
			$found.Groups[1].Value.ToUpperInvariant()
		}
		$cause.HResult.ToString('X8', [Globalization.CultureInfo]::InvariantCulture)
	}
}

# One line, as long as a person reads.
function ConvertTo-HvSentence([string]$Text) {
	$line = ($Text -replace '[\x00-\x20\x7f]+', ' ').Trim()
	if ($line.Length -gt 500) { $line = $line.Substring(0, 500) }
	if ($line -eq '') { $line = 'The host says no more' }
	return $line
}

# An error record as code and sentence.
function Get-HvFailure($Failure) {
	$code = $null
	$details = ConvertTo-HvSentence $Failure.Exception.Message
	for ($cause = $Failure.Exception; $cause -and -not $code; $cause = $cause.InnerException) {
		$code = $cause.Data['HvCode']
		if ($code) { $details = ConvertTo-HvSentence $cause.Message }
	}
	if (-not $code) {
		foreach ($number in @(Get-HvNumbers $Failure)) {
			if (-not $code) { $code = $HvFailuresByNumber[$number] }
			if (-not $code -and $number.StartsWith('800423', [StringComparison]::Ordinal)) { $code = 'QuiesceFailed' }
		}
	}
	if (-not $code) { $code = $HvFailuresById[(Get-HvErrorId $Failure)] }
	if (-not $code) { $code = 'HostError' }
	return @{ Code = [string]$code; Details = $details }
}

function ConvertTo-HvId($Guid) {
	return ([guid][string]$Guid).ToString('D').ToLowerInvariant()
}

function ConvertTo-HvIdOrNull($Guid) {
	if (-not $Guid -or [string]$Guid -eq [string][guid]::Empty) { return $null }
	return ConvertTo-HvId $Guid
}

# --- one VM ----------------------------------------------------------------------------------------------------------

# The VM, or $null when this host does not have it.
function Get-HvVm([string]$Id) {
	try {
		return Hyper-V\Get-VM -Id ([guid]$Id) -ErrorAction Stop
	} catch {
		if ('InvalidParameter', 'ObjectNotFound' -contains (Get-HvErrorId $_)) { return $null }
		throw
	}
}

function Get-HvState($Vm) {
	$name = [string]$Vm.State
	if ($name.EndsWith('Critical', [StringComparison]::Ordinal)) { return 'Error' }
	$state = $HvStates[$name]
	if (-not $state) { $state = 'Unknown' }
	return $state
}

function Get-HvStatus($Vm) {
	return , @(foreach ($status in @($Vm.OperationalStatus)) { if ($null -ne $status) { [int]$status } })
}

# Neither in transition nor held by an operation that cannot be interrupted. A merge in the background may be.
function Test-HvSettled($Vm) {
	$status = Get-HvStatus $Vm
	if ('Starting', 'Stopping', 'Unknown' -contains (Get-HvState $Vm)) { return $false }
	return -not ($status.Count -gt 0 -and $status[0] -eq $HvInService)
}

function Test-HvMerging($Vm) {
	return (Get-HvStatus $Vm) -contains $HvMerging
}

# @(what goes on, percent); nulls when nothing does. The number in the status text is for people's eyes only.
function Get-HvActivity($Vm) {
	foreach ($status in (Get-HvStatus $Vm)) {
		$activity = $HvActivities[$status]
		if ($activity) {
			$found = [regex]::Match([string]$Vm.Status, '(\d{1,3})\s?%')
			$percent = [long]0
			if ($found.Success) { $percent = [Math]::Min([long]100, [long]$found.Groups[1].Value) }
			return , @($activity, $percent)
		}
	}
	return , @($null, $null)
}

# The state of a component of the guest that is known by its id, because its name is localised.
function Test-HvComponent($Vm, [string]$Id) {
	$components = @($Vm.VMIntegrationService | Where-Object { $_ })
	if ($components.Count -eq 0) { return $true }
	foreach ($component in $components) {
		if (([string]$component.Id).EndsWith($Id, [StringComparison]::OrdinalIgnoreCase)) {
			return $component.Enabled -and 'Ok', 'Degraded' -contains [string]$component.PrimaryOperationalStatus
		}
	}
	return $false
}

# --- disks -----------------------------------------------------------------------------------------------------------

# Size, file size, parent and identity of a virtual disk's file, as read since the file was last written to.
function Get-HvDisk([string]$Path, [bool]$Fresh) {
	$known = $Hv.Disks[$Path]
	if ($known -and -not $Fresh) { return $known }
	$stamp = Get-HvStamp $Path
	if ($known -and $stamp -and $stamp.written -eq $known.Written) {
		$known.FileSize = $stamp.length
		return $known
	}
	$disk = @{ Size = [long]0; FileSize = [long]0; Parent = $null; Id = $null; Written = $(if ($stamp) { $stamp.written }) }
	try {
		$file = Hyper-V\Get-VHD -Path $Path -ErrorAction Stop
		$disk.Size = [long]$file.Size
		$disk.FileSize = [long]$file.FileSize
		$disk.Parent = [string]$file.ParentPath
		$disk.Id = [string]$file.DiskIdentifier
		$Hv.Disks[$Path] = $disk
	} catch {
		if ($known) { return $known }
	}
	return $disk
}

function Get-HvChainSize([string]$Path) {
	$total = [long]0
	$seen = 0
	for ($fresh = $true; $Path -and $seen -lt 200; $seen++) {
		$disk = Get-HvDisk $Path $fresh
		$total += $disk.FileSize
		$Path = $disk.Parent
		$fresh = $false
	}
	return $total
}

# The identity of a disk: its own when the file tells it, else made of the VM's and of the place where it is attached.
function Get-HvDiskId($Drive, $Disk, [guid]$VmId) {
	$id = [guid]::Empty
	if ($Disk.Id -and [guid]::TryParse($Disk.Id, [ref]$id) -and $id -ne [guid]::Empty) { return ConvertTo-HvId $id }
	$bytes = $VmId.ToByteArray()
	$place = @(0xd5, [int]$Drive.ControllerType, [int]$Drive.ControllerNumber, [int]$Drive.ControllerLocation)
	for ($i = 0; $i -lt 4; $i++) { $bytes[12 + $i] = $bytes[12 + $i] -bxor ($place[$i] -band 255) }
	return ConvertTo-HvId ([guid]::new($bytes))
}

function Get-HvDrives($Owner) {
	$key = { '{0:d4}.{1:d4}.{2:d4}' -f [int]$_.ControllerType, [int]$_.ControllerNumber, [int]$_.ControllerLocation }
	$drives = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
	foreach ($drive in @($Owner.HardDrives | Where-Object { $_ -and $_.Path })) {
		$drives[($drive | ForEach-Object $key) + $drive.Path] = $drive
	}
	return , @($drives.Values)
}

function Get-HvPaths($Owner) {
	return , @(foreach ($drive in (Get-HvDrives $Owner)) { [string]$drive.Path })
}

# The place of a drive in its VM as one number, which stays when other drives come and go: 0 is where a VM starts from.
function Get-HvDeviceId($Vm, $Drive) {
	$place = 64 * [int]$Drive.ControllerNumber + [int]$Drive.ControllerLocation
	if ([string]$Drive.ControllerType -eq 'IDE') { $place = 2 * [int]$Drive.ControllerNumber + [int]$Drive.ControllerLocation }
	if ([string]$Drive.ControllerType -eq 'PMEM') { $place += 4096 }
	if ([string]$Drive.ControllerType -ne 'IDE' -and [int]$Vm.Generation -eq 1) { $place += 4 }
	return [long]$place
}

function Get-HvVolumesOf($Vm, [string]$VmId) {
	$seen = @{}
	return , @(foreach ($drive in (Get-HvDrives $Vm)) {
		$disk = Get-HvDisk $drive.Path $false
		$id = Get-HvDiskId $drive $disk ([guid]$VmId)
		if ($seen.ContainsKey($id)) { $id = Get-HvDiskId $drive @{} ([guid]$VmId) }
		$seen[$id] = $true
		[ordered]@{ uuid = $id; name = [string]$drive.Name
			volumeType = $(if ($seen.Count -eq 1) { 'ROOT' } else { 'DATADISK' }); deviceId = (Get-HvDeviceId $Vm $drive)
			path = [string]$drive.Path; size = $disk.Size; chainSize = (Get-HvChainSize $drive.Path) }
	})
}

# --- checkpoints -----------------------------------------------------------------------------------------------------

function Get-HvKind($Checkpoint) {
	switch ([string]$Checkpoint.SnapshotType) {
		'Standard' { return $(if ($Checkpoint.IsAutomaticCheckpoint) { 'Automatic' } else { 'Standard' }) }
		'Recovery' { return 'Recovery' }
		'Planned' { return 'Planned' }
		'Replica' { return 'Replica' }
		'AppConsistentReplica' { return 'Replica' }
		'SyncedReplica' { return 'Replica' }
	}
	return 'Missing'
}

# Files of its own: configuration and memory, and the differencing disks that it froze. Frozen files do not grow.
function Get-HvCheckpointSize($Checkpoint) {
	$size = [long]$Checkpoint.SizeOfSystemFiles
	foreach ($drive in (Get-HvDrives $Checkpoint)) {
		$disk = Get-HvDisk $drive.Path $false
		if ($disk.Parent) { $size += $disk.FileSize }
	}
	return $size
}

function ConvertTo-HvCheckpoint($Checkpoint, $Sizes) {
	$id = ConvertTo-HvId $Checkpoint.Id
	if (-not $Sizes.ContainsKey($id)) { $Sizes[$id] = Get-HvCheckpointSize $Checkpoint }
	return [ordered]@{ id = $id; name = [string]$Checkpoint.Name; parent = (ConvertTo-HvIdOrNull $Checkpoint.ParentSnapshotId)
		kind = (Get-HvKind $Checkpoint); hasMemory = ([string]$Checkpoint.State -eq 'Saved')
		created = (ConvertTo-HvTime $Checkpoint.CreationTime); size = $Sizes[$id] }
}

# Sizes of checkpoints, and what files stand on, are read again when the VM's tree or its disks have changed: a merge that
# ended makes a file stand on another one.
function Get-HvSizes([string]$VmId, $Vm, $Checkpoints) {
	$mark = @(foreach ($one in $Checkpoints) { "$($one.Id)<$($one.ParentSnapshotId)" }) -join ';'
	$mark += '*' + $Vm.ParentSnapshotId + '*' + ((Get-HvPaths $Vm) -join ';') + '*' + (Test-HvMerging $Vm)
	$kept = $Hv.Sizes[$VmId]
	if (-not $kept -or $kept.Mark -ne $mark) {
		if ($kept) { foreach ($path in $kept.Paths) { $Hv.Disks.Remove($path) } }
		$kept = @{ Mark = $mark; Sizes = @{}; Paths = @(foreach ($owner in @($Vm) + @($Checkpoints)) { Get-HvPaths $owner }) }
		$Hv.Sizes[$VmId] = $kept
	}
	return $kept.Sizes
}

function Get-HvCheckpoints($Vm) {
	return , @(Hyper-V\Get-VMSnapshot -VM $Vm -ErrorAction Stop | Where-Object { $_ })
}

# The VM object of the protocol, without what the agent's own record tells. `VmId`: whose disks they are.
function ConvertTo-HvVm($Vm, $Checkpoints, [string]$VmId) {
	$activity = Get-HvActivity $Vm
	$sizes = Get-HvSizes (ConvertTo-HvId $Vm.Id) $Vm $Checkpoints
	return [ordered]@{ vmUuid = $VmId; vmName = [string]$Vm.Name; state = (Get-HvState $Vm); cpus = [long]$Vm.ProcessorCount
		memoryBytes = [long]$Vm.MemoryStartup; parentCheckpoint = (ConvertTo-HvIdOrNull $Vm.ParentSnapshotId)
		activity = $activity[0]; activityPercent = $activity[1]
		volumes = (Get-HvVolumesOf $Vm $VmId)
		checkpoints = @(foreach ($one in $Checkpoints) { ConvertTo-HvCheckpoint $one $sizes }) }
}

function Get-HvCopyObjects($Record) {
	return , @(foreach ($copy in $Record['volumeSnapshots']) {
		[ordered]@{ id = $copy['id']; volumeUuid = $copy['volumeUuid']; name = $copy['name']; path = $copy['path']
			size = $copy['size']; created = $copy['created'] }
	})
}

# The whole VM object. `Since`: when reading began, because what was read earlier has no larger revision.
function ConvertTo-HvWhole($Vm, $Checkpoints, [long]$Since) {
	$id = ConvertTo-HvId $Vm.Id
	$object = ConvertTo-HvVm $Vm $Checkpoints $id
	$object['revision'] = $Since
	$object['registered'] = $true
	$record = Read-HvRecord $id
	$object['export'] = Get-HvExportObject $record $Vm $object
	$object['volumeSnapshots'] = Get-HvCopyObjects $record
	return $object
}

# The VM object of a VM that is off the host, as its export holds it; $null when there is none.
function Get-HvRemovedObject($Record) {
	$export = Get-HvRemoved $Record
	if (-not $export) { return $null }
	$object = [ordered]@{ vmUuid = $Record['vm']; vmName = $export['exported']['vmName']; state = 'Stopped' }
	foreach ($member in 'cpus', 'memoryBytes', 'parentCheckpoint') { $object[$member] = $export['exported'][$member] }
	foreach ($member in 'activity', 'activityPercent') { $object[$member] = $null }
	$object['revision'] = Get-HvNow
	$object['registered'] = $false
	$object['export'] = Get-HvExportObject $Record $null $object
	foreach ($member in 'volumes', 'checkpoints') { $object[$member] = $export['exported'][$member] }
	$object['volumeSnapshots'] = Get-HvCopyObjects $Record
	return $object
}

# The VM object by id, registered or not; $null when there is none.
function Get-HvObject([string]$Id) {
	$since = Get-HvNow
	$vm = Get-HvVm $Id
	if (-not $vm) { return Get-HvRemovedObject (Read-HvRecord $Id) }
	return ConvertTo-HvWhole $vm (Get-HvCheckpoints $vm) $since
}

# The same to go along with an answer, which comes without it when it cannot be read.
function Get-HvVmObject([string]$Id) {
	try {
		return Get-HvObject $Id
	} catch {
		$Hv.LastError = "$_ $($_.ScriptStackTrace)"
		return $null
	}
}

# --- the whole host --------------------------------------------------------------------------------------------------

# VM objects of `Vms`, one pass over the checkpoints of all of them. A VM that has gone meanwhile is left out; whatever else
# cannot be read fails the whole, because a tree that is only half told would be taken for the tree.
function Get-HvVmObjects($Vms) {
	$since = Get-HvNow
	$trees = @{}
	if ($Vms.Count -gt 1) {
		foreach ($one in @(Hyper-V\Get-VMSnapshot -VMName * -ErrorAction Stop | Where-Object { $_ })) {
			$owner = ConvertTo-HvId $one.VMId
			if (-not $trees.ContainsKey($owner)) { $trees[$owner] = [Collections.ArrayList]::new() }
			$null = $trees[$owner].Add($one)
		}
	}
	return , @(foreach ($vm in $Vms) {
		try {
			$tree = @()
			if ($Vms.Count -eq 1) { $tree = Get-HvCheckpoints $vm } elseif ($trees[(ConvertTo-HvId $vm.Id)]) {
				$tree = @($trees[(ConvertTo-HvId $vm.Id)].ToArray())
			}
			ConvertTo-HvWhole $vm $tree $since
		} catch {
			if (Get-HvVm $vm.Id) { throw }
		}
	})
}

function Get-HvAllVms {
	return , @(Hyper-V\Get-VM -ErrorAction Stop | Where-Object { $_ })
}

# The least free space of the volumes that hold the VMs' disks, and whether all of those volumes are there.
function Get-HvStorage($Objects) {
	$volumes = Get-HvVolumes
	$least = $null
	$up = $true
	foreach ($object in $Objects) {
		foreach ($disk in $object['volumes']) {
			$best = Find-HvVolume $volumes ([string]$disk['path'])
			if ($best -and ($null -eq $least -or $best.Free -lt $least)) { $least = $best.Free }
			if (-not $best -and [string]$disk['path'] -match '^[A-Za-z]:\\') { $up = $false }
		}
	}
	if ($null -eq $least) {
		$least = [long]0
		foreach ($volume in $volumes) { $least = [Math]::Max($least, [long]$volume.Free) }
	}
	return [ordered]@{ freeBytes = [long]$least; storageUp = ($up -or $volumes.Count -eq 0) }
}
