# The host's state: a file that every process and runspace of a test shares, read and written whole under a lock. What the
# host does takes time, and is finished by whoever looks next: killing the one who asked stops nothing.

$script:StatePath = $env:HVTREE_FAKE_HOST

function Get-Now { return [DateTime]::UtcNow.Ticks }

# Runs a block on the state, alone; what the block changes is kept. Output of the block is the function's.
function Use-State([scriptblock]$Block, $Argument) {
	$lock = $null
	while (-not $lock) {
		try {
			$lock = [IO.FileStream]::new("$script:StatePath.lock", 'OpenOrCreate', 'ReadWrite', 'None')
		} catch [IO.IOException] {
			[Threading.Thread]::Sleep(3)
		}
	}
	try {
		$state = @{ Vms = @(); Layers = @{}; Next = 1; MergeMs = 0; JobMs = 0; Free = [long]536870912000; Faults = @{}; Merges = @{} }
		if ([IO.File]::Exists($script:StatePath)) {
			$state = [Management.Automation.PSSerializer]::Deserialize([IO.File]::ReadAllText($script:StatePath))
		}
		Step-State $state
		& $Block $state $Argument
		$fresh = "$script:StatePath.new"
		[IO.File]::WriteAllText($fresh, [Management.Automation.PSSerializer]::Serialize($state, 12))
		[IO.File]::Move($fresh, $script:StatePath, $true)
	} finally {
		$lock.Dispose()
	}
}

# --- layers of disks -------------------------------------------------------------------------------------------------

function New-Layer($State, $Disk, $Parent, [long]$Bytes) {
	$id = [string]$State.Next++
	$path = "C:\VMs\$($Disk.Name).vhdx"
	if ($Parent) { $path = "C:\VMs\$($Disk.Name)_$([guid]::NewGuid().ToString().ToUpperInvariant()).avhdx" }
	$State.Layers[$id] = @{ Path = $path; Parent = $Parent; Bytes = $Bytes; Content = @{}; Disk = $Disk.Name; Size = $Disk.Size }
	return $id
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
	$State.Layers.Remove($Child)
}

# Files that nothing needs go at once; one with a single successor merges with it, which takes time; with several, it stays.
function Start-Merges($State, $Vm) {
	for ($moved = $true; $moved;) {
		$moved = $false
		foreach ($id in @($State.Layers.Keys)) {
			if ((Test-Held $State $id) -or -not (@($Vm.Disks | ForEach-Object Name) -contains $State.Layers[$id].Disk)) { continue }
			$children = @(Get-Children $State $id)
			if ($children.Count -eq 0) {
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

function Step-Merges($State) {
	foreach ($id in @($State.Merges.Keys)) {
		$merge = $State.Merges[$id]
		if ($merge.Until -gt (Get-Now)) { continue }
		$State.Merges.Remove($id)
		$children = @(if ($State.Layers.ContainsKey($id)) { Get-Children $State $id })
		if ($children.Count -eq 1 -and -not (Test-Held $State $id)) { Merge-Layer $State $id $children[0] }
		$vm = $State.Vms | Where-Object { $_.Id -eq $merge.Vm }
		if ($vm) { Start-Merges $State $vm }
	}
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
	if ($Job.To -eq 'Off') {
		$Vm.Memory = @{}
		$automatic = $Vm.Checkpoints | Where-Object { $_.Id -eq $Vm.Parent -and $_.Auto }
		if ($automatic) { Complete-Delete $State $Vm @{ Checkpoint = $automatic.Id } }
	}
}

function Step-State($State) {
	foreach ($vm in $State.Vms) {
		$job = $vm.Job
		if (-not $job -or $job.Until -gt (Get-Now)) { continue }
		$vm.Job = $null
		if ($job.Fails) { $vm.State = $job.Before }
		& "Complete-$($job.Kind)" $State $vm $job
	}
	Step-Merges $State
}

# Lets the host do something with a VM, and waits until it has. The VM is shown as busy meanwhile.
function Invoke-Job([string]$VmId, $Job) {
	Use-State {
		param($state, $one)
		$vm = $state.Vms | Where-Object { $_.Id -eq $one.Vm }
		$one.Job.Before = $vm.State
		$one.Job.Until = (Get-Now) + $state.JobMs * 10000
		if ($one.Job.During) { $vm.State = $one.Job.During }
		$vm.Job = $one.Job
		Step-State $state
	} @{ Vm = $VmId; Job = $Job }
	while ($true) {
		$busy = Use-State { param($state, $id) ($state.Vms | Where-Object { $_.Id -eq $id }).Job } $VmId
		if (-not $busy) { return }
		[Threading.Thread]::Sleep(10)
	}
}
