# One line of the client, understood: which command, for what, with which body. Nothing is done here. A line that is no
# command is answered, with the reason.

$HvLineMost = 16777216
$HvNameCharacters = 100
$HvCopyNameCharacters = 255
$HvPathCharacters = 1024
$HvAmountMost = 70368744177664
$HvRules = @{}
foreach ($rule in @(
	@('StartupCommand', 'now'), @('PingCommand', 'now'), @('QuitCommand', 'now'), @('GetInventoryCommand', 'look'),
	@('HostVmStateReportCommand', 'look'), @('QueryOperationCommand', 'query'), @('CreateVMSnapshotCommand', 'act'),
	@('RevertToVMSnapshotCommand', 'act'), @('DeleteVMSnapshotCommand', 'act'), @('StartCommand', 'act'),
	@('StopCommand', 'act'), @('ExportVmCommand', 'act'), @('CancelExportCommand', 'act'), @('RemoveVmCommand', 'act'),
	@('ImportVmCommand', 'act'), @('DestroyCommand', 'act'), @('AttachCommand', 'act'), @('DettachCommand', 'act'),
	@('ResizeVolumeCommand', 'act'), @('ScaleVmCommand', 'act'), @('CreateVolumeSnapshotCommand', 'act'),
	@('DeleteVolumeSnapshotCommand', 'act'))) {
	$HvRules[$rule[0]] = $rule[1]
}

function Test-HvRule($Name) {
	return $Name -is [string] -and @($HvRules.Keys) -ccontains $Name
}

# A uuid in its canonical form; $null for what is none.
function Read-HvUuid($Value) {
	if ($Value -isnot [string] -or $Value -notmatch '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z') { return $null }
	$text = $Value.ToLowerInvariant()
	if ($text -eq '00000000-0000-0000-0000-000000000000') { return $null }
	return $text
}

function Read-HvMember($Body, [string]$Name, [string]$Shown) {
	if ($null -eq $Body[$Name]) { return $null }
	$uuid = Read-HvUuid $Body[$Name]
	if (-not $uuid) { Stop-Hv 'BadBody' "$Shown is not a uuid" }
	return $uuid
}

function Test-HvName($Name, [int]$Most) {
	if ($Name -isnot [string] -or $Name -match '[\x00-\x1f\x7f-\x9f]') { return $false }
	$characters = $Name.Length - [regex]::Matches($Name, '[\udc00-\udfff]').Count
	return $characters -ge 1 -and $characters -le $Most
}

function Read-HvTarget($Command, $Body) {
	$target = $Body['target']
	if ($target -isnot [Collections.Hashtable]) { Stop-Hv 'BadBody' 'body.target is missing' }
	$Command.TargetUuid = $(if ($target['uuid'] -is [string]) { $target['uuid'] } else { $null })
	$Command.SnapshotName = $(if ($target['snapshotName'] -is [string]) { $target['snapshotName'] } else { $null })
	$Command.CheckpointId = Read-HvMember $target 'checkpointId' 'body.target.checkpointId'
	$Command.ParentTold = $target.ContainsKey('parent')
	$Command.Parent = Read-HvMember $target 'parent' 'body.target.parent'
	if ($null -eq $Command.SnapshotName -and -not $Command.CheckpointId) {
		Stop-Hv 'BadBody' 'body.target has neither checkpointId nor snapshotName'
	}
	$Command.WithMemory = $target['type'] -ceq 'DiskAndMemory'
	if ($Command.Name -ne 'DeleteVMSnapshotCommand' -and -not $Command.WithMemory -and $target['type'] -cne 'Disk') {
		Stop-Hv 'BadBody' 'body.target.type is neither Disk nor DiskAndMemory'
	}
	if ($Command.Name -eq 'CreateVMSnapshotCommand' -and -not (Test-HvName $Command.SnapshotName $HvNameCharacters)) {
		Stop-Hv 'BadBody' "body.target.snapshotName is not a name of 1 to $HvNameCharacters characters"
	}
}

function Read-HvNeeded($Body, [string]$Name) {
	$uuid = Read-HvUuid $Body[$Name]
	if (-not $uuid) { Stop-Hv 'BadBody' "body.$Name is not a uuid" }
	return $uuid
}

function Read-HvAmount($Body, [string]$Name) {
	if ($Body[$Name] -isnot [long] -or $Body[$Name] -le 0 -or $Body[$Name] -gt $HvAmountMost) {
		Stop-Hv 'BadBody' "body.$Name is not a number above 0"
	}
	return $Body[$Name]
}

function Read-HvTruth($Body, [string]$Name) {
	if ($Body[$Name] -isnot [bool]) { Stop-Hv 'BadBody' "body.$Name is neither true nor false" }
	return $Body[$Name]
}

