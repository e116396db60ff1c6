# Virtual disks as files: a few words of XML and then nothing, as long as the real file would be. What a disk holds is in
# its file, so that it goes where the file goes; paths are those of Windows, below HVTREE_AGENT_DRIVES.

function Get-Local([string]$Path) {
	return $env:HVTREE_AGENT_DRIVES + '/' + $Path.TrimStart([char]92).Replace(':', '').Replace('\', '/')
}

function Get-ParentFolder([string]$Path) { return $Path.Substring(0, $Path.LastIndexOf('\')) }

function New-Folder([string]$Path) { $null = [IO.Directory]::CreateDirectory((Get-Local $Path)) }

function Test-DiskFile([string]$Path) { return [IO.File]::Exists((Get-Local $Path)) }

# Disk: Size, Bytes, ParentPath, DiskId, Content.
function Write-DiskFile([string]$Path, $Disk) {
	$text = [Management.Automation.PSSerializer]::Serialize($Disk, 6)
	$bytes = [Text.Encoding]::UTF8.GetBytes($text.Length.ToString('d12') + $text)
	$file = [IO.FileStream]::new((Get-Local $Path), 'Create', 'Write')
	try {
		$file.Write($bytes, 0, $bytes.Length)
		$file.SetLength([Math]::Max([long]$Disk.Bytes, $bytes.Length))
	} finally {
		$file.Dispose()
	}
}

# $null when there is no such file or it is none of a disk.
function Read-DiskFile([string]$Path) {
	if (-not (Test-DiskFile $Path)) { return $null }
	$file = [IO.FileStream]::new((Get-Local $Path), 'Open', 'Read', 'ReadWrite, Delete')
	try {
		$head = [byte[]]::new(12)
		if ($file.Read($head, 0, 12) -ne 12) { return $null }
		$text = [byte[]]::new([int][Text.Encoding]::UTF8.GetString($head))
		if ($file.Read($text, 0, $text.Length) -ne $text.Length) { return $null }
		$disk = [Management.Automation.PSSerializer]::Deserialize([Text.Encoding]::UTF8.GetString($text))
		$disk.Whole = $file.Length -ge $disk.Bytes
		return $disk
	} finally {
		$file.Dispose()
	}
}

function Remove-DiskFile([string]$Path) { [IO.File]::Delete((Get-Local $Path)) }

function Write-Definition([string]$Path, $Definition) {
	New-Folder (Get-ParentFolder $Path)
	[IO.File]::WriteAllText((Get-Local $Path), [Management.Automation.PSSerializer]::Serialize($Definition, 8))
}

function Read-Definition([string]$Path) {
	return [Management.Automation.PSSerializer]::Deserialize([IO.File]::ReadAllText((Get-Local $Path)))
}

# What a disk holds, through its whole chain.
function Get-FileContent([string]$Path) {
	$content = @{}
	for ($disk = Read-DiskFile $Path; $disk; $disk = Read-DiskFile $disk.ParentPath) {
		foreach ($key in @($disk.Content.Keys)) { if (-not $content.ContainsKey($key)) { $content[$key] = $disk.Content[$key] } }
		if (-not $disk.ParentPath) { break }
	}
	return $content
}

# The same identity each time that a host is made anew.
function Get-IdOf([string]$Text) {
	return [guid]::new([Security.Cryptography.MD5]::HashData([Text.Encoding]::UTF8.GetBytes($Text))).ToString()
}
