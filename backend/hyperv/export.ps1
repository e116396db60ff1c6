# A VM's export: copied by the host into a folder of hvtree, read back, and only then told as complete; and its end, asked
# for by whoever is in need of the VM. What was begun and not completed leaves nothing behind.

$HvExportMs = 200
$HvExportJob = 62

# --- what is asked of the host ---------------------------------------------------------------------------------------

function Test-HvExporting([string]$VmId) {
	$vm = Get-HvVm $VmId
	return $vm -and (Get-HvActivity $vm)[0] -eq 'exporting'
}

# The host's own jobs on a VM, by WMI: what an agent that died has left running.
function Stop-HvHostJobs([string]$VmId, [int]$Type) {
	$query = "ASSOCIATORS OF {Msvm_ComputerSystem.CreationClassName='Msvm_ComputerSystem',Name='$($VmId.ToUpperInvariant())'} " +
		'WHERE AssocClass=Msvm_AffectedJobElement ResultClass=Msvm_ConcreteJob'
	foreach ($job in @(Get-HvCim $query 'root\virtualization\v2')) {
		if ([int]$job.JobType -ne $Type -or [int]$job.JobState -gt 4) { continue }
		$null = Invoke-CimMethod -InputObject $job -MethodName RequestStateChange -Arguments @{ RequestedState = [uint16]4 }
	}
}

