# JSON as the protocol has it, in both directions and alike in Windows PowerShell 5.1 and PowerShell 7, whose own
# converters differ. Objects are read as ordinal hashtables, arrays as Object[], integers as Int64. Written text is ASCII.

$HvTokens = [regex]::new('\G[ \t\r\n]*(?:(?<mark>[\[\]{}:,])' +
	'|"(?<text>(?>[^"\\\x00-\x1f]+|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)"' +
	'|(?<number>-?(?:0|[1-9][0-9]*)(?<real>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?))(?![0-9.eE+-])' +
	'|(?<word>true|false|null)(?![a-z]))', 'ExplicitCapture, CultureInvariant')
$HvBadText = [regex]::new('[^\x20-\x7e]|["\\]', 'CultureInvariant')
$HvLoneSurrogate = [regex]::new('[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]', 'CultureInvariant')
$HvEscape = [regex]::new('\\(?:u([0-9a-fA-F]{4})|(.))', 'CultureInvariant')
$HvDepthMost = 64

function ConvertFrom-HvEscaped([string]$Text) {
	if ($Text.IndexOf([char]92) -lt 0) { return $Text }
	$plain = [Text.StringBuilder]::new($Text.Length)
	$at = 0
	foreach ($escape in $HvEscape.Matches($Text)) {
		$null = $plain.Append($Text, $at, $escape.Index - $at)
		$at = $escape.Index + $escape.Length
		if ($escape.Groups[1].Success) {
			$code = [Convert]::ToInt32($escape.Groups[1].Value, 16)
			if ($code -eq 0) { throw [FormatException]::new('a string holds NUL') }
			$null = $plain.Append([char]$code)
		} else {
			$letter = $escape.Groups[2].Value
			$which = 'bfnrt'.IndexOf($letter, [StringComparison]::Ordinal)
			$value = [char]$letter
			if ($which -ge 0) { $value = [char](8, 12, 10, 13, 9)[$which] }
			$null = $plain.Append($value)
		}
	}
	$null = $plain.Append($Text, $at, $Text.Length - $at)
	return $plain.ToString()
}

# The next token as @(kind, value); the end of the text is @('end').
function Read-HvToken($Reader) {
	$found = $HvTokens.Match($Reader.Text, $Reader.At)
	if (-not $found.Success) {
		if ($Reader.Text.Substring($Reader.At).Trim(" `t`r`n".ToCharArray()).Length -eq 0) { return , @('end') }
		throw [FormatException]::new('unexpected text at character ' + $Reader.At)
	}
	$Reader.At = $found.Index + $found.Length
	if ($found.Groups['mark'].Success) { return , @($found.Groups['mark'].Value) }
	if ($found.Groups['text'].Success) {
		$text = ConvertFrom-HvEscaped $found.Groups['text'].Value
		if ($HvLoneSurrogate.IsMatch($text)) { throw [FormatException]::new('a string holds half a character') }
		return , @('text', $text)
	}
	if ($found.Groups['word'].Success) {
		return , @('word', @{ 'true' = $true; 'false' = $false; 'null' = $null }[$found.Groups['word'].Value])
	}
	$long = [long]0
	$invariant = [Globalization.CultureInfo]::InvariantCulture
	if ($found.Groups['real'].Length -eq 0 -and [long]::TryParse($found.Groups['number'].Value, 'AllowLeadingSign', $invariant, [ref]$long)) {
		return , @('number', $long)
	}
	return , @('number', [double]::Parse($found.Groups['number'].Value, $invariant))
}

function Read-HvObject($Reader, [int]$Depth) {
	$object = [Collections.Hashtable]::new([StringComparer]::Ordinal)
	$token = Read-HvToken $Reader
	while ($token[0] -ne '}') {
		if ($token[0] -ne 'text') { throw [FormatException]::new('a name was expected') }
		$name = $token[1]
		if ((Read-HvToken $Reader)[0] -ne ':') { throw [FormatException]::new('a colon was expected') }
		$object[$name] = Read-HvValue $Reader (Read-HvToken $Reader) ($Depth + 1)
		$token = Read-HvToken $Reader
		if ($token[0] -eq ',') {
			$token = Read-HvToken $Reader
			if ($token[0] -eq '}') { throw [FormatException]::new('a name was expected') }
		} elseif ($token[0] -ne '}') {
			throw [FormatException]::new('a comma or a brace was expected')
		}
	}
	return $object
}

