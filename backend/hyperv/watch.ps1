# The picture of the host that the client has been told, and what differs from it: looked at every few seconds, and at
# once after an act. One runspace does all the looking, so that an inventory and the events after it fit together.

$HvLookMs = 700
$HvLookMostMs = 60000
$HvFullLookMs = 30000
$HvFreeBytesStep = 67108864

# What tells apart two states of a VM, without what changes by itself all the time (sizes).
function Get-HvStateText($Object, [bool]$WithPercent) {
	$percent = $(if ($WithPercent) { $Object.activityPercent } else { $null })
	$export = $Object.export
	if ($export) { $export = @($export.id, $export.state, $export.disks, $export.matches, $(if ($WithPercent) { $export.percent })) -join ',' }
	return @($Object.vmName, $Object.state, $Object.cpus, $Object.memoryBytes, $Object.activity, $percent, $Object.registered, $export) -join '|'
}

function Get-HvTreeText($Object) {
	$parts = @([string]$Object.parentCheckpoint)
	$parts += foreach ($disk in $Object.volumes) { $disk.uuid + '=' + $disk.path }
	$parts += foreach ($one in $Object.checkpoints) {
		@($one.id, $one.name, [string]$one.parent, $one.kind, $one.hasMemory) -join ','
	}
	return $parts -join '|'
}

function Get-HvCopiesText($Object) {
	return @(foreach ($copy in $Object.volumeSnapshots) { "$($copy.id)=$($copy.path)" }) -join '|'
}

# One row of WQL for each VM and each checkpoint: a text by VM id that changes when the VM must be looked at. $null when
# WMI cannot be asked; then every look is a full one.
function Get-HvMarks {
	$namespace = 'root\virtualization\v2'
	$systems = @(Get-HvCim ('SELECT Name,ElementName,EnabledState,OtherEnabledState,HealthState,OperationalStatus,' +
		'StatusDescriptions FROM Msvm_ComputerSystem') $namespace)
	$settings = @(Get-HvCim ('SELECT InstanceID,ElementName,Parent,VirtualSystemIdentifier,VirtualSystemType,IsSaved ' +
		'FROM Msvm_VirtualSystemSettingData') $namespace)
	if ($systems.Count -eq 0 -or $settings.Count -eq 0) { return $null }
	$marks = @{}
	$id = [guid]::Empty
	foreach ($row in $systems) {
		if (-not [guid]::TryParse([string]$row.Name, [ref]$id)) { continue }
		$marks[(ConvertTo-HvId $id)] = @($row.ElementName, $row.EnabledState, $row.OtherEnabledState, $row.HealthState,
			($row.OperationalStatus -join ','), ($row.StatusDescriptions -join ',')) -join '|'
	}
	foreach ($row in $settings) {
		if (-not [guid]::TryParse([string]$row.VirtualSystemIdentifier, [ref]$id)) { continue }
		$vm = ConvertTo-HvId $id
		if ($marks.ContainsKey($vm)) {
			$marks[$vm] += ';' + (@($row.InstanceID, $row.ElementName, $row.Parent, $row.VirtualSystemType,
				$row.IsSaved) -join ',')
		}
	}
	$records = Get-HvRecordMarks
	foreach ($vm in @($records.Keys)) { $marks[$vm] += ';' + $records[$vm] }
	return $marks
}

# All VM objects, in order of their names. With marks, only those VMs are read whose mark is new.
function Get-HvPicture($Old, [bool]$Full) {
	$marks = Get-HvMarks
	$objects = @{}
	if ($marks -and $Old -and $Old.Marks -and -not $Full) {
		foreach ($id in @($marks.Keys)) {
			if ($Old.Marks[$id] -eq $marks[$id] -and $Old.Objects.ContainsKey($id)) {
				$objects[$id] = $Old.Objects[$id]
			} else {
				$object = Get-HvObject $id
				if ($object) { $objects[$id] = $object }
			}
		}
	} else {
		foreach ($object in (Get-HvVmObjects (Get-HvAllVms))) { $objects[$object.vmUuid] = $object }
		foreach ($record in @(Get-HvRecords)) {
			if ($objects.ContainsKey($record['vm'])) { continue }
			$object = Get-HvRemovedObject $record
			if ($object) { $objects[$record['vm']] = $object }
		}
	}
	return @{ Marks = $marks; Objects = $objects; Storage = (Get-HvStorage @($objects.Values)) }
}

function Get-HvSorted($Objects) {
	$sorted = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
	foreach ($object in @($Objects.Values)) { $sorted[$object.vmName + "`n" + $object.vmUuid] = $object }
	return , @($sorted.Values)
}

