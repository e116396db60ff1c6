# VMs that leave a host and come back: export with its job, reading an export as a planned VM, import in place, removal.
# An export goes on without the one who asked for it, and leaves its files where it was stopped.

function Get-JobPercent($Job) {
	$all = [Math]::Max([long]1, [long]($Job.Until - $Job.From))
	return [int][Math]::Max(0, [Math]::Min(99, [Math]::Floor(100.0 * ((Get-Now) - $Job.From) / $all)))
}

# --- export ----------------------------------------------------------------------------------------------------------

# A file of a chain, and those below it, into the export. Returns the copy's path.
function Copy-Chain($State, [string]$Layer, [string]$Folder) {
	$one = $State.Layers[$Layer]
	$path = "$Folder\Virtual Hard Disks\" + ($one.Path -replace '^.*\\', '')
	if (Test-DiskFile $path) { return $path }
	$parent = ''
	if ($one.Parent) { $parent = Copy-Chain $State $one.Parent $Folder }
	Write-DiskFile $path @{ Size = $one.Size; Bytes = $one.Bytes; ParentPath = $parent; DiskId = $one.DiskId; Content = $one.Content }
	return $path
}

function Complete-Export($State, $Vm, $Job) {
	foreach ($fault in @('disk-full', '(0x80070070)'), @('storage-gone', '(0x800703EE)')) {
		if ($State.Faults[$fault[0]]) {
			$State.Outcomes[$Job.Id] = "Fehler beim Kopieren $($fault[1])"
			return
		}
	}
	$folder = "$($Job.Folder)\$($Vm.Name)"
	New-Folder "$folder\Virtual Hard Disks"
	$copy = { param($layer) $(if ($Job.Disks) { Copy-Chain $State $layer $folder } else { $State.Layers[$layer].Path }) }
	foreach ($one in $Vm.Checkpoints) {
		$frozen = @{}
		foreach ($name in @($one.Frozen.Keys)) { $frozen[$name] = & $copy $one.Frozen[$name] }
		$definition = $one.Clone()
		$definition.Frozen = $frozen
		Write-Definition "$folder\Snapshots\$($one.Id.ToUpperInvariant()).vmcx" $definition
	}
	$definition = $Vm.Clone()
	$definition.Job = $null
	$definition.Checkpoints = @()
	$definition.State = $(if ('Running', 'Saved' -contains $Vm.State) { 'Saved' } else { 'Off' })
	$definition.Disks = @(foreach ($disk in $Vm.Disks) {
		$copied = $disk.Clone()
		$copied.Top = & $copy $disk.Top
		$copied
	})
	Write-Definition "$folder\Virtual Machines\$($Vm.Id.ToUpperInvariant()).vmcx" $definition
	[IO.File]::Delete((Get-Local "$folder\Virtual Hard Disks\~copying"))
	Invoke-Damage $State $Vm $folder
	$State.Outcomes[$Job.Id] = 'Completed'
}

# What went wrong with an export that says that all is well.
function Invoke-Damage($State, $Vm, [string]$Folder) {
	if ($State.Faults['export-short']) {
		$path = [IO.Directory]::GetFiles((Get-Local "$Folder\Virtual Hard Disks"))[0]
		$file = [IO.File]::OpenWrite($path)
		$file.SetLength($file.Length / 2)
		$file.Dispose()
	}
	if ($State.Faults['export-loses-checkpoint']) { [IO.File]::Delete([IO.Directory]::GetFiles((Get-Local "$Folder\Snapshots"))[0]) }
	if ($State.Faults['export-moves-pointer']) {
		$path = "$Folder\Virtual Machines\$($Vm.Id.ToUpperInvariant()).vmcx"
		$definition = Read-Definition $path
		$definition.Parent = $null
		Write-Definition $path $definition
	}
}