# The definition alone: no cmdlet makes one. The host is told not to prepare the disks for a backup that never comes.
function Start-HvDefinitionExport([string]$VmId, [string]$Folder) {
	$namespace = 'root\virtualization\v2'
	$service = Get-HvCim 'SELECT * FROM Msvm_VirtualSystemManagementService' $namespace | Select-HvFirst
	$system = Get-HvCim "SELECT * FROM Msvm_ComputerSystem WHERE Name='$($VmId.ToUpperInvariant())'" $namespace | Select-HvFirst
	if (-not $service -or -not $system) { Stop-Hv 'NotSupported' 'WMI cannot be asked for the definition of the VM' }
	$settings = '<INSTANCE CLASSNAME="Msvm_VirtualSystemExportSettingData">'
	foreach ($one in @(@('CopySnapshotConfiguration', 'uint8', '1'), @('CopyVmRuntimeInformation', 'boolean', 'FALSE'),
		@('CopyVmStorage', 'boolean', 'FALSE'), @('CreateVmExportSubdirectory', 'boolean', 'TRUE'),
		@('DisableDifferentialOfIgnoredStorage', 'boolean', 'TRUE'))) {
		$settings += "<PROPERTY NAME=`"$($one[0])`" TYPE=`"$($one[1])`"><VALUE>$($one[2])</VALUE></PROPERTY>"
	}
	$told = Invoke-CimMethod -InputObject $service -MethodName ExportSystemDefinition -Arguments @{ ComputerSystem = $system
		ExportDirectory = $Folder; ExportSettingData = $settings + '</INSTANCE>' }
	if (0, 4096 -notcontains [int]$told.ReturnValue) {
		Stop-Hv $(if ([int]$told.ReturnValue -eq 32775) { 'InvalidState' } else { 'HostError' }) `
			"The host does not export the definition of the VM: $($told.ReturnValue)"
	}
}

function Get-HvJobFailure($Job) {
	foreach ($one in @($Job) + @($Job.ChildJobs | Where-Object { $_ })) {
		foreach ($failure in @($one.Error | Where-Object { $_ })) { return $failure }
		if ($one.JobStateInfo -and $one.JobStateInfo.Reason) {
			return [Management.Automation.ErrorRecord]::new($one.JobStateInfo.Reason, 'OperationFailed', 'NotSpecified', $null)
		}
	}
	$failure = [InvalidOperationException]::new('The export did not succeed, and the host does not say why')
	return [Management.Automation.ErrorRecord]::new($failure, 'OperationFailed', 'NotSpecified', $null)
}

function Get-HvJobPercent($Job) {
	$most = [long]0
	foreach ($one in @($Job) + @($Job.ChildJobs | Where-Object { $_ })) {
		$records = @($one.Progress | Where-Object { $_ })
		if ($records.Count -gt 0) { $most = [Math]::Max($most, [Math]::Min([long]100, [long]$records[$records.Count - 1].PercentComplete)) }
	}
	return $most
}

# --- cancelling ------------------------------------------------------------------------------------------------------

# By another command of this agent, or by another agent on this host.
function Test-HvCancelled([string]$VmId, [string]$Id) {
	if ($Hv.Cancels.ContainsKey($Id)) { return $true }
	$export = Find-HvExport (Read-HvRecord $VmId) $Id
	return $export -and $export['cancelled']
}

function Assert-HvWanted($Command) {
	if (Test-HvCancelled $Command.Vm $Command.Export) { Stop-Hv 'Cancelled' 'The export was cancelled' }
}

# Ends the host's own work on an export and sees that it has ended.
function Stop-HvCopying([string]$VmId, $Job) {
	if ($Job -and 'Running', 'NotStarted' -contains [string]$Job.State) { $Job.StopJob() }
	for ($watch = [Diagnostics.Stopwatch]::StartNew(); Test-HvExporting $VmId;) {
		Stop-HvHostJobs $VmId $HvExportJob
		if ($watch.ElapsedMilliseconds -gt $HvSettleMs) { Stop-Hv 'Busy' 'The host does not end its export of the VM' }
		Wait-HvMoment $HvPollMs
	}
}

# Files and all, unless a VM lives in them. What cannot be removed now is not told of any more, and removed later.
function Remove-HvExport([string]$VmId, $Export) {
	$gone = $(if (Get-HvVm $VmId) { $null } else { $VmId })
	$user = Find-HvUser (Get-HvUsed $gone) $Export['folder']
	if ($user) { Stop-Hv 'InvalidState' "The VM $user uses files of the export" }
	$Export['state'] = 'Failed'
	Set-HvExport $VmId $Export
	if (Find-HvVolume (Get-HvVolumes) $Export['folder']) { Remove-HvFolder $Export['folder'] } elseif (Test-HvFolder $Export['folder']) {
		Remove-HvFolder $Export['folder']
	} else {
		Stop-Hv 'StorageGone' "The volume of '$($Export['folder'])' is not there"
	}
	$null = Edit-HvRecord $VmId {
		param($record, $id)
		$record['exports'] = @($record['exports'] | Where-Object { $_['id'] -ne $id })
		if ($record['removed'] -eq $id) { $record['removed'] = $null }
	} $Export['id']
}

# The same for one that nobody waits for: what cannot be removed now is tried again with the next command for the VM.
function Clear-HvExport([string]$VmId, $Export) {
	try {
		Remove-HvExport $VmId $Export
	} catch {
		$Hv.LastError = "$_ $($_.ScriptStackTrace)"
	}
}

# What exports that failed have left, when their storage was gone.
function Clear-HvFailedExports($Record) {
	foreach ($export in @($Record['exports'] | Where-Object { $_['state'] -eq 'Failed' })) { Clear-HvExport $Record['vm'] $export }
}

# Tells whoever copies to stop. It holds the VM's lock; its end lets the cancelling command have its turn.
function Request-HvCancel($Command) {
	if ($Hv.Exporting[$Command.Vm] -eq $Command.Export) { $Hv.Cancels[$Command.Export] = $true }
	$export = Find-HvExport (Read-HvRecord $Command.Vm) $Command.Export
	if (-not $export -or $export['state'] -ne 'Copying' -or $export['cancelled']) { return }
	$null = Edit-HvRecord $Command.Vm {
		param($record, $id)
		$export = Find-HvExport $record $id
		if ($export -and $export['state'] -eq 'Copying') { $export['cancelled'] = $true }
	} $Command.Export
}

# With the VM's lock: nobody copies any more, except the host for an agent that died.
function Invoke-HvCancelExport($Command, $Entry, $Vm) {
	$record = Read-HvRecord $Command.Vm
	$export = Find-HvExport $record $Command.Export
	if (-not $export) { return }
	if (-not $Vm) { Stop-Hv 'InvalidState' 'The VM is not registered on the host: the export is all there is of it' }
	if ($export['state'] -eq 'Copying') { Stop-HvCopying $Command.Vm $null }
	Remove-HvExport $Command.Vm $export
}

# --- exporting -------------------------------------------------------------------------------------------------------

function Assert-HvExportable($Command, $Vm, $Checkpoints) {
	$state = Get-HvState $Vm
	Assert-HvAlone $Vm
	if ('Stopped', 'Running', 'Saved' -notcontains $state) { Stop-Hv 'InvalidState' "A VM that is $state cannot be exported" }
	if (-not $Command.Disks -and $Checkpoints.Count -gt 0) {
		Stop-Hv 'InvalidState' 'The VM has checkpoints: its definition alone would not hold them'
	}
	foreach ($drive in @($Vm.HardDrives | Where-Object { $_ })) {
		if (-not $drive.Path -or $null -ne $drive.DiskNumber) {
			Stop-Hv 'NotSupported' 'The VM has a physical disk, which no export holds'
		}
	}
}

function Get-HvBytesToCopy($Command, $Vm, $Checkpoints) {
	$bytes = [long]0
	if (-not $Command.Disks) { return $bytes }
	foreach ($file in @((Get-HvFilesOf $Vm $Checkpoints).Values)) { $bytes += $file.FileSize }
	foreach ($one in $Checkpoints) { $bytes += [long]$one.SizeOfSystemFiles }
	if ((Get-HvState $Vm) -ne 'Stopped') { $bytes += [long]$Vm.MemoryStartup }
	return $bytes
}

# The record of an export that begins: what the VM is now, which the copy must be equal to.
function New-HvExport($Command, $Vm, $Checkpoints) {
	$folder = Join-HvPath (Get-HvStorageFolder $Vm) 'exports'
	Assert-HvSpace $folder (Get-HvBytesToCopy $Command $Vm $Checkpoints)
	$original = ConvertTo-HvVm $Vm $Checkpoints $Command.Vm
	$still = (Get-HvState $Vm) -ne 'Running'
	$chains = ConvertTo-HvChainMarks (Get-HvAllChains $Vm $Checkpoints $original['checkpoints']) $still
	$export = @{ id = $Command.Export; folder = (Join-HvPath $folder $Command.Export); disks = $Command.Disks; state = 'Copying'
		created = (Get-HvNow); percent = [long]0; original = $original; chains = $chains; mark = (Get-HvLiveMark $Vm $original) }
	Set-HvExport $Command.Vm $export
	New-HvFolder (Get-HvLocal (Get-HvFolderOf $folder))
	$null = [IO.Directory]::CreateDirectory((Get-HvLocal $export['folder']))
	return $export
}

# Lets the host copy, and waits for it; the copy goes on when this agent dies.
function Copy-HvVm($Command, $Export, $Vm) {
	$job = $null
	Show-HvProgress $Command 0 'exporting'
	try {
		if ($Export['disks']) {
			$job = Hyper-V\Export-VM -VM $Vm -Path $Export['folder'] -AsJob -Confirm:$false -ErrorAction Stop
		} else {
			Start-HvDefinitionExport $Command.Vm $Export['folder']
		}
		while (($job -and 'Running', 'NotStarted' -contains [string]$job.State) -or (Test-HvExporting $Command.Vm)) {
			Wait-HvCopy $Command $job
		}
		if ($job -and [string]$job.State -ne 'Completed') { throw (Get-HvJobFailure $job) }
	} catch {
		if ((Get-HvFailure $_).Code -eq 'Cancelled') { Stop-HvCopying $Command.Vm $job }
		throw
	}
}

function Wait-HvCopy($Command, $Job) {
	Wait-HvMoment $HvExportMs
	Assert-HvWanted $Command
	Test-HvFence $Command
	$percent = [long]0
	if ($Job) { $percent = Get-HvJobPercent $Job }
	$vm = Get-HvVm $Command.Vm
	if (-not $vm) { Stop-Hv 'VmNotFound' 'The VM has left the host while it was exported' }
	$activity = Get-HvActivity $vm
	if ($activity[0] -eq 'exporting') { $percent = [Math]::Max($percent, [long]$activity[1]) }
	Show-HvProgress $Command ([long][Math]::Floor($percent * 0.9)) 'exporting'
}

# Read back, sealed, described in its own folder, and only then complete, if nobody has cancelled it meanwhile.
function Complete-HvExport($Command, $Export) {
	Show-HvProgress $Command 90 'reading back'
	$null = Edit-HvRecord $Command.Vm {
		param($record, $id)
		$export = Find-HvExport $record $id
		if ($export) { $export['percent'] = [long]100 }
	} $Export['id']
	$Export['exported'] = Read-HvExport $Command.Vm $Export
	$Export['seal'] = Get-HvSeal $Export['folder']
	if ($Export['seal'].Count -eq 0) { Stop-Hv 'HostError' 'The export holds no files' }
	Test-HvFence $Command
	Write-HvText (Get-HvLocal (Join-HvPath $Export['folder'] $HvManifest)) (ConvertTo-HvJson $Export)
	$done = Edit-HvRecord $Command.Vm {
		param($record, $export)
		$kept = Find-HvExport $record $export['id']
		if (-not $kept -or $kept['cancelled'] -or $Hv.Cancels.ContainsKey($export['id'])) { return $false }
		$export['state'] = 'Complete'
		$export['percent'] = [long]100
		$record['exports'] = @(@($record['exports'] | Where-Object { $_['id'] -ne $export['id'] }) + $export)
		return $true
	} $Export
	if (-not $done) { Stop-Hv 'Cancelled' 'The export was cancelled' }
	return $Export
}

# What an agent that died began: the host may still be copying. Complete when it can be read back, else removed.
function Resume-HvExport($Command, $Export) {
	if ($Export['state'] -eq 'Complete' -and (Test-HvSeal $Export $true)) { return $Export }
	if ($Export['state'] -eq 'Copying') {
		while (Test-HvExporting $Command.Vm) { Wait-HvCopy $Command $null }
		try {
			return Complete-HvExport $Command $Export
		} catch {
			if ('Fenced', 'Cancelled', 'StorageGone' -contains (Get-HvFailure $_).Code) { throw }
		}
	}
	Remove-HvExport $Command.Vm $Export
	return $null
}

function Invoke-HvExportSteps($Command, $Vm) {
	$done = $null
	Assert-HvWanted $Command
	$begun = Find-HvExport (Read-HvRecord $Command.Vm) $Command.Export
	if ($begun) { $done = Resume-HvExport $Command $begun }
	if ($done) { return $done }
	# what another operation began and left: with the VM's lock held nobody goes on with it
	foreach ($left in @((Read-HvRecord $Command.Vm)['exports'] | Where-Object { $_['state'] -eq 'Copying' })) {
		Stop-HvCopying $Command.Vm $null
		Clear-HvExport $Command.Vm $left
	}
	$Vm = Wait-HvMerged $Command
	$checkpoints = Get-HvCheckpoints $Vm
	Assert-HvExportable $Command $Vm $checkpoints
	$export = New-HvExport $Command $Vm $checkpoints
	Copy-HvVm $Command $export $Vm
	return Complete-HvExport $Command $export
}

# A failure leaves nothing behind; only one whose operation has been taken over leaves all to its successor.
function Invoke-HvExport($Command, $Entry, $Vm) {
	try {
		$export = Invoke-HvExportSteps $Command $Vm
	} catch {
		$failure = $_
		if ((Get-HvFailure $failure).Code -eq 'Fenced') { throw }
		$left = Find-HvExport (Read-HvRecord $Command.Vm) $Command.Export
		if ($left) {
			if ($left['state'] -eq 'Copying') { Stop-HvCopying $Command.Vm $null }
			Clear-HvExport $Command.Vm $left
		}
		throw $failure
	}
	foreach ($older in @((Read-HvRecord $Command.Vm)['exports'] | Where-Object { $_['id'] -ne $export['id'] })) {
		Clear-HvExport $Command.Vm $older
	}
	return [ordered]@{ exported = $export['exported'] }
}