# A disk's file on a drive or a share, without anything that means another file than it says.
function Read-HvPath($Body) {
	$path = $Body['path']
	if (-not (Test-HvName $path $HvPathCharacters) -or $path -notmatch '^([A-Za-z]:|\\\\(?!\.{1,2}\\)[^\\/:*?"<>|]+)\\.+\.vhdx?\z' -or
		$path.Substring(2) -match '[:*?"<>|/]|\\\.{1,2}(\\|\z)|.\\\\') {
		Stop-Hv 'BadBody' 'body.path is not the absolute path of a .vhdx or .vhd file'
	}
	return $path
}

# The members of the bodies of commands about exports, volumes and sizes.
function Read-HvMore($Command, $Body) {
	switch ($Command.Name) {
		'StopCommand' { if ($null -ne $Body['force']) { $Command.Force = Read-HvTruth $Body 'force' } }
		'ExportVmCommand' { $Command.Disks = Read-HvTruth $Body 'disks' }
		'CancelExportCommand' { $Command.Beside = $true }
		'AttachCommand' {
			$Command.Path = Read-HvPath $Body
			$Command.SizeBytes = $(if ($null -ne $Body['sizeBytes']) { Read-HvAmount $Body 'sizeBytes' } else { $null })
		}
		'ResizeVolumeCommand' { $Command.SizeBytes = Read-HvAmount $Body 'sizeBytes' }
		'ScaleVmCommand' {
			$Command.Cpus = Read-HvAmount $Body 'cpus'
			$Command.MemoryBytes = Read-HvAmount $Body 'memoryBytes'
		}
		'CreateVolumeSnapshotCommand' {
			$Command.CopyName = $Body['name']
			if (-not (Test-HvName $Command.CopyName $HvCopyNameCharacters)) {
				Stop-Hv 'BadBody' "body.name is not a name of 1 to $HvCopyNameCharacters characters"
			}
		}
	}
	if ($Command.Name -match '^(ExportVm|CancelExport|RemoveVm|ImportVm)C') { $Command.Export = Read-HvNeeded $Body 'export' }
	if ($Command.Name -match '^(Dettach|ResizeVolume|CreateVolumeSnapshot)C') { $Command.Volume = Read-HvNeeded $Body 'volumeUuid' }
	if ($Command.Name -match 'VolumeSnapshot') { $Command.Copy = Read-HvNeeded $Body 'volumeSnapshot' }
}

function Read-HvAct($Command, $Line, $Body) {
	$Command.Operation = Read-HvUuid $Line['operation']
	if (-not $Command.Operation) { Stop-Hv 'BadBody' 'operation is not a uuid' }
	if ($Line['epoch'] -isnot [long] -or $Line['epoch'] -lt 0) { Stop-Hv 'BadBody' 'epoch is not a number' }
	$Command.Epoch = $Line['epoch']
	$Command.Key = $Command.Operation + '.' + $Command.Name
	$Command.Vm = Read-HvNeeded $Body 'vmUuid'
	if ($Command.Name -match 'VMSnapshot') { Read-HvTarget $Command $Body } else { Read-HvMore $Command $Body }
}

function Read-HvQuery($Command, $Body) {
	$Command.Operation = Read-HvUuid $Body['operation']
	if (-not $Command.Operation) { Stop-Hv 'BadBody' 'body.operation is not a uuid' }
	if (-not (Test-HvRule $Body['command'])) { Stop-Hv 'BadBody' 'body.command is not the name of a command' }
	$Command.Query = $Body['command']
}

# Fills in the command as far as the line tells, so that a refusal knows the id and the answer's name.
function Read-HvCommand([byte[]]$Bytes, $Command) {
	try {
		$line = ConvertFrom-HvJson ([Text.UTF8Encoding]::new($false, $true).GetString($Bytes))
	} catch {
		Stop-Hv 'BadBody' "the line is not JSON: $($_.Exception.GetBaseException().Message)"
	}
	if ($line -isnot [Collections.Hashtable]) { Stop-Hv 'BadBody' 'the line is not an object' }
	if ($line['id'] -isnot [long]) { Stop-Hv 'BadBody' 'the line has no integer id' }
	$Command.Id = $line['id']
	if ($line['command'] -isnot [string]) { Stop-Hv 'BadBody' 'the line has no command' }
	if (-not (Test-HvRule $line['command'])) {
		$shown = $line['command'].Substring(0, [Math]::Min(64, $line['command'].Length)) -replace '[^ -~]', '?'
		Stop-Hv 'UnknownCommand' "there is no command '$shown'"
	}
	$Command.Name = $line['command']
	$Command.Kind = $HvRules[$Command.Name]
	$body = $line['body']
	if ($null -eq $body) { $body = [Collections.Hashtable]::new([StringComparer]::Ordinal) }
	if ($body -isnot [Collections.Hashtable]) { Stop-Hv 'BadBody' 'the body is not an object' }
	$Command.Body = $body
	if ($Command.Kind -eq 'act') { Read-HvAct $Command $line $body }
	if ($Command.Kind -eq 'query') { Read-HvQuery $Command $body }
}