function Start-Export($State, $Vm, [string]$Folder, [bool]$Disks) {
	$id = [guid]::NewGuid().ToString()
	New-Folder "$Folder\$($Vm.Name)\Virtual Hard Disks"
	[IO.File]::WriteAllText((Get-Local "$Folder\$($Vm.Name)\Virtual Hard Disks\~copying"), 'half of it')
	Start-HostJob $State $Vm @{ Kind = 'Export'; Id = $id; Folder = $Folder; Disks = $Disks }
	return $id
}

function Stop-Export([string]$Id) {
	Use-State {
		param($state, $id)
		foreach ($vm in $state.Vms) {
			if ($vm.Job -and $vm.Job.Id -eq $id -and $vm.Job.Kind -eq 'Export') {
				$vm.Job = $null
				$state.Outcomes[$id] = 'Stopped'
			}
		}
	} $Id
}

function Get-ExportState([string]$Id) {
	$outcome = Read-State { param($state, $id) $state.Outcomes[$id] } $Id
	if (-not $outcome) { return 'Running' }
	Invoke-Death 'exported'
	if ('Completed', 'Stopped' -contains $outcome) { return $outcome }
	return 'Failed'
}

# As much of a job as its owner sees.
function New-ExportJob([string]$Id) {
	$job = [PSCustomObject]@{ Id = $Id; Name = 'Export-VM'; ChildJobs = @() }
	$job.PSObject.Properties.Add([Management.Automation.PSScriptProperty]::new('State', { Get-ExportState $this.Id }))
	$job.PSObject.Properties.Add([Management.Automation.PSScriptProperty]::new('Progress', {
		$percent = Read-State { param($state, $id) foreach ($vm in $state.Vms) { if ($vm.Job -and $vm.Job.Id -eq $id) { Get-JobPercent $vm.Job } } } $this.Id
		if ($null -ne $percent) { [PSCustomObject]@{ PercentComplete = $percent } }
	}))
	$job.PSObject.Properties.Add([Management.Automation.PSScriptProperty]::new('Error', {
		if ($this.State -eq 'Failed') {
			$why = Read-State { param($state, $id) $state.Outcomes[$id] } $this.Id
			[Management.Automation.ErrorRecord]::new([Exception]::new($why), 'OperationFailed', 'NotSpecified', $null)
		}
	}))
	$job.PSObject.Methods.Add([Management.Automation.PSScriptMethod]::new('StopJob', { Stop-Export $this.Id }))
	return $job
}

function Export-VM {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [Parameter(Mandatory)][string]$Path, [switch]$AsJob)
	$real = Get-Real $PSCmdlet $VM
	if ('Running', 'Off', 'Saved' -notcontains $real.State) { Stop-WrongState $PSCmdlet }
	if ([IO.Directory]::Exists((Get-Local "$Path\$($real.Name)"))) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070050)' }
	if (-not $PSCmdlet.ShouldProcess($real.Name)) { return }
	$id = Use-State {
		param($state, $one)
		Start-Export $state ($state.Vms | Where-Object { $_.Id -eq $one.Vm }) $one.Path $true
	} @{ Vm = $real.Id; Path = $Path }
	Invoke-Death 'exporting'
	$job = New-ExportJob $id
	if ($AsJob) { return $job }
	while ($job.State -eq 'Running') { [Threading.Thread]::Sleep(10) }
	if ($job.State -ne 'Completed') { $PSCmdlet.ThrowTerminatingError($job.Error) }
}

# --- the same by WMI -------------------------------------------------------------------------------------------------

function Get-ConcreteJobs([string]$Query) {
	$id = [regex]::Match($Query, "Name='([0-9A-Fa-f-]{36})'").Groups[1].Value
	Read-State {
		param($state, $id)
		foreach ($vm in $state.Vms) {
			if ($vm.Id -eq $id -and $vm.Job -and $vm.Job.Kind -eq 'Export') {
				[PSCustomObject]@{ InstanceID = $vm.Job.Id; JobType = 62; JobState = 4; Cancellable = $true }
			}
		}
	} $id
}

