# Taking a VM off the host and bringing it back, and its end. A VM is removed only when its export was read back a moment
# ago; files are removed only when the VM is gone and no other VM uses them; layers of disks are left to Hyper-V, which
# merges them by itself.

# --- after the VM --------------------------------------------------------------------------------------------------------

# Hyper-V merges what a removed VM's checkpoints have left. Over when no layer is left; a host that changes none of the
# files for long has put it off, and then all of them stay.
function Wait-HvDissolved($Command, $Files) {
	$layers = @($Files | Where-Object { Test-HvOverlay $_ })
	$mark = ''
	for ($quiet = [Diagnostics.Stopwatch]::StartNew(); ;) {
		$left = @($layers | Where-Object { Test-HvFile $_ })
		if ($left.Count -eq 0) { return $true }
		$is = @(foreach ($path in $Files) { $stamp = Get-HvStamp $path; if ($stamp) { "$($stamp.length)@$($stamp.written)" } }) -join ';'
		if ($is -ne $mark) { $quiet.Restart() }
		$mark = $is
		if ($quiet.ElapsedMilliseconds -gt $HvSettleMs) { return $false }
		Test-HvFence $Command
		Show-HvProgress $Command ([long](95 - [Math]::Min(45, 45 * $left.Count / $layers.Count))) 'merging disks'
		Wait-HvMoment $HvPollMs
	}
}

# What is left of a VM beside the export that holds it goes only while that is still what was verified.
function Remove-HvLeft($Command, $Export, [bool]$Patient) {
	if (Test-HvSeal $Export $true) { Remove-HvDoomed $Command $Patient }
}

# Files of a VM that is gone. A file that another VM uses is not one of them, whatever the record says. What the host has
# not merged stays, and is tried again with the next command that removes something of this VM.
function Remove-HvDoomed($Command, [bool]$Patient) {
	$doomed = @((Read-HvRecord $Command.Vm)['doomed'])
	if ($doomed.Count -gt 0) {
		if (-not $Patient -and @($doomed | Where-Object { (Test-HvOverlay $_) -and (Test-HvFile $_) }).Count -gt 0) { return }
		if (-not (Wait-HvDissolved $Command $doomed)) { return }
		$used = Get-HvUsed $null
		foreach ($path in $doomed) {
			if (-not (Test-HvOverlay $path) -and -not $used.ContainsKey($path)) { Remove-HvFile $path }
		}
	}
	foreach ($folder in @((Read-HvRecord $Command.Vm)['spent'])) { Remove-HvEmptyFolders $folder }
	$null = Edit-HvRecord $Command.Vm {
		param($record)
		$record['doomed'] = @()
		$record['spent'] = @($record['spent'] | Where-Object { Test-HvFolder $_ })
	}
}

# --- off the host ------------------------------------------------------------------------------------------------------

# Says why the VM must stay; nothing when it may go.
function Assert-HvRemovable($Command, $Vm) {
	$state = Get-HvState $Vm
	Assert-HvAlone $Vm
	if ($state -ne 'Stopped') { Stop-Hv 'InvalidState' "The VM is $state; only a stopped one is removed" }
	$export = Find-HvExport (Read-HvRecord $Command.Vm) $Command.Export
	if (-not $export -or $export['state'] -ne 'Complete') { Stop-Hv 'InvalidState' 'There is no such complete export of the VM' }
	if (Find-HvUser (Get-HvUsed $null) $export['folder']) { Stop-Hv 'InvalidState' 'A VM runs on the files of this export' }
	if (-not (Test-HvSeal $export $true)) { Stop-Hv 'InvalidState' 'The files of the export are not what was verified' }
	if (-not (Test-HvMatches $export $Vm (ConvertTo-HvVm $Vm (Get-HvCheckpoints $Vm) $Command.Vm))) {
		Set-HvStale $Command.Vm
		Stop-Hv 'InvalidState' 'The VM has changed since it was exported'
	}
	Show-HvProgress $Command 0 'reading back'
	try {
		$null = Read-HvExport $Command.Vm $export
	} catch {
		if ((Get-HvFailure $_).Code -eq 'Fenced') { throw }
		Stop-Hv 'InvalidState' "The export cannot be read back: $((Get-HvFailure $_).Details)"
	}
	if (-not (Test-HvSeal $export $true)) { Stop-Hv 'InvalidState' 'The files of the export are not what was verified' }
	return $export
}

