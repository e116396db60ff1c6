# The host's state: a file that every process and runspace of a test shares, read and written whole under a lock. What the
# host does takes time, and is finished by whoever looks next: killing the one who asked stops nothing.

$script:StatePath = $env:HVTREE_FAKE_HOST

function Get-Now { return [DateTime]::UtcNow.Ticks }

function New-State {
	return @{ Vms = @(); Planned = @(); Layers = @{}; Next = 1; MergeMs = 0; JobMs = 0; Free = [long]536870912000; Faults = @{}
		Merges = @{}; Outcomes = @{} }
}

# What was read last is kept as long as the file is the same.
function Read-StateFile {
	$file = [IO.FileInfo]::new($script:StatePath)
	if (-not $file.Exists) { return New-State }
	$stamp = "$($file.LastWriteTimeUtc.Ticks) $($file.Length)"
	if ($script:StateStamp -ne $stamp) {
		$script:StateKept = [Management.Automation.PSSerializer]::Deserialize([IO.File]::ReadAllText($script:StatePath))
		$script:StateStamp = $stamp
	}
	return $script:StateKept
}

function Write-StateFile($State) {
	$fresh = "$script:StatePath.new"
	[IO.File]::WriteAllText($fresh, [Management.Automation.PSSerializer]::Serialize($State, 12))
	[IO.File]::Move($fresh, $script:StatePath, $true)
	$file = [IO.FileInfo]::new($script:StatePath)
	$script:StateKept = $State
	$script:StateStamp = "$($file.LastWriteTimeUtc.Ticks) $($file.Length)"
}

# Runs a block on the state, alone; with `Change` what the block changes is kept. Output of the block is the function's.
function Invoke-OnState([scriptblock]$Block, $Argument, [bool]$Change) {
	$lock = $null
	while (-not $lock) {
		try {
			$lock = [IO.FileStream]::new("$script:StatePath.lock", 'OpenOrCreate', 'ReadWrite', 'None')
		} catch [IO.IOException] {
			[Threading.Thread]::Sleep(3)
		}
	}
	try {
		$state = Read-StateFile
		$moved = Step-State $state
		& $Block $state $Argument
		if ($Change -or $moved) { Write-StateFile $state }
	} catch {
		$script:StateStamp = $null
		throw
	} finally {
		$lock.Dispose()
	}
}

function Use-State([scriptblock]$Block, $Argument) { Invoke-OnState $Block $Argument $true }
function Read-State([scriptblock]$Block, $Argument) { Invoke-OnState $Block $Argument $false }

# A dot for each call that asks about one VM, one tree or one disk.
function Add-Call {
	try {
		[IO.File]::AppendAllText("$script:StatePath.calls", '.')
	} catch [IO.IOException] {
		return
	}
}

# The agent's process ends here when a test wants it to.
function Invoke-Death([string]$Place) {
	if (-not (Read-State { param($state, $place) $state.Faults["die-$place"] } $Place)) { return }
	Use-State { param($state, $place) $state.Faults.Remove("die-$place") } $Place
	[Environment]::Exit(137)
}

# --- layers of disks -------------------------------------------------------------------------------------------------

function Save-Layer($State, [string]$Id) {
	$layer = $State.Layers[$Id]
	$parent = $(if ($layer.Parent) { $State.Layers[$layer.Parent].Path } else { '' })
	Write-DiskFile $layer.Path @{ Size = $layer.Size; Bytes = $layer.Bytes; ParentPath = $parent; DiskId = $layer.DiskId
		Content = $layer.Content }
}

function New-Layer($State, $Disk, $Parent, [long]$Bytes) {
	$id = [string]$State.Next++
	$path = "$($Disk.Folder)\$($Disk.Name).vhdx"
	if ($Parent) { $path = "$($Disk.Folder)\$($Disk.Name)_$([guid]::NewGuid().ToString().ToUpperInvariant()).avhdx" }
	$State.Layers[$id] = @{ Path = $path; Parent = $Parent; Bytes = $Bytes; Content = @{}; Disk = $Disk.Name; Size = $Disk.Size
		DiskId = $(if ($Parent) { $State.Layers[$Parent].DiskId } else { Get-IdOf $Disk.Name }) }
	Save-Layer $State $id
	return $id
}

# A file and what it stands on, as layers of a disk of that name. Returns the id of the topmost.
function Open-Layers($State, [string]$Path, [string]$Disk) {
	foreach ($id in @($State.Layers.Keys)) { if ($State.Layers[$id].Path -eq $Path) { return $id } }
	$file = Read-DiskFile $Path
	if (-not $file) { throw "Die Datei fehlt: $Path (0x80070002)" }
	$parent = $null
	if ($file.ParentPath) { $parent = Open-Layers $State $file.ParentPath $Disk }
	$id = [string]$State.Next++
	$State.Layers[$id] = @{ Path = $Path; Parent = $parent; Bytes = $file.Bytes; Content = $file.Content; Disk = $Disk; Size = $file.Size
		DiskId = $file.DiskId }
	return $id
}