function Invoke-CimMethod {
	[CmdletBinding()]
	param($InputObject, [string]$MethodName, $Arguments)
	if ($MethodName -eq 'RequestStateChange') {
		Stop-Export $InputObject.InstanceID
		return [PSCustomObject]@{ ReturnValue = [uint32]4096 }
	}
	if ($MethodName -ne 'ExportSystemDefinition') { Stop-Fake $PSCmdlet 'HRESULT 0x80041008' 'InvalidArgument' $MethodName }
	$settings = [xml]$Arguments.ExportSettingData
	$told = @{}
	foreach ($one in $settings.INSTANCE.PROPERTY) { $told[$one.NAME] = $one.VALUE }
	if ($told.CopyVmStorage -ne 'FALSE' -or $told.CreateVmExportSubdirectory -ne 'TRUE') { return [PSCustomObject]@{ ReturnValue = [uint32]32773 } }
	Use-State {
		param($state, $one)
		$vm = $state.Vms | Where-Object { $_.Id -eq $one.Vm }
		if ($vm.Job) { return [PSCustomObject]@{ ReturnValue = [uint32]32775 } }
		$null = Start-Export $state $vm $one.Path $false
		[PSCustomObject]@{ ReturnValue = [uint32]4096 }
	} @{ Vm = $Arguments.ComputerSystem.Name; Path = $Arguments.ExportDirectory }
}

# --- reading and import ----------------------------------------------------------------------------------------------

# A definition with the checkpoints beside it, as a VM whose disks are files. `Fresh`: with ids of its own.
function Read-Export([string]$Path, [bool]$Fresh) {
	$vm = Read-Definition $Path
	$folder = Get-ParentFolder (Get-ParentFolder $Path)
	$vm.Checkpoints = @()
	$snapshots = Get-Local "$folder\Snapshots"
	if ([IO.Directory]::Exists($snapshots)) {
		$vm.Checkpoints = @(foreach ($file in [IO.Directory]::GetFiles($snapshots, '*.vmcx')) {
			Read-Definition ("$folder\Snapshots\" + [IO.Path]::GetFileName($file))
		})
	}
	$keys = [long[]]@($vm.Checkpoints | ForEach-Object { ([DateTime]$_.Created).Ticks })
	$sorted = [object[]]@($vm.Checkpoints)
	[Array]::Sort($keys, $sorted)
	$vm.Checkpoints = $sorted
	$vm.Folder = $folder
	$vm.Config = $Path
	if (-not $Fresh) { return $vm }
	$ids = @{}
	foreach ($one in $vm.Checkpoints) { $ids[$one.Id] = [guid]::NewGuid().ToString() }
	foreach ($one in $vm.Checkpoints) {
		$one.Id = $ids[$one.Id]
		if ($one.Parent) { $one.Parent = $ids[$one.Parent] }
		$one.Type = 'Planned'
	}
	if ($vm.Parent) { $vm.Parent = $ids[$vm.Parent] }
	$vm.Id = [guid]::NewGuid().ToString()
	$vm.Planned = $true
	return $vm
}

function Get-MissingFiles($Vm) {
	$paths = @($Vm.Disks | ForEach-Object { $_.Top }) + @($Vm.Checkpoints | ForEach-Object { @($_.Frozen.Values) })
	return @($paths | Where-Object { -not (Test-DiskFile $_) })
}

function Compare-VM {
	[CmdletBinding(DefaultParameterSetName = 'Register')]
	param([Parameter(Mandatory, Position = 0)][string]$Path, [Parameter(ParameterSetName = 'Register')][switch]$Register,
		[Parameter(ParameterSetName = 'Copy')][switch]$Copy, [Parameter(ParameterSetName = 'Copy')][switch]$GenerateNewId)
	if (-not [IO.File]::Exists((Get-Local $Path))) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070002)' }
	try {
		$vm = Read-Export $Path $GenerateNewId
	} catch {
		Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' 'Die Konfiguration kann nicht gelesen werden. (0x8007000D)'
	}
	if (-not $GenerateNewId -and @(Read-State { param($state, $id) Get-Shown $state | Where-Object { $_.Id -eq $id } } $vm.Id).Count -gt 0) {
		Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' 'Der Bezeichner ist bereits vorhanden.'
	}
	$wrong = @(foreach ($path in (Get-MissingFiles $vm)) { [PSCustomObject]@{ MessageId = 40010; Message = "Festplatte fehlt: $path" } })
	$object = Use-State {
		param($state, $vm)
		$vm.Planned = $true
		$state.Planned = @($state.Planned) + $vm
		New-VmObject $state $vm
	} $vm
	Invoke-Death 'compared'
	[PSCustomObject]@{ VM = $object; OperationType = 'ImportVirtualMachine'; Path = $Path; Incompatibilities = $wrong }
}

