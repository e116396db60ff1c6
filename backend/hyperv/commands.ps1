# One line of the client, understood: which command, for what, with which body. Nothing is done here. A line that is no
# command is answered, with the reason.

$HvLineMost = 16777216
$HvNameCharacters = 100
$HvRules = @{}
foreach ($rule in @(
	@('StartupCommand', 'now'), @('PingCommand', 'now'), @('QuitCommand', 'now'), @('GetInventoryCommand', 'look'),
	@('HostVmStateReportCommand', 'look'), @('QueryOperationCommand', 'query'), @('CreateVMSnapshotCommand', 'act'),
	@('RevertToVMSnapshotCommand', 'act'), @('DeleteVMSnapshotCommand', 'act'), @('StartCommand', 'act'),
	@('StopCommand', 'act'), @('ExportVmCommand', 'later'), @('CancelExportCommand', 'later'), @('ImportVmCommand', 'later'),
	@('DestroyCommand', 'later'), @('AttachCommand', 'later'), @('DettachCommand', 'later'), @('ScaleVmCommand', 'later'),
	@('CreateVolumeSnapshotCommand', 'later'), @('DeleteVolumeSnapshotCommand', 'later'))) {
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

function Test-HvName($Name) {
	if ($Name -isnot [string] -or $Name -match '[\x00-\x1f\x7f-\x9f]') { return $false }
	$characters = $Name.Length - [regex]::Matches($Name, '[\udc00-\udfff]').Count
	return $characters -ge 1 -and $characters -le $HvNameCharacters
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
	if ($Command.Name -eq 'CreateVMSnapshotCommand' -and -not (Test-HvName $Command.SnapshotName)) {
		Stop-Hv 'BadBody' "body.target.snapshotName is not a name of 1 to $HvNameCharacters characters"
	}
}

function Read-HvAct($Command, $Line, $Body) {
	$Command.Operation = Read-HvUuid $Line['operation']
	if (-not $Command.Operation) { Stop-Hv 'BadBody' 'operation is not a uuid' }
	if ($Line['epoch'] -isnot [long] -or $Line['epoch'] -lt 0) { Stop-Hv 'BadBody' 'epoch is not a number' }
	$Command.Epoch = $Line['epoch']
	$Command.Key = $Command.Operation + '.' + $Command.Name
	$Command.Force = $Body['force']
	if ($Command.Name -eq 'StopCommand' -and $null -ne $Command.Force -and $Command.Force -isnot [bool]) {
		Stop-Hv 'BadBody' 'body.force is neither true nor false'
	}
	$Command.Vm = Read-HvUuid $Body['vmUuid']
	if (-not $Command.Vm) { Stop-Hv 'BadBody' 'body.vmUuid is not a uuid' }
	if ($Command.Name -match 'Snapshot') { Read-HvTarget $Command $Body }
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
