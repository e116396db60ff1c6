# The cmdlets for virtual disks and for the size of a VM, on the files of files.ps1.

function Get-VHD {
	[CmdletBinding()]
	param([Parameter(Mandatory, Position = 0)][string]$Path)
	Add-Call
	$file = Read-DiskFile $Path
	if (-not $file) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' "'$Path' (0x80070002)" }
	$type = $(if ($file.ParentPath) { 'Differencing' } else { 'Dynamic' })
	[PSCustomObject]@{ Path = $Path; VhdType = [VhdType]$type; Size = [uint64]$file.Size; DiskIdentifier = $file.DiskId.ToUpperInvariant()
		FileSize = [uint64][IO.FileInfo]::new((Get-Local $Path)).Length; ParentPath = $file.ParentPath }
}

function Test-VHD {
	[CmdletBinding()]
	param([Parameter(Mandatory, Position = 0)][string]$Path)
	for ($at = $Path; $at;) {
		$file = Read-DiskFile $at
		if (-not $file -or -not $file.Whole) { return $false }
		$at = $file.ParentPath
	}
	return $true
}

# What goes wrong with the storage, as the host says it.
function Stop-ForStorage($Cmdlet) {
	$faults = Read-State { param($state) $state.Faults }
	if ($faults['disk-full']) { Stop-Fake $Cmdlet 'OperationFailed' 'NotSpecified' 'Es ist nicht genuegend Speicherplatz vorhanden. (0x80070070)' }
	if ($faults['storage-gone']) { Stop-Fake $Cmdlet 'OperationFailed' 'NotSpecified' 'Der Datentraeger fehlt. (0x800703EE)' }
}

function Get-UserOf([string]$Path) {
	return Read-State {
		param($state, $path)
		foreach ($vm in $state.Vms) {
			foreach ($disk in $vm.Disks) {
				for ($id = $disk.Top; $id; $id = $state.Layers[$id].Parent) { if ($state.Layers[$id].Path -eq $path) { $vm } }
			}
		}
	} $Path
}

function New-VHD {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory, Position = 0)][string]$Path, [Parameter(Mandatory)][uint64]$SizeBytes, [switch]$Dynamic)
	if (-not [IO.Directory]::Exists((Get-Local (Get-ParentFolder $Path)))) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070003)' }
	if (Test-DiskFile $Path) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' 'Die Datei ist vorhanden. (0x80070050)' }
	if (-not $PSCmdlet.ShouldProcess($Path)) { return }
	Stop-ForStorage $PSCmdlet
	Write-DiskFile $Path @{ Size = [long]$SizeBytes; Bytes = [long]4194304; ParentPath = ''; DiskId = (Get-IdOf $Path); Content = @{} }
	Invoke-Death 'made'
	Get-VHD $Path
}

function Resize-VHD {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory, Position = 0)][string]$Path, [Parameter(Mandatory)][uint64]$SizeBytes)
	$user = Get-UserOf $Path
	if ($user -and ($user.State -ne 'Off' -or $user.Checkpoints.Count -gt 0)) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070020)' }
	if (-not $PSCmdlet.ShouldProcess($Path)) { return }
	Stop-ForStorage $PSCmdlet
	$file = Read-DiskFile $Path
	$file.Size = [long]$SizeBytes
	$file.Remove('Whole')
	Write-DiskFile $Path $file
	Use-State {
		param($state, $one)
		foreach ($layer in $state.Layers.Values) { if ($layer.Path -eq $one.Path) { $layer.Size = $one.Size } }
	} @{ Path = $Path; Size = [long]$SizeBytes }
	Invoke-Death 'resized'
}

# One file out of a chain. It takes its time, tells how far it is, and grows meanwhile.
function Convert-VHD {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory, Position = 0)][string]$Path, [Parameter(Mandatory)][string]$DestinationPath, [VhdType]$VHDType)
	$file = Read-DiskFile $Path
	if (-not $file) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' "'$Path' (0x80070002)" }
	if (Test-DiskFile $DestinationPath) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070050)' }
	$user = Get-UserOf $Path
	if ($user -and @($user)[0].State -eq 'Running') { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070020)' }
	if (-not $PSCmdlet.ShouldProcess($Path)) { return }
	$copy = @{ Size = $file.Size; Bytes = [long]4194304; ParentPath = ''; DiskId = [guid]::NewGuid().ToString(); Content = @{} }
	Write-DiskFile $DestinationPath $copy
	$ms = Read-State { param($state) $state.JobMs }
	for ($step = 1; $step -le 4; $step++) {
		Stop-ForStorage $PSCmdlet
		$progress = [Management.Automation.ProgressRecord]::new(1, 'Konvertieren', 'laeuft')
		$progress.PercentComplete = $step * 25
		$PSCmdlet.WriteProgress($progress)
		[Threading.Thread]::Sleep([Math]::Max(1, [int]($ms / 4)))
	}
	$copy.Bytes = $file.Bytes
	$copy.Content = Get-FileContent $Path
	if ((Read-State { param($state) $state.Faults })['copy-damaged']) { $copy.Size = [long]1048576 }
	Write-DiskFile $DestinationPath $copy
	Invoke-Death 'converted'
}