function Send-HvVmChange($Was, $Is) {
	if ($Was -and $Was.export -and $Was.export.matches -and -not ($Is.export -and $Is.export.matches)) { Set-HvStale $Is.vmUuid }
	if (-not $Was -or (Get-HvTreeText $Was) + (Get-HvCopiesText $Was) -cne (Get-HvTreeText $Is) + (Get-HvCopiesText $Is)) {
		Send-Hv ([ordered]@{ event = 'SnapshotsChanged'; body = @{ vm = $Is } })
	}
	$percent = -not $Hv.Acting.ContainsKey($Is.vmUuid)
	if ($Was -and (Get-HvStateText $Was $percent) -cne (Get-HvStateText $Is $percent)) {
		Send-Hv ([ordered]@{ event = 'VmStateChanged'; body = @{ vm = $Is } })
	}
}

# Tells how the picture differs from the one before. Small steps of free space add up until they are worth a word.
function Send-HvChanges($Old, $New) {
	foreach ($id in @($Old.Objects.Keys)) {
		if (-not $New.Objects.ContainsKey($id)) {
			Send-Hv ([ordered]@{ event = 'VmRemoved'; body = @{ vmUuid = $id } })
			$Hv.Sizes.Remove($id)
			$Hv.Sent.Remove($id)
		}
	}
	foreach ($object in (Get-HvSorted $New.Objects)) {
		# an answer has told a later state meanwhile: an older one does not come after it
		if ($Hv.Sent[$object.vmUuid] -gt $object.revision) { $object = Get-HvObject $object.vmUuid }
		if (-not $object) { continue }
		$New.Objects[$object.vmUuid] = $object
		Send-HvVmChange $Old.Objects[$object.vmUuid] $object
	}
	$step = [Math]::Abs($New.Storage.freeBytes - $Old.Storage.freeBytes)
	if ($New.Storage.storageUp -ne $Old.Storage.storageUp -or $step -ge $HvFreeBytesStep) {
		Send-Hv ([ordered]@{ event = 'HostStatus'; body = $New.Storage })
	} else {
		$New.Storage = $Old.Storage
	}
}

# Inventory and state report, from a picture that was taken after they were asked for.
function Send-HvLooked($Command, $Picture) {
	$objects = Get-HvSorted $Picture.Objects
	if ($Command.Name -eq 'GetInventoryCommand') {
		$body = [ordered]@{ vms = $objects; freeBytes = $Picture.Storage.freeBytes; storageUp = $Picture.Storage.storageUp }
	} else {
		$body = [ordered]@{ vms = @(foreach ($one in $objects) {
			[ordered]@{ vmUuid = $one.vmUuid; vmName = $one.vmName; state = $one.state }
		}) }
	}
	Send-HvAnswer $Command.Id (New-HvAnswer $Command.Name $null $body) $null
}

# Settings that an agent left changed when it died, and whose operation nobody may ever ask for again. Whether one could not
# be given back yet: somebody works on its VM.
function Restore-HvLeftSettings {
	$left = $false
	foreach ($entry in @(Get-HvOpenEntries)) {
		if (-not $entry['checkpointType']) { continue }
		$lock = New-HvLock ('vm-' + $entry['vmUuid'])
		$held = $false
		try {
			$held = Enter-HvLock $lock 0
			if ($held) {
				$entry = Read-HvEntry $entry['operation'] $entry['command']
				Restore-HvCheckpointType $entry
			} else {
				$left = $true
			}
		} catch {
			$left = $true
			$Hv.LastError = "$_ $($_.ScriptStackTrace)"
		} finally {
			if ($held) { $lock.ReleaseMutex() }
			$lock.Dispose()
		}
	}
	return $left
}

# One look: answers who asked, tells the others' changes. Returns the new picture.
function Invoke-HvLook($Old, [bool]$Full) {
	$asks = @()
	$ask = $null
	while ($Hv.Asks.TryDequeue([ref]$ask)) { $asks += $ask }
	try {
		$picture = Get-HvPicture $Old ($Full -or $asks.Count -gt 0)
	} catch {
		$Hv.LastError = "$_ $($_.ScriptStackTrace)"
		foreach ($ask in $asks) { Send-HvAnswer $ask.Id (New-HvAnswer $ask.Name (Get-HvFailure $_) $null) $null }
		return $Old
	}
	if ($Old) { Send-HvChanges $Old $picture }
	foreach ($ask in $asks) { Send-HvLooked $ask $picture }
	return $picture
}

# Looks until the agent ends. A look that takes long is not repeated at once.
function Watch-Hv {
	$picture = $null
	$since = [Diagnostics.Stopwatch]::StartNew()
	$left = $true
	$wait = 0
	while (-not $Hv.Ends) {
		if ($left) { $left = Restore-HvLeftSettings }
		$asked = $Hv.Look.WaitOne([int]$wait)
		$full = -not $picture -or $asked -or $since.ElapsedMilliseconds -gt $HvFullLookMs
		if ($full) { $since.Restart() }
		$took = [Diagnostics.Stopwatch]::StartNew()
		$picture = Invoke-HvLook $picture $full
		$wait = [Math]::Min($HvLookMostMs, [Math]::Max($HvLookMs, 5 * $took.ElapsedMilliseconds))
	}
}
