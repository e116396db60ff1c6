# The cmdlets of Hyper-V that the agent uses, on a host in a file (state.ps1). Alike in what a caller can trip over:
# parameters, confirmation, error ids, wildcards in names, state rules, end states of a restore, merges after a removal.

enum VMType { RealizedVirtualMachine = 3; PlannedVirtualMachine = 4 }
enum VhdType { Fixed = 2; Dynamic = 3; Differencing = 4 }
enum VMState { Other = 1; Running = 2; Off = 3; Stopping = 4; Saved = 6; Paused = 9; Starting = 10; Saving = 32773; PausedCritical = 32789 }
enum SnapshotType { Standard = 0; Recovery = 1; Planned = 2; Missing = 5; Replica = 6 }
enum CheckpointType { Disabled = 2; Production = 3; ProductionOnly = 4; Standard = 5 }
enum ControllerType { IDE = 0; SCSI = 1; PMEM = 2 }

. "$PSScriptRoot/files.ps1"
. "$PSScriptRoot/state.ps1"
. "$PSScriptRoot/guest.ps1"
. "$PSScriptRoot/disks.ps1"
. "$PSScriptRoot/transfer.ps1"

function Stop-Fake($Cmdlet, [string]$Id, [string]$Category, [string]$Message) {
	$Cmdlet.ThrowTerminatingError([Management.Automation.ErrorRecord]::new([Exception]::new($Message), $Id, $Category, $null))
}

function Stop-WrongState($Cmdlet) {
	Stop-Fake $Cmdlet 'InvalidState' 'InvalidOperation' 'Der Vorgang kann im aktuellen Zustand des virtuellen Computers nicht ausgefuehrt werden.'
}

# --- objects ---------------------------------------------------------------------------------------------------------

function New-DriveObject($State, $Vm, $Disk, [string]$Layer) {
	return [PSCustomObject]@{ Name = $Disk.Name; Path = (Get-PathOf $State $Layer); ControllerType = [ControllerType]$Disk.Type
		ControllerNumber = 0; ControllerLocation = $Disk.Location; VMId = [guid]$Vm.Id; DiskNumber = $null }
}

function Get-OperationalStatus($State, $Vm) {
	$numbers = @{ Create = 32768; Apply = 32769; Delete = 32770; Export = 32773 }
	if ($Vm.Job -and $numbers[$Vm.Job.Kind]) { return , @(11, $numbers[$Vm.Job.Kind]) }
	if (@($State.Merges.Values | Where-Object { $_.Vm -eq $Vm.Id }).Count -gt 0) { return , @(2, 32772) }
	return , @(2)
}

function Get-StatusText($State, $Vm) {
	if ($Vm.Job -and $Vm.Job.Kind -eq 'Export') { return "Wird exportiert ($(Get-JobPercent $Vm.Job) %)" }
	$merge = @($State.Merges.Values | Where-Object { $_.Vm -eq $Vm.Id })
	if ($merge.Count -eq 0) { return 'Normaler Betrieb' }
	$all = [Math]::Max([long]1, [long]($merge[0].Until - $merge[0].From))
	return "Datentraeger werden zusammengefuehrt ($([int][Math]::Floor(100 * ((Get-Now) - $merge[0].From) / $all)) %)"
}