# Whether a disk that a VM has stands on the layer.
function Test-Needed($State, [string]$Layer) {
	foreach ($child in @(Get-Children $State $Layer)) { if ((Test-Held $State $child) -or (Test-Needed $State $child)) { return $true } }
	return $false
}

# Layers that no VM has any more; their files stay.
function Close-Layers($State) {
	foreach ($id in @($State.Layers.Keys)) {
		$disk = $State.Layers[$id].Disk
		$owned = @($State.Vms | Where-Object { @($_.Disks | ForEach-Object { $_.Name }) -contains $disk }).Count -gt 0
		if (-not $owned -and -not (Test-Needed $State $id)) { $State.Layers.Remove($id) }
	}
}

# The path of a layer, or of a file that is not a VM's.
function Get-PathOf($State, [string]$Layer) {
	if ($State.Layers.ContainsKey($Layer)) { return $State.Layers[$Layer].Path }
	return $Layer
}

function Get-Children($State, [string]$Layer) {
	return @($State.Layers.Keys | Where-Object { $State.Layers[$_].Parent -eq $Layer })
}

function Test-Held($State, [string]$Layer) {
	foreach ($vm in $State.Vms) {
		foreach ($disk in $vm.Disks) { if ($disk.Top -eq $Layer) { return $true } }
		foreach ($one in $vm.Checkpoints) { if (@($one.Frozen.Values) -contains $Layer) { return $true } }
	}
	return $false
}

# A child's data goes over its parent's, and who stood on the child stands on the parent.
function Merge-Layer($State, [string]$Parent, [string]$Child) {
	foreach ($key in @($State.Layers[$Child].Content.Keys)) {
		$State.Layers[$Parent].Content[$key] = $State.Layers[$Child].Content[$key]
	}
	foreach ($id in @(Get-Children $State $Child)) { $State.Layers[$id].Parent = $Parent }
	foreach ($vm in $State.Vms) {
		foreach ($disk in $vm.Disks) { if ($disk.Top -eq $Child) { $disk.Top = $Parent } }
		foreach ($one in $vm.Checkpoints) {
			foreach ($name in @($one.Frozen.Keys)) { if ($one.Frozen[$name] -eq $Child) { $one.Frozen[$name] = $Parent } }
		}
	}
	Remove-DiskFile $State.Layers[$Child].Path
	$State.Layers.Remove($Child)
	Save-Layer $State $Parent
	foreach ($id in @(Get-Children $State $Parent)) { Save-Layer $State $id }
}

# Files that nothing needs go at once; one with a single successor merges with it, which takes time; with several, it stays.
function Start-Merges($State, $Vm) {
	for ($moved = $true; $moved;) {
		$moved = $false
		foreach ($id in @($State.Layers.Keys)) {
			if ((Test-Held $State $id) -or -not (@($Vm.Disks | ForEach-Object Name) -contains $State.Layers[$id].Disk)) { continue }
			$children = @(Get-Children $State $id)
			if (@($children | Where-Object { $State.Layers[$_].Path -notlike '*.avhdx' }).Count -gt 0) { continue }
			if ($children.Count -eq 0) {
				if ($State.Layers[$id].Path -notlike '*.avhdx') { continue }
				Remove-DiskFile $State.Layers[$id].Path
				$State.Layers.Remove($id)
				$moved = $true
			} elseif ($children.Count -eq 1 -and $State.MergeMs -eq 0) {
				Merge-Layer $State $id $children[0]
				$moved = $true
			} elseif ($children.Count -eq 1 -and -not $State.Merges.ContainsKey($id)) {
				$State.Merges[$id] = @{ Vm = $Vm.Id; From = Get-Now; Until = (Get-Now) + $State.MergeMs * 10000 }
			}
		}
	}
}

# Whether anything moved.
function Step-Merges($State) {
	$moved = $false
	foreach ($id in @($State.Merges.Keys)) {
		$merge = $State.Merges[$id]
		if ($merge.Until -gt (Get-Now)) { continue }
		$moved = $true
		$State.Merges.Remove($id)
		$children = @(if ($State.Layers.ContainsKey($id)) { Get-Children $State $id })
		if ($children.Count -eq 1 -and -not (Test-Held $State $id)) { Merge-Layer $State $id $children[0] }
		$vm = $State.Vms | Where-Object { $_.Id -eq $merge.Vm }
		if ($vm) { Start-Merges $State $vm }
	}
	return $moved
}

# --- jobs ------------------------------------------------------------------------------------------------------------