# Marks the VM as one whose export is all there is, before it is: unless somebody cancels the export at this moment.
function Set-HvRemoved($Command, $Doomed) {
	$may = Edit-HvRecord $Command.Vm {
		param($record, $told)
		$export = Find-HvExport $record $told.Export
		if (-not $export -or $export['state'] -ne 'Complete') { return $false }
		$record['removed'] = $told.Export
		$record['doomed'] = @($told.Doomed)
		return $true
	} @{ Export = $Command.Export; Doomed = $Doomed }
	if (-not $may) { Stop-Hv 'InvalidState' 'The export was cancelled' }
}

function Clear-HvRemoved([string]$VmId) {
	$null = Edit-HvRecord $VmId {
		param($record)
		$record['removed'] = $null
		$record['doomed'] = @()
	}
}

function Invoke-HvRemoveVm($Command, $Entry, $Vm) {
	if (-not $Vm) {
		# one that went by other hands may live elsewhere: an export that is left of it here is not the VM
		$export = Get-HvRemoved (Read-HvRecord $Command.Vm)
		if (-not $export) { Stop-Hv 'VmNotFound' 'The host has no such VM, and no removal took it off' }
		if ($export['id'] -ne $Command.Export) { Stop-Hv 'InvalidState' 'It is another export that holds the VM' }
	} else {
		$export = Assert-HvRemovable $Command $Vm
		$doomed = @()
		if ($export['disks']) { $doomed = Get-HvOwnFiles $Command.Vm $Vm (Get-HvCheckpoints $Vm) }
		$now = Get-HvVm $Command.Vm
		Test-HvFence $Command
		if (-not $now -or -not (Test-HvMatches $export $now (ConvertTo-HvVm $now (Get-HvCheckpoints $now) $Command.Vm))) {
			Stop-Hv 'InvalidState' 'The VM has changed while its export was read back'
		}
		Set-HvRemoved $Command $doomed
		Show-HvProgress $Command 50 'removing'
		try {
			Hyper-V\Remove-VM -VM $now -Force -Confirm:$false -ErrorAction Stop
		} catch {
			if (Get-HvVm $Command.Vm) { Clear-HvRemoved $Command.Vm }
			throw
		}
		if (Get-HvVm $Command.Vm) {
			Clear-HvRemoved $Command.Vm
			Stop-Hv 'HostError' 'The host has not removed the VM'
		}
	}
	Remove-HvLeft $Command $export $true
}

# --- back on the host --------------------------------------------------------------------------------------------------

# The export is the VM now: its folder is told of no more, and goes with the VM.
function Close-HvImport([string]$VmId, $Export) {
	$null = Edit-HvRecord $VmId {
		param($record, $export)
		$record['exports'] = @($record['exports'] | Where-Object { $_['id'] -ne $export['id'] })
		$record['spent'] = @(@($record['spent'] | Where-Object { $_ -ne $export['folder'] }) + $export['folder'])
		$record['removed'] = $null
		$record['doomed'] = @()
	} $Export
	Remove-HvFile (Join-HvPath $Export['folder'] $HvManifest)
}

function Get-HvImportTroubles([string]$Config) {
	try {
		$report = Hyper-V\Compare-VM -Path $Config -ErrorAction Stop
		return (@($report.Incompatibilities | ForEach-Object { [string]$_.Message }) -join ' ')
	} catch {
		return ''
	}
}