function New-VmObject($State, $Vm) {
	$service = {
		param($id, $ok)
		[PSCustomObject]@{ Id = "Microsoft:$($Vm.Id.ToUpperInvariant())\$id"; Enabled = $true
			PrimaryOperationalStatus = $(if ($ok) { 'Ok' } else { 'NoContact' }) }
	}
	return [PSCustomObject]@{ PSTypeName = 'Fake.VirtualMachine'; Id = [guid]$Vm.Id; Name = $Vm.Name; State = [VMState]$Vm.State
		Status = (Get-StatusText $State $Vm); OperationalStatus = (Get-OperationalStatus $State $Vm)
		ProcessorCount = [long]$Vm.Cpus; MemoryStartup = [long]$Vm.MemoryBytes; MemoryAssigned = [long]$Vm.MemoryBytes
		ParentSnapshotId = $(if ($Vm.Parent) { [guid]$Vm.Parent } else { $null }); CheckpointType = [CheckpointType]$Vm.CheckpointType
		VirtualMachineType = [VMType]$(if ($Vm.Planned) { 'PlannedVirtualMachine' } else { 'RealizedVirtualMachine' })
		Generation = 2; Version = '9.0'; DynamicMemoryEnabled = [bool]$Vm.Dynamic; MemoryMinimum = [long]$Vm.MemoryMinimum
		MemoryMaximum = [long]$Vm.MemoryMaximum; Notes = $Vm.Notes; ConfigurationLocation = $Vm.Folder; Path = $Vm.Folder
		IsClustered = [bool]$Vm.Clustered; SnapshotFileLocation = $Vm.Folder; SmartPagingFilePath = $Vm.Folder
		NetworkAdapters = @([PSCustomObject]@{ Name = 'Netzwerkkarte'; SwitchName = 'prod'; MacAddress = '00155D000001' })
		HardDrives = @(foreach ($disk in $Vm.Disks) { New-DriveObject $State $Vm $disk $disk.Top })
		VMIntegrationService = @((& $service '9F8233AC-BE49-4C79-8EE3-E7E1985B2077' $Vm.Shutdown),
			(& $service '5CED1297-4598-4915-A5FC-AD21BB4D02A4' $Vm.Vss)) }
}

function New-SnapshotObject($State, $Vm, $One) {
	return [PSCustomObject]@{ PSTypeName = 'Fake.VMSnapshot'; Id = [guid]$One.Id; Name = $One.Name; VMId = [guid]$Vm.Id; VMName = $Vm.Name
		SnapshotType = [SnapshotType]$One.Type; IsAutomaticCheckpoint = [bool]$One.Auto; State = [VMState]$One.State
		ParentSnapshotId = $(if ($One.Parent) { [guid]$One.Parent } else { $null }); CreationTime = [DateTime]$One.Created
		SizeOfSystemFiles = [long]$(if ($One.State -eq 'Saved') { $One.MemoryBytes } else { 0 })
		HardDrives = @(foreach ($disk in $Vm.Disks) { if ($One.Frozen[$disk.Name]) { New-DriveObject $State $Vm $disk $One.Frozen[$disk.Name] } }) }
}

# VMs that were removed are there until their disks are merged, and seen by nobody.
function Get-Shown($State) {
	return $State.Vms | Where-Object { -not $_.Gone }
}

# --- looking ---------------------------------------------------------------------------------------------------------

function Get-VM {
	[CmdletBinding(DefaultParameterSetName = 'Name')]
	param([Parameter(ParameterSetName = 'Name', Position = 0)][string[]]$Name, [Parameter(ParameterSetName = 'Id')][guid]$Id)
	Add-Call
	if (Read-State { param($state) $state.Faults['denied'] }) {
		Stop-Fake $PSCmdlet 'AccessDenied' 'PermissionDenied' 'Sie verfuegen nicht ueber die erforderliche Berechtigung.'
	}
	$found = @(Read-State {
		param($state, $want)
		foreach ($vm in (Get-Shown $state)) {
			$fits = if ($want.Id) { $vm.Id -eq $want.Id } elseif ($want.Name) { @($want.Name | Where-Object { $vm.Name -like $_ }).Count } else { $true }
			if ($fits) { New-VmObject $state $vm }
		}
	} @{ Name = $Name; Id = $(if ($PSBoundParameters.ContainsKey('Id')) { $Id.ToString() }) })
	if ($found.Count -eq 0 -and $PSBoundParameters.Count -gt 0 -and ($PSBoundParameters.ContainsKey('Id') -or $Name)) {
		Stop-Fake $PSCmdlet 'InvalidParameter' 'InvalidArgument' "Hyper-V konnte keinen virtuellen Computer finden: $Name$Id"
	}
	$found
}

