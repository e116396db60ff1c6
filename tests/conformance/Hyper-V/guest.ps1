# The hands of the tests: what the guests hold, somebody else's acts, and what goes wrong next. One function, driven by words.

function Get-VmNamed($State, [string]$Name) {
	return $State.Vms | Where-Object { $_.Name -eq $Name -and -not $_.Gone }
}

function Add-FakeVm($State, $Words) {
	$vm = @{ Id = $Words[0]; Name = $Words[1]; State = $Words[2]; Vss = $true; Shutdown = $true; Cpus = 2; MemoryBytes = [long]4294967296
		CheckpointType = 'Production'; Parent = $null; Memory = @{}; Job = $null; Checkpoints = @(); Disks = @(); Gone = $false; Planned = $false
		Dynamic = $false; MemoryMinimum = [long]0; MemoryMaximum = [long]0; Notes = ''; Config = ''; Folder = 'C:\ProgramData\Hyper-V' }
	New-Folder 'C:\VMs'
	$location = 0
	foreach ($name in $Words[3..($Words.Count - 1)]) {
		$disk = @{ Name = "$($Words[1])-$name"; Folder = 'C:\VMs'; Size = [long]107374182400; Type = 'SCSI'; Location = $location++; Top = $null }
		$disk.Top = New-Layer $State $disk $null 42949672960
		$vm.Disks += $disk
	}
	$State.Vms = @($State.Vms) + $vm
}

function Read-Disk($State, $Disk, [string]$Key) {
	for ($id = $Disk.Top; $id; $id = $State.Layers[$id].Parent) {
		if ($State.Layers[$id].Content.ContainsKey($Key)) { return $State.Layers[$id].Content[$Key] }
	}
	return ''
}

# A VM whose disk stands on the base of another one's.
function Add-Clone($State, $Vm, [string]$Id, [string]$Name) {
	$base = $Vm.Disks[0].Top
	while ($State.Layers[$base].Parent) { $base = $State.Layers[$base].Parent }
	$path = "C:\VMs\$Name.vhdx"
	Write-DiskFile $path @{ Size = $State.Layers[$base].Size; Bytes = [long]4194304; ParentPath = $State.Layers[$base].Path
		DiskId = (Get-IdOf $Name); Content = @{} }
	$clone = $Vm.Clone()
	$disk = $Vm.Disks[0].Clone()
	$disk.Name = $Name
	$disk.Top = Open-Layers $State $path $Name
	foreach ($member in @{ Id = $Id; Name = $Name; State = 'Off'; Parent = $null; Checkpoints = @(); Disks = @($disk); Memory = @{} }.GetEnumerator()) {
		$clone[$member.Key] = $member.Value
	}
	$State.Vms = @($State.Vms) + $clone
}

function Get-FilesBelow([string]$Folder) {
	if (-not [IO.Directory]::Exists((Get-Local $Folder))) { return }
	[IO.Directory]::GetFiles((Get-Local $Folder), '*', 'AllDirectories')
}

# Something happens to the first file below a folder whose name ends so.
function Invoke-Spoil([string]$Folder, [string]$How, [string]$Ending) {
	$path = @(Get-FilesBelow $Folder | Where-Object { $_.EndsWith($Ending) })[0]
	switch ($How) {
		'gone' { [IO.File]::Delete($path) }
		'short' {
			$file = [IO.File]::OpenWrite($path)
			$file.SetLength($file.Length / 2)
			$file.Dispose()
		}
		'other' { [IO.File]::WriteAllText($path, ([IO.File]::ReadAllText($path) -replace 'a', 'b')) }
	}
}

# Files of disks and exports, and what an agent keeps of VMs: a fresh host has none.
function Clear-Files {
	foreach ($folder in $env:HVTREE_AGENT_DRIVES, "$env:HVTREE_AGENT_DATA/vms") {
		if (-not [IO.Directory]::Exists($folder)) { continue }
		foreach ($one in [IO.Directory]::GetDirectories($folder)) { [IO.Directory]::Delete($one, $true) }
		foreach ($one in [IO.Directory]::GetFiles($folder)) { [IO.File]::Delete($one) }
	}
}

# One order; its words are: vm ID NAME STATE DISK..., write VM KEY VALUE, read VM KEY, remember VM KEY VALUE, recall VM KEY,
# set VM MEMBER VALUE, get VM MEMBER, pace JOB-MS MERGE-MS, fault NAME 0|1, foreign VM NAME TYPE AUTO, forget VM, reset all,
# clone VM ID NAME, free BYTES, calls all, files FOLDER, spoil FOLDER short|gone|other ENDING.
function Invoke-FakeHost([string[]]$Words) {
	Use-State {
		param($state, $words)
		$rest = @($words[1..($words.Count - 1)])
		$vm = Get-VmNamed $state $rest[0]
		switch ($words[0]) {
			'vm' { Add-FakeVm $state $rest }
			'write' {
				$state.Layers[$vm.Disks[0].Top].Content[$rest[1]] = $rest[2]
				Save-Layer $state $vm.Disks[0].Top
			}
			'read' { Read-Disk $state $vm.Disks[0] $rest[1] }
			'remember' { $vm.Memory[$rest[1]] = $rest[2] }
			'recall' { if ($vm.Memory.ContainsKey($rest[1])) { $vm.Memory[$rest[1]] } else { '' } }
			'set' { $vm[$rest[1]] = $(if ($rest[2] -match '^(True|False)$') { $rest[2] -eq 'True' } else { $rest[2] }) }
			'get' { [string]$vm[$rest[1]] }
			'pace' { $state.JobMs = [int]$rest[0]; $state.MergeMs = [int]$rest[1] }
			'fault' { if ($rest[1] -eq '1') { $state.Faults[$rest[0]] = $true } else { $state.Faults.Remove($rest[0]) } }
			'foreign' {
				Complete-Create $state $vm @{ Id = [guid]::NewGuid().ToString(); Memory = $false; Type = $rest[2]; Auto = $rest[3] -eq '1' }
				$vm.Checkpoints[-1].Name = $rest[1]
			}
			'clone' { Add-Clone $state $vm $rest[1] $rest[2] }
			'calls' { [IO.FileInfo]::new("$script:StatePath.calls").Length }
			'free' { $state.Free = [long]$rest[0] }
			'files' { @(Get-FilesBelow $rest[0]).Count }
			'spoil' { Invoke-Spoil $rest[0] $rest[1] $rest[2] }
			'forget' { $state.Vms = @($state.Vms | Where-Object { $_.Name -ne $rest[0] }) }
			'reset' {
				foreach ($part in 'Vms', 'Planned') { $state[$part] = @() }
				foreach ($part in 'Layers', 'Faults', 'Merges', 'Outcomes') { $state[$part] = @{} }
				$state.Free = [long]536870912000
				Clear-Files
			}
			default { throw "no such order: $($words[0])" }
		}
	} $Words
}
