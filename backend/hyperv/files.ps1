# Files and folders of the host, by their Windows paths. Where there are no drive letters HVTREE_AGENT_DRIVES names the
# folder that stands for them. Disks are only looked at from outside here; files that a VM uses are never removed.

function Get-HvLocal([string]$Path) {
	if (-not $env:HVTREE_AGENT_DRIVES) { return $Path }
	return $env:HVTREE_AGENT_DRIVES + '/' + $Path.TrimStart([char]92).Replace(':', '').Replace([string][char]92, '/')
}

function Join-HvPath([string]$Folder, [string]$Name) {
	return $Folder.TrimEnd([char]92) + '\' + $Name
}

function Get-HvFolderOf([string]$Path) {
	return $Path.Substring(0, [Math]::Max(0, $Path.LastIndexOf([char]92)))
}

function Test-HvSamePath([string]$One, [string]$Other) {
	return [string]::Equals($One.TrimEnd([char]92), $Other.TrimEnd([char]92), [StringComparison]::OrdinalIgnoreCase)
}

# Whether the path lies in the folder, or is the folder.
function Test-HvInside([string]$Path, [string]$Folder) {
	if (-not $Path -or -not $Folder) { return $false }
	return ($Path.TrimEnd([char]92) + '\').StartsWith($Folder.TrimEnd([char]92) + '\', [StringComparison]::OrdinalIgnoreCase)
}

function Test-HvFile([string]$Path) {
	return [IO.File]::Exists((Get-HvLocal $Path))
}

function Test-HvFolder([string]$Path) {
	return [IO.Directory]::Exists((Get-HvLocal $Path))
}

# What changes when somebody writes to a file; $null when there is none.
function Get-HvStamp([string]$Path) {
	$file = [IO.FileInfo]::new((Get-HvLocal $Path))
	if (-not $file.Exists) { return $null }
	return @{ length = [long]$file.Length; written = (ConvertTo-HvTime $file.LastWriteTimeUtc) }
}

# SHA-256 of a small file.
function Get-HvHash([string]$Path) {
	$algorithm = [Security.Cryptography.SHA256]::Create()
	try {
		return [BitConverter]::ToString($algorithm.ComputeHash([IO.File]::ReadAllBytes((Get-HvLocal $Path)))).Replace('-', '')
	} finally {
		$algorithm.Dispose()
	}
}

# Paths of all files below a folder.
function Get-HvFilesBelow([string]$Folder) {
	$local = Get-HvLocal $Folder
	if (-not [IO.Directory]::Exists($local)) { return , @() }
	return , @(foreach ($path in [IO.Directory]::GetFiles($local, '*', [IO.SearchOption]::AllDirectories)) {
		Join-HvPath $Folder $path.Substring($local.Length).TrimStart([char[]]@(47, 92)).Replace('/', '\')
	})
}

# Somebody may still hold a file for a moment: the host's own job, a virus scanner.
function Invoke-HvPatiently([scriptblock]$Deed, [string]$Path) {
	for ($try = 1; ; $try++) {
		try {
			& $Deed $Path
			return
		} catch [IO.DirectoryNotFoundException] {
			return
		} catch [IO.IOException], [UnauthorizedAccessException] {
			if ($try -ge 40) { throw }
			Wait-HvMoment 250
		}
	}
}

function Remove-HvFile([string]$Path) {
	Invoke-HvPatiently { param($path) [IO.File]::Delete($path) } (Get-HvLocal $Path)
}

function Remove-HvFolder([string]$Path) {
	if (Test-HvFolder $Path) { Invoke-HvPatiently { param($path) [IO.Directory]::Delete($path, $true) } (Get-HvLocal $Path) }
}

# Folders below and the folder itself, as far as they hold no file.
function Remove-HvEmptyFolders([string]$Path) {
	$local = Get-HvLocal $Path
	if (-not [IO.Directory]::Exists($local)) { return }
	$folders = @([IO.Directory]::GetDirectories($local, '*', [IO.SearchOption]::AllDirectories)) + $local
	foreach ($folder in ($folders | ForEach-Object { '{0:d5} {1}' -f (99999 - $_.Length), $_ } | Get-HvInOrder)) {
		$empty = $folder.Substring(6)
		if ([IO.Directory]::GetFileSystemEntries($empty).Length -eq 0) { [IO.Directory]::Delete($empty) }
	}
}

# Texts in ordinal order.
function Get-HvInOrder {
	begin { $texts = [Collections.Generic.List[string]]::new() }
	process { $texts.Add([string]$_) }
	end {
		$texts.Sort([StringComparer]::Ordinal)
		$texts
	}
}

# --- volumes ---------------------------------------------------------------------------------------------------------

# The volume that a path lies on: the one with the longest mount point; $null when there is none.
function Find-HvVolume($Volumes, [string]$Path) {
	$best = $null
	foreach ($volume in $Volumes) {
		$fits = $Path.StartsWith($volume.Root, [StringComparison]::OrdinalIgnoreCase)
		if ($fits -and (-not $best -or $volume.Root.Length -gt $best.Root.Length)) { $best = $volume }
	}
	return $best
}

# Where exports and copies of a VM go: on the volume of its first disk, unless the host's owner says otherwise.
function Get-HvStorageFolder($Vm) {
	if ($env:HVTREE_AGENT_STORAGE) { return Join-HvPath $env:HVTREE_AGENT_STORAGE 'hvtree' }
	$path = [string](Get-HvPaths $Vm | Select-HvFirst)
	if (-not $path) { $path = [string]$Vm.ConfigurationLocation }
	$volume = Find-HvVolume (Get-HvVolumes) $path
	if (-not $volume) { Stop-Hv 'StorageGone' "The volume of '$path' is not there" }
	return Join-HvPath $volume.Root 'hvtree'
}

# A little more than what is needed must be free: the file system wants some for itself.
function Assert-HvSpace([string]$Folder, [long]$Needed) {
	$volume = Find-HvVolume (Get-HvVolumes) $Folder
	if (-not $volume -and $Folder -match '^[A-Za-z]:\\') { Stop-Hv 'StorageGone' "The volume of '$Folder' is not there" }
	if ($volume -and $volume.Free -lt $Needed + 67108864) {
		Stop-Hv 'DiskFull' "$Needed bytes are needed on $($volume.Root), $($volume.Free) are free"
	}
}

# --- disks -----------------------------------------------------------------------------------------------------------

# A disk's file and those that it stands on, as the host tells now: nothing kept, nothing guessed. `Partial`: as far as
# the files are there.
function Get-HvChain([string]$Path, [bool]$Partial) {
	$chain = [Collections.ArrayList]::new()
	while ($Path -and $chain.Count -lt 200 -and -not ($Partial -and -not (Test-HvFile $Path))) {
		$file = Hyper-V\Get-VHD -Path $Path -ErrorAction Stop
		$null = $chain.Add(@{ Path = $Path; Size = [long]$file.Size; FileSize = [long]$file.FileSize; Parent = [string]$file.ParentPath
			Type = [string]$file.VhdType; Id = [string]$file.DiskIdentifier })
		$Path = [string]$file.ParentPath
	}
	return , $chain.ToArray()
}

function Test-HvOverlay([string]$Path) {
	return $Path -match '\.avhdx?$'
}

# The files that make up the disks of a VM and of its checkpoints, each once, by path.
function Get-HvFilesOf($Vm, $Checkpoints) {
	$files = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
	foreach ($owner in @($Vm) + @($Checkpoints)) {
		foreach ($path in (Get-HvPaths $owner)) {
			if ($files.ContainsKey($path)) { continue }
			foreach ($file in (Get-HvChain $path)) { $files[$file.Path] = $file }
		}
	}
	return $files
}

# Which VM uses which file or folder: disks with all that they stand on, and where definitions are kept; of VMs that are
# off the host the disks that their definition names, with what those stand on. `Except` is left out.
function Get-HvUsed([string]$Except) {
	$used = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
	$here = @{}
	foreach ($vm in (Get-HvAllVms)) {
		$id = ConvertTo-HvId $vm.Id
		$here[$id] = $true
		if ($id -eq $Except) { continue }
		foreach ($place in $vm.ConfigurationLocation, $vm.SnapshotFileLocation, $vm.SmartPagingFilePath, $vm.Path) {
			if ($place) { $used[[string]$place] = $id }
		}
		foreach ($owner in @($vm) + (Get-HvCheckpoints $vm)) {
			foreach ($path in (Get-HvPaths $owner)) {
				$used[$path] = $id
				foreach ($file in (Get-HvChain $path $true)) { $used[$file.Path] = $id }
			}
		}
	}
	foreach ($record in @(Get-HvRecords)) {
		$export = Get-HvRemoved $record
		if (-not $export -or $here[$record['vm']] -or $record['vm'] -eq $Except) { continue }
		foreach ($disk in @($export['exported']['volumes'])) {
			$used[[string]$disk['path']] = $record['vm']
			foreach ($file in (Get-HvChain ([string]$disk['path']) $true)) { $used[$file.Path] = $record['vm'] }
		}
	}
	return $used
}

function Find-HvUser($Used, [string]$Folder) {
	foreach ($path in @($Used.Keys)) {
		if (Test-HvInside $path $Folder) { return $Used[$path] }
	}
	return $null
}

# The files of a VM that go with it: of each disk the layers down to the first file that is no checkpoint's. What that
# one stands on is somebody else's (a template), except where it lies in a folder that the VM was imported in.
function Get-HvOwnFiles([string]$VmId, $Vm, $Checkpoints) {
	$spent = @((Read-HvRecord $VmId)['spent'])
	$own = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
	foreach ($owner in @($Vm) + @($Checkpoints)) {
		foreach ($path in (Get-HvPaths $owner)) {
			$below = $false
			foreach ($file in (Get-HvChain $path $true)) {
				$ours = @($spent | Where-Object { Test-HvInside $file.Path $_ }).Count -gt 0
				if (-not $below -or $ours) { $own[$file.Path] = $true }
				if (-not (Test-HvOverlay $file.Path)) { $below = $true }
			}
		}
	}
	return , @(@($own.Keys) | Get-HvInOrder)
}