function Get-VMHost {
	[CmdletBinding()]
	param()
	[PSCustomObject]@{ Name = 'hv01' }
}

function Get-VMSnapshot {
	[CmdletBinding(DefaultParameterSetName = 'VMName')]
	param([Parameter(ParameterSetName = 'VMName', Position = 0)][string[]]$VMName, [Parameter(ParameterSetName = 'VM')]$VM,
		[Parameter(ParameterSetName = 'Id')][guid]$Id)
	Add-Call
	$mark = @{ VMName = $VMName; VM = $(if ($VM) { $VM.Id.ToString() }); Id = $(if ($PSBoundParameters.ContainsKey('Id')) { $Id.ToString() }) }
	Read-State {
		param($state, $want)
		foreach ($vm in @(Get-Shown $state) + @($state.Planned | Where-Object { $want.VM })) {
			if ($want.VM -and $vm.Id -ne $want.VM) { continue }
			if ($want.VMName -and @($want.VMName | Where-Object { $vm.Name -like $_ }).Count -eq 0) { continue }
			foreach ($one in $vm.Checkpoints) {
				if (-not $want.Id -or $one.Id -eq $want.Id) { New-SnapshotObject $state $vm $one }
			}
		}
	} $mark
}

# The few rows of WMI that the agent asks for.
function Get-CimInstance {
	[CmdletBinding()]
	param([string]$Namespace, [string]$Query)
	if ($Query -like 'ASSOCIATORS OF*Msvm_ConcreteJob') { return Get-ConcreteJobs $Query }
	$class = ($Query -split ' FROM ')[1] -replace ' .*', ''
	$name = [regex]::Match($Query, "WHERE Name='([^']*)'").Groups[1].Value
	switch ($class) {
		'Win32_OperatingSystem' { [PSCustomObject]@{ Version = '10.0.20348' } }
		'Win32_ComputerSystemProduct' { [PSCustomObject]@{ UUID = '4C4C4544-0042-3510-8054-B7C04F4B4E31' } }
		'Win32_Service' { [PSCustomObject]@{ State = 'Running' } }
		'Win32_Volume' {
			[PSCustomObject]@{ Name = 'C:\'; FreeSpace = (Read-State { param($state) $state.Free }) }
			[PSCustomObject]@{ Name = 'D:\'; FreeSpace = [long]1099511627776 }
		}
		'Msvm_ComputerSystem' {
			Read-State {
				param($state)
				foreach ($vm in (Get-Shown $state)) {
					if ($name -and $vm.Id -ne $name) { continue }
					[PSCustomObject]@{ Name = $vm.Id.ToUpperInvariant(); ElementName = $vm.Name; EnabledState = $vm.State; HealthState = 5
						OtherEnabledState = ''; OperationalStatus = (Get-OperationalStatus $state $vm)
						StatusDescriptions = @((Get-StatusText $state $vm)) }
				}
			}
		}
		'Msvm_VirtualSystemManagementService' { [PSCustomObject]@{ CreationClassName = 'Msvm_VirtualSystemManagementService' } }
		'Msvm_VirtualSystemSettingData' {
			Read-State {
				param($state)
				foreach ($vm in (Get-Shown $state)) {
					[PSCustomObject]@{ InstanceID = "Microsoft:$($vm.Id)"; VirtualSystemIdentifier = $vm.Id; Parent = $vm.Parent
						ElementName = $vm.Name; VirtualSystemType = 'Microsoft:Hyper-V:System:Realized'; IsSaved = $false }
					foreach ($one in $vm.Checkpoints) {
						[PSCustomObject]@{ InstanceID = "Microsoft:$($one.Id)"; VirtualSystemIdentifier = $vm.Id; Parent = $one.Parent
							ElementName = $one.Name; VirtualSystemType = 'Microsoft:Hyper-V:Snapshot:Realized'; IsSaved = $one.State }
					}
				}
			}
		}
		default { Stop-Fake $PSCmdlet 'HRESULT 0x80041010' 'MetadataError' "Ungueltige Klasse: $class" }
	}
}

# --- changing --------------------------------------------------------------------------------------------------------

function Set-VM {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [CheckpointType]$CheckpointType)
	if (-not $PSCmdlet.ShouldProcess($VM.Name)) { return }
	Use-State {
		param($state, $one)
		($state.Vms | Where-Object { $_.Id -eq $one.Id }).CheckpointType = $one.Type
	} @{ Id = $VM.Id.ToString(); Type = [string]$CheckpointType }
}

function Get-Real($Cmdlet, $VM) {
	$real = Read-State { param($state, $id) $state.Vms | Where-Object { $_.Id -eq $id } | ForEach-Object { $_.Clone() } } $VM.Id.ToString()
	if (-not $real) { Stop-Fake $Cmdlet 'ObjectNotFound' 'ObjectNotFound' 'Der virtuelle Computer wurde nicht gefunden.' }
	if ($real.Job) { Stop-WrongState $Cmdlet }
	return $real
}

function Start-VM {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM)
	$real = Get-Real $PSCmdlet $VM
	if ($real.State -eq 'Running') { Write-Warning 'Der virtuelle Computer befindet sich bereits im angegebenen Zustand.'; return }
	if ('Off', 'Saved', 'Paused' -notcontains $real.State) { Stop-WrongState $PSCmdlet }
	if ($PSCmdlet.ShouldProcess($real.Name)) { Invoke-Job $real.Id @{ Kind = 'Power'; To = 'Running'; During = 'Starting' } }
}

