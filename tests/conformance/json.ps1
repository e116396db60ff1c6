# The agent's JSON against .NET's: random values written and read back, and damaged texts that both must refuse or both
# understand. Argument: backend/hyperv/json.ps1. The seed is fixed; exit 1 at the first difference.
$ErrorActionPreference = 'Stop'
. ([ScriptBlock]::Create([IO.File]::ReadAllText($args[0])))
$random = [Random]::new(4711)
$letters = 'a', 'Z', '"', '\', '/', "`n", "`t", [string][char]1, [string][char]0x7f, [string][char]0xe9, [string][char]0x20ac,
	[char]::ConvertFromUtf32(0x1f600), "'", '$', '{', '}', '[', ',', ':', ' '

function New-Text {
	$text = ''
	for ($i = $random.Next(12); $i -gt 0; $i--) { $text += $letters[$random.Next($letters.Count)] }
	return $text
}

function New-Value([int]$Depth) {
	switch ($random.Next($(if ($Depth -gt 3) { 5 } else { 7 }))) {
		0 { return New-Text }
		1 { return [long]$random.NextInt64([long]::MinValue, [long]::MaxValue) }
		2 { return $true }
		3 { return $false }
		4 { return $null }
		5 {
			$list = [Collections.ArrayList]::new()
			for ($i = $random.Next(4); $i -gt 0; $i--) { $null = $list.Add((New-Value ($Depth + 1))) }
			return , $list.ToArray()
		}
		6 {
			$map = [Collections.Hashtable]::new([StringComparer]::Ordinal)
			for ($i = $random.Next(4); $i -gt 0; $i--) { $map[(New-Text)] = New-Value ($Depth + 1) }
			return $map
		}
	}
}

function Test-Same($A, $B) {
	if ($A -is [Collections.IDictionary]) {
		if ($B -isnot [Collections.IDictionary] -or $A.Count -ne $B.Count) { return $false }
		foreach ($name in @($A.Keys)) { if (-not $B.ContainsKey($name) -or -not (Test-Same $A[$name] $B[$name])) { return $false } }
		return $true
	}
	if ($A -is [array]) {
		if ($B -isnot [array] -or $A.Count -ne $B.Count) { return $false }
		for ($i = 0; $i -lt $A.Count; $i++) { if (-not (Test-Same $A[$i] $B[$i])) { return $false } }
		return $true
	}
	if ($null -eq $A -or $null -eq $B) { return $null -eq $A -and $null -eq $B }
	return $A.GetType() -eq $B.GetType() -and $A.Equals($B)
}

function Stop-Test([string]$Words, [string]$Text) {
	[Console]::Out.WriteLine("$Words`: $Text")
	[Environment]::Exit(1)
}

function Test-Known([string]$Text) {
	try {
		$null = [Text.Json.Nodes.JsonNode]::Parse($Text).ToJsonString()
		return $true
	} catch {
		return $false
	}
}

$damaged = 0
for ($round = 0; $round -lt 1500; $round++) {
	$value = New-Value 0
	if ($value -isnot [array] -and $value -isnot [Collections.IDictionary]) { $value = @{ v = $value } }
	$text = ConvertTo-HvJson $value
	if ($text -match '[^ -~]') { Stop-Test 'not ASCII' $text }
	if (-not (Test-Known $text)) { Stop-Test 'not JSON' $text }
	if (-not (Test-Same $value (ConvertFrom-HvJson $text))) { Stop-Test 'read back otherwise' $text }
	$at = $random.Next($text.Length)
	$broken = $text.Remove($at, 1)
	if ($random.Next(2)) { $broken = $broken.Insert($at, '"{}[],:\0e-tn'[$random.Next(13)]) }
	$ours = $true
	try { $null = ConvertFrom-HvJson $broken } catch [FormatException] { $ours = $false }
	# half characters and NUL, which .NET lets pass, are refused by the agent
	$theirs = (Test-Known $broken) -and '{', '[' -contains $broken.TrimStart().Substring(0, 1) -and $broken -notmatch '\\u(d[89a-f]|0000)'
	if ($ours -ne $theirs -and $broken -notmatch '\\u(d[89a-f]|0000)') { Stop-Test "ours $ours, theirs $theirs" $broken }
	if (-not $ours) { $damaged++ }
}
[Console]::Out.WriteLine("1500 values the same both ways; $damaged damaged texts refused")
[Environment]::Exit(0)