function Read-HvArray($Reader, [int]$Depth) {
	$list = [Collections.ArrayList]::new()
	$token = Read-HvToken $Reader
	while ($token[0] -ne ']') {
		$null = $list.Add((Read-HvValue $Reader $token ($Depth + 1)))
		$token = Read-HvToken $Reader
		if ($token[0] -eq ',') {
			$token = Read-HvToken $Reader
			if ($token[0] -eq ']') { throw [FormatException]::new('a value was expected') }
		} elseif ($token[0] -ne ']') {
			throw [FormatException]::new('a comma or a bracket was expected')
		}
	}
	return , $list.ToArray()
}

function Read-HvValue($Reader, $Token, [int]$Depth) {
	if ($Depth -gt $HvDepthMost) { throw [FormatException]::new('too deep') }
	switch -CaseSensitive ($Token[0]) {
		'{' { return Read-HvObject $Reader $Depth }
		'[' { return , (Read-HvArray $Reader $Depth) }
		'text' { return $Token[1] }
		'number' { return $Token[1] }
		'word' { return $Token[1] }
	}
	throw [FormatException]::new('a value was expected')
}

# An object or an array, as a whole text; throws FormatException.
function ConvertFrom-HvJson([string]$Text) {
	$reader = @{ Text = $Text; At = 0 }
	$first = Read-HvToken $reader
	if ('{', '[' -notcontains $first[0]) { throw [FormatException]::new('neither an object nor an array') }
	$value = Read-HvValue $reader $first 0
	if ((Read-HvToken $reader)[0] -ne 'end') { throw [FormatException]::new('text after the end') }
	return , $value
}

function Add-HvString([Text.StringBuilder]$Out, [string]$Text) {
	$null = $Out.Append('"')
	if ($HvBadText.IsMatch($Text)) {
		$Text = $HvLoneSurrogate.Replace($Text, [string][char]0xfffd)
		foreach ($letter in $Text.ToCharArray()) {
			$code = [int]$letter
			if ($code -eq 34 -or $code -eq 92) {
				$null = $Out.Append('\').Append($letter)
			} elseif ($code -lt 32 -or $code -gt 126) {
				$null = $Out.Append('\u').Append($code.ToString('x4', [Globalization.CultureInfo]::InvariantCulture))
			} else {
				$null = $Out.Append($letter)
			}
		}
	} else {
		$null = $Out.Append($Text)
	}
	$null = $Out.Append('"')
}

function Add-HvValue([Text.StringBuilder]$Out, $Value) {
	if ($null -eq $Value) {
		$null = $Out.Append('null')
	} elseif ($Value -is [string]) {
		Add-HvString $Out $Value
	} elseif ($Value -is [bool]) {
		$null = $Out.Append($(if ($Value) { 'true' } else { 'false' }))
	} elseif ($Value -is [Collections.IDictionary]) {
		$separator = '{'
		foreach ($name in @($Value.Keys)) {
			$null = $Out.Append($separator)
			Add-HvString $Out ([string]$name)
			$null = $Out.Append(':')
			Add-HvValue $Out $Value[$name]
			$separator = ','
		}
		$null = $Out.Append($(if ($separator -eq '{') { '{}' } else { '}' }))
	} elseif ($Value -is [Collections.IEnumerable]) {
		$separator = '['
		foreach ($item in $Value) {
			$null = $Out.Append($separator)
			Add-HvValue $Out $item
			$separator = ','
		}
		$null = $Out.Append($(if ($separator -eq '[') { '[]' } else { ']' }))
	} elseif ($Value -is [double]) {
		$null = $Out.Append($Value.ToString('R', [Globalization.CultureInfo]::InvariantCulture))
	} elseif ($Value -is [int] -or $Value -is [long] -or $Value -is [uint32] -or $Value -is [uint64]) {
		$null = $Out.Append($Value.ToString([Globalization.CultureInfo]::InvariantCulture))
	} else {
		Add-HvString $Out ([string]$Value)
	}
}

# One line of ASCII. Dictionaries, lists, text, numbers, truth and null: nothing else is meant to come here.
function ConvertTo-HvJson($Value) {
	$out = [Text.StringBuilder]::new(256)
	Add-HvValue $out $Value
	return $out.ToString()
}