function Stop-VM {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [switch]$TurnOff, [switch]$Force)
	$real = Get-Real $PSCmdlet $VM
	if ($real.State -eq 'Off') { Write-Warning 'Der virtuelle Computer befindet sich bereits im angegebenen Zustand.'; return }
	$may = if ($TurnOff) { 'Running', 'Paused', 'Saved' } else { , 'Running' }
	if ($may -notcontains $real.State) { Stop-WrongState $PSCmdlet }
	if (-not $PSCmdlet.ShouldProcess($real.Name)) { return }
	if (-not $TurnOff -and -not $real.Shutdown -and -not $Force -and -not $PSCmdlet.ShouldContinue('Ausschalten?', $real.Name)) { return }
	Invoke-Job $real.Id @{ Kind = 'Power'; To = 'Off'; During = 'Stopping' }
}

# Returns how the checkpoint will be made: with memory or not; fails the way the host would.
function Get-CreateMode($Cmdlet, $Real) {
	if ($Real.CheckpointType -eq 'Disabled') { Stop-Fake $Cmdlet 'OperationFailed' 'NotSpecified' 'Pruefpunkte wurden deaktiviert.' }
	if ('Running', 'Paused', 'Off', 'Saved' -notcontains $Real.State) { Stop-WrongState $Cmdlet }
	if ($Real.Checkpoints.Count -ge 50) { Stop-Fake $Cmdlet 'OperationFailed' 'NotSpecified' 'Die maximale Anzahl ist erreicht.' }
	$faults = Read-State { param($state) $state.Faults }
	if ($faults['disk-full']) { Stop-Fake $Cmdlet 'OperationFailed' 'NotSpecified' 'Es ist nicht genuegend Speicherplatz vorhanden. (0x80070070)' }
	if ($faults['storage-gone']) { Stop-Fake $Cmdlet 'OperationFailed' 'NotSpecified' 'Der Datentraeger fehlt. (0x800703EE)' }
	if ($Real.State -eq 'Off') { return $false }
	$quiesced = $Real.Vss -and -not $faults['vss']
	if ($Real.CheckpointType -eq 'ProductionOnly' -and -not $quiesced) {
		Stop-Fake $Cmdlet 'OperationFailed' 'NotSpecified' "Fuer '$($Real.Name)' koennen keine Produktionspruefpunkte erstellt werden."
	}
	return $Real.CheckpointType -eq 'Standard' -or -not $quiesced -or $Real.State -ne 'Running'
}

