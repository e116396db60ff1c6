# Whether an export holds the VM: it is read back by the host itself, into a planned VM that is thrown away, and compared.
# What cannot be read or is not equal is no export: nothing is ever removed on the strength of it.

$HvManifest = 'hvtree-export.json'

# The definition's file, by the VM's id, and the ids of the checkpoints whose definitions are there.
function Get-HvDefinition([string]$Folder, [string]$VmId) {
	$config = @()
	$ids = @{}
	foreach ($path in (Get-HvFilesBelow $Folder)) {
		$found = [regex]::Match($path, '\\(Virtual Machines|Snapshots)\\([0-9A-Fa-f-]{36})\.vmcx$')
		if (-not $found.Success) { continue }
		$id = Read-HvUuid $found.Groups[2].Value
		if ($found.Groups[1].Value -eq 'Snapshots') { $ids[$id] = $true } elseif ($id -eq $VmId) { $config += $path }
	}
	if ($config.Count -ne 1) { Stop-Hv 'HostError' 'The export does not hold the definition of the VM' }
	return @{ Config = $config[0]; Checkpoints = $ids }
}

# A planned VM is only a reading of the export. It is removed by its own fresh id, never by the id of the VM.
function Remove-HvPlanned($Planned, [string]$VmId) {
	if (-not $Planned -or [string]$Planned.VirtualMachineType -ne 'PlannedVirtualMachine') { return }
	if ((ConvertTo-HvId $Planned.Id) -eq $VmId) { return }
	Hyper-V\Remove-VM -VM $Planned -Force -Confirm:$false -ErrorAction Stop
}

# The chains of all disks that the export names, from the host: each file must be there and readable.
function Get-HvChains($Owner) {
	return , @(foreach ($path in (Get-HvPaths $Owner)) {
		if (-not (Hyper-V\Test-VHD -Path $path -ErrorAction Stop)) { Stop-Hv 'HostError' "The disk '$path' is not whole" }
		, (Get-HvChain $path)
	})
}

# What tells checkpoints apart when their ids do not: a copy that is registered beside its original gets fresh ones.
function Get-HvSequence($Checkpoints) {
	$sorted = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
	foreach ($one in $Checkpoints) {
		$created = ([long]$one['created']).ToString('d20', [Globalization.CultureInfo]::InvariantCulture)
		$sorted["$created $($one['name']) $($one['id'])"] = $one
	}
	return , @($sorted.Values)
}

# The tree as a text without ids: for each checkpoint its name, its memory and the place of its parent; then the pointer.
function Get-HvShape($Object) {
	$places = @{}
	$sequence = Get-HvSequence $Object['checkpoints']
	foreach ($one in $sequence) { $places[$one['id']] = $places.Count + 1 }
	$parts = foreach ($one in $sequence) {
		"$($one['name'])`n$($one['created'])`n$($one['hasMemory'])`n$(if ($one['parent']) { $places[$one['parent']] })"
	}
	$pointer = $(if ($Object['parentCheckpoint']) { $places[$Object['parentCheckpoint']] })
	return (@($parts) -join "`f") + "`f" + $pointer
}

# The read VM with the ids of the original, whose definitions by id are all there.
function ConvertTo-HvExported($Read, $Original, [string]$VmId) {
	$ids = @{}
	$mine = Get-HvSequence $Original['checkpoints']
	$theirs = Get-HvSequence $Read['checkpoints']
	for ($i = 0; $i -lt $theirs.Count; $i++) { $ids[$theirs[$i]['id']] = $mine[$i] }
	foreach ($one in $theirs) {
		$was = $ids[$one['id']]
		$one['parent'] = $(if ($one['parent']) { $ids[$one['parent']]['id'] } else { $null })
		$one['kind'] = $was['kind']
	}
	foreach ($one in $theirs) { $one['id'] = $ids[$one['id']]['id'] }
	if ($Read['parentCheckpoint']) { $Read['parentCheckpoint'] = $ids[$Read['parentCheckpoint']]['id'] }
	$Read['vmUuid'] = $VmId
	return $Read
}