function Invoke-HvImportVm($Command, $Entry, $Vm) {
	if ($Vm) { return }
	$export = Find-HvExport (Read-HvRecord $Command.Vm) $Command.Export
	if (-not $export -and -not (Get-HvRemoved (Read-HvRecord $Command.Vm))) { Stop-Hv 'VmNotFound' 'The host has no such VM' }
	if (-not $export) { Stop-Hv 'InvalidState' 'It is another export that holds the VM' }
	if ($export['state'] -ne 'Complete') { Stop-Hv 'InvalidState' 'The export of the VM is not complete' }
	if (-not (Test-HvFolder $export['folder'])) { Stop-Hv 'StorageGone' "The export is not in '$($export['folder'])'" }
	Remove-HvLeft $Command $export $false
	$config = (Get-HvDefinition $export['folder'] $Command.Vm).Config
	$Entry['step'] = 'importing'
	Write-HvEntry $Entry
	Test-HvFence $Command
	Show-HvProgress $Command 0 'importing'
	try {
		$null = Hyper-V\Import-VM -Path $config -Confirm:$false -ErrorAction Stop
	} catch {
		$failure = Get-HvFailure $_
		if ($failure.Code -ne 'HostError') { throw }
		Stop-Hv 'HostError' "$($failure.Details) $(Get-HvImportTroubles $config)"
	}
	$vm = Wait-HvSettled $Command.Vm
	Close-HvImport $Command.Vm $export
	Set-HvPower $Command 'Stopped' 90
	$is = ConvertTo-HvVm $vm (Get-HvCheckpoints $vm) $Command.Vm
	if ((Get-HvShape $is) -cne (Get-HvShape $export['exported'])) {
		Stop-Hv 'HostError' 'The VM is back, but its tree is not the one that was exported'
	}
}

# A VM that is on the host although its record says otherwise: an import whose end was not written down, or a removal
# that did not come about.
function Repair-HvRecord($Record) {
	if (-not $Record['removed'] -and $Record['doomed'].Count -eq 0) { return }
	$export = Get-HvRemoved $Record
	if ($export -and (Find-HvUser (Get-HvUsed $null) $export['folder']) -eq $Record['vm']) {
		Close-HvImport $Record['vm'] $export
	} else {
		Clear-HvRemoved $Record['vm']
	}
}

# --- for good ------------------------------------------------------------------------------------------------------------

# The disks of a VM that is off the host and whose export is its definition alone.
function Get-HvDefinedDisks([string]$VmId, $Export) {
	if ($Export['disks']) { return , @() }
	$used = Get-HvUsed $VmId
	return , @(foreach ($disk in $Export['exported']['volumes']) { if (-not $used.ContainsKey($disk['path'])) { $disk['path'] } })
}

# What goes with the VM. The record of files that were to go is believed only when the VM went by our hand.
function Get-HvDestroyed($Command, $Entry, $Vm) {
	$record = Read-HvRecord $Command.Vm
	$removed = Get-HvRemoved $record
	$doomed = @()
	if ($Vm) {
		$used = Get-HvUsed $Command.Vm
		$doomed = @((Get-HvOwnFiles $Command.Vm $Vm (Get-HvCheckpoints $Vm)) | Where-Object { -not $used.ContainsKey($_) })
	} elseif ($removed) {
		$doomed = @($record['doomed']) + (Get-HvDefinedDisks $Command.Vm $removed)
	} elseif ($Entry['step'] -eq 'destroying') {
		$doomed = @($record['doomed'])
	}
	return , $doomed
}

function Invoke-HvDestroy($Command, $Entry, $Vm) {
	if ($Vm) {
		Assert-HvAlone $Vm
		if (@((Read-HvRecord $Command.Vm)['exports'] | Where-Object { $_['state'] -eq 'Copying' }).Count -gt 0) {
			Stop-HvCopying $Command.Vm $null
		}
		Set-HvPower $Command 'Stopped' 0
		$Vm = Wait-HvSettled $Command.Vm
	}
	$doomed = Get-HvDestroyed $Command $Entry $Vm
	$null = Edit-HvRecord $Command.Vm { param($record, $doomed) $record['doomed'] = @($doomed) } $doomed
	$Entry['step'] = 'destroying'
	Write-HvEntry $Entry
	if ($Vm) {
		Test-HvFence $Command
		Show-HvProgress $Command 10 'destroying'
		Hyper-V\Remove-VM -VM $Vm -Force -Confirm:$false -ErrorAction Stop
		if (Get-HvVm $Command.Vm) { Stop-Hv 'HostError' 'The host has not removed the VM' }
	}
	# a VM off the host is told as long as its export is there: that goes first, then the disks that nobody tells of
	foreach ($export in @((Read-HvRecord $Command.Vm)['exports'])) { Remove-HvExport $Command.Vm $export }
	Remove-HvDoomed $Command $true
}