function Import-VM {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory, Position = 0)][string]$Path, [switch]$Register)
	Invoke-Death 'importing'
	if (-not [IO.File]::Exists((Get-Local $Path))) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070002)' }
	$vm = Read-Export $Path $false
	if (@(Read-State { param($state, $id) Get-Shown $state | Where-Object { $_.Id -eq $id } } $vm.Id).Count -gt 0) {
		Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' 'Der Bezeichner ist bereits vorhanden.'
	}
	if ((Get-MissingFiles $vm).Count -gt 0 -or (Read-State { param($state) $state.Faults })['switch-missing']) {
		Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' 'Konfigurationsfehler. Verwenden Sie Compare-VM.'
	}
	if (-not $PSCmdlet.ShouldProcess($vm.Name)) { return }
	Stop-ForStorage $PSCmdlet
	$object = Use-State {
		param($state, $vm)
		$vm.Planned = $false
		$vm.Gone = $false
		foreach ($disk in $vm.Disks) {
			$disk.Top = Open-Layers $state $disk.Top $disk.Name
			$disk.Folder = Get-ParentFolder $state.Layers[$disk.Top].Path
		}
		foreach ($one in $vm.Checkpoints) {
			foreach ($name in @($one.Frozen.Keys)) { $one.Frozen[$name] = Open-Layers $state $one.Frozen[$name] $name }
		}
		$state.Vms = @($state.Vms) + $vm
		New-VmObject $state $vm
	} $vm
	Invoke-Death 'imported'
	$object
}

# --- removal ---------------------------------------------------------------------------------------------------------

# The definition goes, with those of the checkpoints; disks stay, and what is on them is merged into them by and by.
function Hide-Vm($State, $Vm) {
	if ($Vm.Config) {
		[IO.File]::Delete((Get-Local $Vm.Config))
		$snapshots = Get-Local "$($Vm.Folder)\Snapshots"
		if ([IO.Directory]::Exists($snapshots)) { foreach ($file in [IO.Directory]::GetFiles($snapshots, '*.vmcx')) { [IO.File]::Delete($file) } }
	}
	$Vm.Gone = $true
	$Vm.Id = "gone $($Vm.Id)"
	$Vm.Checkpoints = @()
	$Vm.Parent = $null
	Start-Merges $State $Vm
	$null = Step-State $State
}

function Remove-VM {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [switch]$Force)
	$planned = Read-State { param($state, $id) $state.Planned | Where-Object { $_.Id -eq $id } } $VM.Id.ToString()
	if ($planned) {
		Use-State { param($state, $id) $state.Planned = @($state.Planned | Where-Object { $_.Id -ne $id }) } $planned.Id
		return
	}
	Invoke-Death 'removing'
	$real = Get-Real $PSCmdlet $VM
	if ('Off', 'Saved' -notcontains $real.State) { Stop-WrongState $PSCmdlet }
	if (-not $PSCmdlet.ShouldProcess($real.Name)) { return }
	if (-not $Force -and -not $PSCmdlet.ShouldContinue('Entfernen?', $real.Name)) { return }
	Use-State { param($state, $id) Hide-Vm $state ($state.Vms | Where-Object { $_.Id -eq $id }) } $real.Id
	Invoke-Death 'unregistered'
}