function Checkpoint-VM {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [ValidateLength(1, 100)][string]$SnapshotName, [switch]$Passthru)
	$real = Get-Real $PSCmdlet $VM
	$memory = Get-CreateMode $PSCmdlet $real
	if (-not $PSCmdlet.ShouldProcess($real.Name)) { return }
	$id = [guid]::NewGuid().ToString()
	Invoke-Job $real.Id @{ Kind = 'Create'; Id = $id; Memory = $memory; Type = 'Standard'; Auto = $false }
	Invoke-Death 'unnamed'
	if ($SnapshotName) { Rename-Real $id $SnapshotName }
	Invoke-Death 'created'
	if ($Passthru) { Get-VMSnapshot -Id ([guid]$id) }
}

function Rename-Real([string]$Id, [string]$Name) {
	Use-State {
		param($state, $one)
		foreach ($vm in $state.Vms) { foreach ($node in $vm.Checkpoints) { if ($node.Id -eq $one.Id) { $node.Name = $one.Name } } }
	} @{ Id = $Id; Name = $Name }
}

function Rename-VMSnapshot {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VMSnapshot, [Parameter(Mandatory)][string]$NewName)
	if ($PSCmdlet.ShouldProcess($VMSnapshot.Name)) { Rename-Real $VMSnapshot.Id.ToString() $NewName }
}

function Restore-VMSnapshot {
	[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High', DefaultParameterSetName = 'Name')]
	param([Parameter(ParameterSetName = 'Name', Position = 0)][string]$Name, [Parameter(ParameterSetName = 'Name', Position = 1)][string]$VMName,
		[Parameter(ParameterSetName = 'Object')]$VMSnapshot)
	if (-not $VMSnapshot) {
		$fits = @(Get-VMSnapshot -VMName $VMName | Where-Object { $_.Name -like $Name })
		if ($fits.Count -eq 0) { Stop-Fake $PSCmdlet 'SnapshotNotFound' 'ObjectNotFound' 'Kein Pruefpunkt.' }
		if ($fits.Count -gt 1) { Stop-Fake $PSCmdlet 'MoreThanOneSnapshotFound' 'InvalidArgument' 'Mehrere Pruefpunkte.' }
		$VMSnapshot = $fits[0]
	}
	$real = Get-Real $PSCmdlet @{ Id = $VMSnapshot.VMId }
	if ('Running', 'Paused', 'Off', 'Saved' -notcontains $real.State) { Stop-WrongState $PSCmdlet }
	if (-not $PSCmdlet.ShouldProcess($VMSnapshot.Name)) { return }
	if ('Running', 'Paused' -contains $real.State) { Invoke-Job $real.Id @{ Kind = 'Power'; To = 'Saved'; During = 'Saving' } }
	Invoke-Job $real.Id @{ Kind = 'Apply'; Checkpoint = $VMSnapshot.Id.ToString() }
	Invoke-Death 'applied'
	$now = Get-Real $PSCmdlet @{ Id = $VMSnapshot.VMId }
	if ($real.State -eq 'Running' -and $now.State -eq 'Saved') { Invoke-Job $real.Id @{ Kind = 'Power'; To = 'Running'; During = 'Starting' } }
}

function Remove-VMSnapshot {
	[CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Name')]
	param([Parameter(ParameterSetName = 'Name', Position = 0)][string[]]$VMName, [Parameter(ParameterSetName = 'Name', Position = 1)][string[]]$Name = '*',
		[Parameter(ParameterSetName = 'Object')][object[]]$VMSnapshot)
	if (-not $VMSnapshot) { $VMSnapshot = @(Get-VMSnapshot -VMName $VMName | Where-Object { $one = $_; $Name | Where-Object { $one.Name -like $_ } }) }
	foreach ($one in $VMSnapshot) {
		$real = Get-Real $PSCmdlet @{ Id = $one.VMId }
		if ($PSCmdlet.ShouldProcess($one.Name)) { Invoke-Job $real.Id @{ Kind = 'Delete'; Checkpoint = $one.Id.ToString() } }
		Invoke-Death 'removed'
	}
}