function Complete-Create($State, $Vm, $Job) {
	if ($Job.Fails) { return }
	$frozen = @{}
	foreach ($disk in $Vm.Disks) {
		$frozen[$disk.Name] = $disk.Top
		$disk.Top = New-Layer $State $disk $disk.Top 4194304
	}
	$saved = $Job.Memory
	$memory = @{}
	if ($saved) { foreach ($key in @($Vm.Memory.Keys)) { $memory[$key] = $Vm.Memory[$key] } }
	$name = "$($Vm.Name) - ($([DateTime]::Now.ToString('M/d/yyyy - h:mm:ss tt', [Globalization.CultureInfo]::InvariantCulture)))"
	$Vm.Checkpoints = @($Vm.Checkpoints) + @{ Id = $Job.Id; Name = $name; Parent = $Vm.Parent; Type = $Job.Type; Auto = $Job.Auto
		State = $(if ($saved) { 'Saved' } else { 'Off' }); Created = [DateTime]::Now; Frozen = $frozen; Memory = $memory
		Cpus = $Vm.Cpus; MemoryBytes = $Vm.MemoryBytes }
	$Vm.Parent = $Job.Id
}

function Complete-Apply($State, $Vm, $Job) {
	$checkpoint = $Vm.Checkpoints | Where-Object { $_.Id -eq $Job.Checkpoint }
	foreach ($disk in $Vm.Disks) { $disk.Top = New-Layer $State $disk $checkpoint.Frozen[$disk.Name] 4194304 }
	$Vm.Memory = @{}
	foreach ($key in @($checkpoint.Memory.Keys)) { $Vm.Memory[$key] = $checkpoint.Memory[$key] }
	$Vm.State = $checkpoint.State
	$Vm.Parent = $checkpoint.Id
	$Vm.Cpus = $checkpoint.Cpus
	$Vm.MemoryBytes = $checkpoint.MemoryBytes
	Start-Merges $State $Vm
}

function Complete-Delete($State, $Vm, $Job) {
	$gone = $Vm.Checkpoints | Where-Object { $_.Id -eq $Job.Checkpoint }
	if (-not $gone) { return }
	$Vm.Checkpoints = @($Vm.Checkpoints | Where-Object { $_.Id -ne $gone.Id })
	foreach ($one in $Vm.Checkpoints) { if ($one.Parent -eq $gone.Id) { $one.Parent = $gone.Parent } }
	if ($Vm.Parent -eq $gone.Id) { $Vm.Parent = $gone.Parent }
	Start-Merges $State $Vm
}

function Complete-Power($State, $Vm, $Job) {
	$Vm.State = $Job.To
	if ($Job.To -eq 'Running') { foreach ($disk in $Vm.Disks) { Save-Layer $State $disk.Top } }
	if ($Job.To -eq 'Off') {
		$Vm.Memory = @{}
		$automatic = $Vm.Checkpoints | Where-Object { $_.Id -eq $Vm.Parent -and $_.Auto }
		if ($automatic) { Complete-Delete $State $Vm @{ Checkpoint = $automatic.Id } }
	}
}

# VMs that were removed are there, unseen, until their disks are merged.
function Step-Gone($State) {
	$gone = @($State.Vms | Where-Object { $_.Gone -and -not $_.Job })
	$moved = $false
	foreach ($vm in $gone) {
		if (@($State.Merges.Values | Where-Object { $_.Vm -eq $vm.Id }).Count -gt 0) { continue }
		$State.Vms = @($State.Vms | Where-Object { $_ -ne $vm })
		$moved = $true
	}
	if ($moved) { Close-Layers $State }
	return $moved
}

# Whether anything moved.
function Step-State($State) {
	$moved = $false
	foreach ($vm in $State.Vms) {
		$job = $vm.Job
		if (-not $job -or $job.Until -gt (Get-Now)) { continue }
		$moved = $true
		$vm.Job = $null
		if ($job.Fails) { $vm.State = $job.Before }
		$null = & "Complete-$($job.Kind)" $State $vm $job
	}
	$merged = Step-Merges $State
	$gone = Step-Gone $State
	return $moved -or $merged -or $gone
}

# Something that the host does with a VM from now on. The VM is shown as busy meanwhile.
function Start-HostJob($State, $Vm, $Job) {
	$Job.Before = $Vm.State
	$Job.From = Get-Now
	$Job.Until = (Get-Now) + $State.JobMs * 10000
	if ($Job.During) { $Vm.State = $Job.During }
	$Vm.Job = $Job
	$null = Step-State $State
}

# Lets the host do something with a VM, and waits until it has.
function Invoke-Job([string]$VmId, $Job) {
	Use-State {
		param($state, $one)
		Start-HostJob $state ($state.Vms | Where-Object { $_.Id -eq $one.Vm }) $one.Job
	} @{ Vm = $VmId; Job = $Job }
	while ($true) {
		$busy = Read-State { param($state, $id) ($state.Vms | Where-Object { $_.Id -eq $id }).Job } $VmId
		if (-not $busy) { return }
		[Threading.Thread]::Sleep(10)
	}
}