function Stop-HvUnequal([string]$What) {
	Stop-Hv 'HostError' "The export is not equal to the VM: $What"
}

# Disks of the same sizes in the same places, each with as many layers, all in the export; or the VM's own for a
# definition without disks.
function Assert-HvDisks($Export, $Is, $Was) {
	if ($Is.Count -ne $Was.Count) { Stop-HvUnequal 'it has another number of disks' }
	for ($i = 0; $i -lt $Is.Count; $i++) {
		if ($Is[$i].Count -ne @($Was[$i]).Count) { Stop-HvUnequal "disk $i has another number of layers" }
		for ($layer = 0; $layer -lt $Is[$i].Count; $layer++) {
			$file = $Is[$i][$layer]
			$old = @($Was[$i])[$layer]
			if ($file.Size -ne $old['size']) { Stop-HvUnequal "'$($file.Path)' has another size" }
			if ($Export['disks']) {
				if (-not (Test-HvInside $file.Path $Export['folder'])) { Stop-HvUnequal "'$($file.Path)' is not in it" }
				if ($file.FileSize -lt $old['fileSize']) { Stop-HvUnequal "'$($file.Path)' is shorter" }
			} elseif (-not (Test-HvSamePath $file.Path $old['path'])) {
				Stop-HvUnequal "'$($file.Path)' is not the disk of the VM"
			}
		}
	}
}

# The chains of a VM and of its checkpoints, in the order of their sequence, as the record keeps them.
function Get-HvAllChains($Vm, $Checkpoints, $Objects) {
	$byId = @{}
	foreach ($one in $Checkpoints) { $byId[(ConvertTo-HvId $one.Id)] = $one }
	$owners = @($Vm)
	$owners += @(foreach ($one in (Get-HvSequence $Objects)) { $byId[$one['id']] })
	return , @(foreach ($owner in $owners) { foreach ($chain in (Get-HvChains $owner)) { , $chain } })
}

function ConvertTo-HvChainMarks($Chains, [bool]$Still) {
	return , @(foreach ($chain in $Chains) {
		, @(foreach ($file in $chain) {
			@{ path = $file.Path; size = $file.Size; fileSize = $(if ($Still) { $file.FileSize } else { [long]0 }) }
		})
	})
}

# Reads the export back and compares it with what the VM was when it began. Returns the VM as it was read.
function Read-HvExport([string]$VmId, $Export) {
	$definition = Get-HvDefinition $Export['folder'] $VmId
	$original = $Export['original']
	foreach ($one in $original['checkpoints']) {
		if (-not $definition.Checkpoints.ContainsKey($one['id'])) { Stop-HvUnequal "checkpoint '$($one['name'])' is missing" }
	}
	$report = Hyper-V\Compare-VM -Path $definition.Config -Copy:$false -GenerateNewId -ErrorAction Stop
	try {
		$planned = $report.VM
		if (-not $planned) { Stop-Hv 'HostError' 'The host cannot read the export back' }
		$checkpoints = Get-HvCheckpoints $planned
		$read = ConvertTo-HvVm $planned $checkpoints $VmId
		foreach ($member in 'vmName', 'cpus', 'memoryBytes') {
			if ($read[$member] -cne $original[$member]) { Stop-HvUnequal "$member is $($read[$member])" }
		}
		if ((Get-HvShape $read) -cne (Get-HvShape $original)) { Stop-HvUnequal 'the tree differs' }
		Assert-HvDisks $Export (Get-HvAllChains $planned $checkpoints $read['checkpoints']) $Export['chains']
		return ConvertTo-HvExported $read $original $VmId
	} finally {
		Remove-HvPlanned $report.VM $VmId
	}
}

# --- seal ------------------------------------------------------------------------------------------------------------