function Add-VMHardDiskDrive {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [ControllerType]$ControllerType, [Parameter(Mandatory)][string]$Path, [switch]$Passthru)
	$real = Get-Real $PSCmdlet $VM
	if ('Running', 'Off' -notcontains $real.State) { Stop-WrongState $PSCmdlet }
	if (Get-UserOf $Path) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070020)' }
	if (-not (Test-DiskFile $Path)) { Stop-Fake $PSCmdlet 'OperationFailed' 'NotSpecified' '(0x80070002)' }
	if (-not $PSCmdlet.ShouldProcess($real.Name)) { return }
	Stop-ForStorage $PSCmdlet
	$drive = Use-State {
		param($state, $one)
		$vm = $state.Vms | Where-Object { $_.Id -eq $one.Vm }
		$taken = @($vm.Disks | ForEach-Object { $_.Location })
		$location = @(0..63 | Where-Object { $taken -notcontains $_ })[0]
		$name = ($one.Path -replace '^.*\\', '') -replace '\.a?vhdx?$', ''
		$disk = @{ Name = $name; Folder = (Get-ParentFolder $one.Path); Size = [long]0; Type = 'SCSI'; Location = $location }
		$disk.Top = Open-Layers $state $one.Path $name
		$disk.Size = $state.Layers[$disk.Top].Size
		$vm.Disks = @($vm.Disks) + $disk
		New-DriveObject $state $vm $disk $disk.Top
	} @{ Vm = $real.Id; Path = $Path }
	Invoke-Death 'attached'
	if ($Passthru) { $drive }
}

function Remove-VMHardDiskDrive {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VMHardDiskDrive)
	$real = Get-Real $PSCmdlet @{ Id = $VMHardDiskDrive.VMId }
	if ('Running', 'Off' -notcontains $real.State) { Stop-WrongState $PSCmdlet }
	if (-not $PSCmdlet.ShouldProcess($VMHardDiskDrive.Path)) { return }
	Use-State {
		param($state, $drive)
		$vm = $state.Vms | Where-Object { $_.Id -eq $drive.VMId.ToString() }
		$vm.Disks = @($vm.Disks | Where-Object { $_.Location -ne $drive.ControllerLocation })
		Close-Layers $state
	} $VMHardDiskDrive
	Invoke-Death 'detached'
}

function Set-Size($Cmdlet, $VM, $Sizes) {
	$real = Get-Real $Cmdlet $VM
	if ($real.State -ne 'Off') { Stop-WrongState $Cmdlet }
	if (-not $Cmdlet.ShouldProcess($real.Name)) { return }
	Use-State {
		param($state, $one)
		$vm = $state.Vms | Where-Object { $_.Id -eq $one.Vm }
		foreach ($name in @($one.Sizes.Keys)) { $vm[$name] = [long]$one.Sizes[$name] }
	} @{ Vm = $real.Id; Sizes = $Sizes }
}

function Set-VMProcessor {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [long]$Count)
	Set-Size $PSCmdlet $VM @{ Cpus = $Count }
	Invoke-Death 'scaled'
}

function Set-VMMemory {
	[CmdletBinding(SupportsShouldProcess)]
	param([Parameter(Mandatory)]$VM, [long]$StartupBytes, [long]$MinimumBytes, [long]$MaximumBytes)
	if ($StartupBytes % 2097152 -ne 0) { Stop-Fake $PSCmdlet 'InvalidParameter' 'InvalidArgument' 'Der Speicher muss ein Vielfaches von 2 MB sein.' }
	$sizes = @{ MemoryBytes = $StartupBytes }
	if ($MinimumBytes) { $sizes.MemoryMinimum = $MinimumBytes }
	if ($MaximumBytes) { $sizes.MemoryMaximum = $MaximumBytes }
	Set-Size $PSCmdlet $VM $sizes
}