# What the files of an export are known by afterwards: definitions by their content, the rest by length and time.
function Get-HvSeal([string]$Folder) {
	return , @(foreach ($path in (Get-HvFilesBelow $Folder)) {
		if ($path.EndsWith($HvManifest, [StringComparison]::OrdinalIgnoreCase)) { continue }
		$stamp = Get-HvStamp $path
		if ($path -match '\.vmcx$') {
			@{ path = $path; length = $stamp.length; hash = (Get-HvHash $path) }
		} else {
			@{ path = $path; length = $stamp.length; written = $stamp.written }
		}
	})
}

# Whether all files are still what was sealed. Definitions are hashed when it matters, not at each look.
function Test-HvSeal($Export, [bool]$Thorough) {
	try {
		if (-not (Test-HvFile (Join-HvPath $Export['folder'] $HvManifest))) { return $false }
		foreach ($file in $Export['seal']) {
			$stamp = Get-HvStamp $file['path']
			if (-not $stamp -or $stamp.length -ne $file['length']) { return $false }
			if ($file['written'] -and $stamp.written -ne $file['written']) { return $false }
			if ($Thorough -and $file['hash'] -and (Get-HvHash $file['path']) -ne $file['hash']) { return $false }
		}
		return $true
	} catch {
		return $false
	}
}

# --- whether the VM is still what was exported ------------------------------------------------------------------------

# What the VM object does not tell of a VM's settings.
function Get-HvSettings($Vm) {
	$adapters = foreach ($one in @($Vm.NetworkAdapters | Where-Object { $_ })) { "$($one.Name),$($one.SwitchName),$($one.MacAddress)" }
	return @($Vm.Generation, $Vm.Version, $Vm.DynamicMemoryEnabled, $Vm.MemoryMinimum, $Vm.MemoryMaximum, $Vm.Notes,
		$Vm.CheckpointType, $Vm.AutomaticStartAction, $Vm.AutomaticStopAction, (@($adapters) -join ';')) -join '|'
}

# A text that is the same as long as nobody has changed the VM, started it or written to its disks.
function Get-HvLiveMark($Vm, $Object) {
	$disks = foreach ($path in (Get-HvPaths $Vm)) {
		$stamp = Get-HvStamp $path
		"$path,$(if ($stamp) { "$($stamp.length)@$($stamp.written)" })"
	}
	return @($Object['state'], $Object['vmName'], $Object['cpus'], $Object['memoryBytes'], (Get-HvTreeText $Object),
		(Get-HvSettings $Vm), (@($disks) -join ';')) -join "`n"
}

function Test-HvMatches($Export, $Vm, $Object) {
	if ($Export['state'] -ne 'Complete' -or $Export['stale'] -or $Object['state'] -eq 'Running') { return $false }
	return (Get-HvLiveMark $Vm $Object) -ceq $Export['mark']
}

# Once a VM has been seen otherwise than it was exported it never matches again, whatever it looks like later.
function Set-HvStale([string]$VmId) {
	if ((Read-HvRecord $VmId)['exports'].Count -eq 0) { return }
	$null = Edit-HvRecord $VmId {
		param($record)
		foreach ($export in $record['exports']) { $export['stale'] = $true }
	}
}

# The member "export" of a VM object; $null when there is none. `Vm` $null: the VM is off the host.
function Get-HvExportObject($Record, $Vm, $Object) {
	$export = Get-HvNewestExport $Record
	if (-not $export) { return $null }
	$told = [ordered]@{ id = $export['id']; state = 'Running'; percent = $null; disks = $export['disks']; matches = $false
		created = $export['created'] }
	if ($export['state'] -eq 'Complete') {
		$told['state'] = $(if (Test-HvSeal $export $false) { 'Complete' } else { 'Broken' })
		$told['matches'] = -not $Vm -or (Test-HvMatches $export $Vm $Object)
	} else {
		$told['percent'] = $(if ($Object['activity'] -eq 'exporting') { $Object['activityPercent'] } else { [long]$export['percent'] })
	}
	return $told
}
