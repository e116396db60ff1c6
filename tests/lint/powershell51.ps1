# Parses the agent's parts with PowerShell's own parser and names what Windows PowerShell 5.1 does not know: syntax of
# later versions, variables that it does not have, and every command that is not on the short list of what the agent may
# call (its own functions, the core cmdlets, and those of Hyper-V). Arguments: files. Exit 1 when there is a finding.
$allowed = @('Import-Module', 'Get-Module', 'Get-Command', 'Where-Object', 'ForEach-Object', 'Get-CimInstance', 'Invoke-CimMethod', 'Refuse')
$confirmed = @('Set-VM', 'Start-VM', 'Stop-VM', 'Checkpoint-VM', 'Restore-VMSnapshot', 'Remove-VMSnapshot', 'Rename-VMSnapshot',
	'Export-VM', 'Import-VM', 'Remove-VM', 'Add-VMHardDiskDrive', 'Remove-VMHardDiskDrive', 'New-VHD', 'Resize-VHD', 'Convert-VHD',
	'Set-VMProcessor', 'Set-VMMemory')
$hyperv = @('Get-VM', 'Get-VMHost', 'Get-VMSnapshot', 'Get-VHD', 'Test-VHD', 'Compare-VM') + $confirmed
$tokensOfLater = @('QuestionMark', 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd',
	'OrOr', 'Clean')
$variablesOfLater = @('IsWindows', 'IsLinux', 'IsMacOS', 'IsCoreCLR', 'PSStyle', 'EnabledExperimentalFeatures')
$found = 0
$wrapping = @{} # functions that return an array as one value: @() around such a call makes an array in an array

function Tell($Extent, [string]$Words) {
	$script:found++
	[Console]::Out.WriteLine("$($Extent.File):$($Extent.StartLineNumber): $Words")
}

foreach ($file in $args) {
	$tree = [Management.Automation.Language.Parser]::ParseFile($file, [ref]$null, [ref]$null)
	foreach ($one in $tree.FindAll({ param($n) $n -is [Management.Automation.Language.FunctionDefinitionAst] }, $true)) {
		if ("$($one.Body)" -match 'return , ') { $wrapping[$one.Name] = $true }
	}
}
foreach ($file in $args) {
	$tokens = $null
	$errors = $null
	$tree = [Management.Automation.Language.Parser]::ParseFile($file, [ref]$tokens, [ref]$errors)
	foreach ($one in $errors) { Tell $one.Extent $one.Message }
	foreach ($token in $tokens) {
		if ($tokensOfLater -contains [string]$token.Kind) { Tell $token.Extent "'$($token.Text)' is not known to 5.1" }
	}
	$own = @($tree.FindAll({ param($n) $n -is [Management.Automation.Language.FunctionDefinitionAst] }, $true) | ForEach-Object { $_.Name })
	foreach ($name in $own) {
		if ($name -ne 'Refuse' -and $name -notmatch '-Hv') { Tell $tree.Extent "function $name has not the agent's prefix" }
	}
	foreach ($array in $tree.FindAll({ param($n) $n -is [Management.Automation.Language.ArrayExpressionAst] }, $true)) {
		$called = ([regex]::Match("$($array.SubExpression)", '^\s*([A-Z][a-z]+-Hv\w+)[^|]*$')).Groups[1].Value
		if ($called -and $wrapping[$called]) { Tell $array.Extent "@() around $called makes an array in an array" }
	}
	foreach ($variable in $tree.FindAll({ param($n) $n -is [Management.Automation.Language.VariableExpressionAst] }, $true)) {
		if ($variablesOfLater -contains $variable.VariablePath.UserPath) { Tell $variable.Extent "$variable is not known to 5.1" }
		if ($variable.VariablePath.UserPath -eq 'input') { Tell $variable.Extent 'this variable makes PowerShell swallow standard input' }
	}
	foreach ($command in $tree.FindAll({ param($n) $n -is [Management.Automation.Language.CommandAst] }, $true)) {
		$name = $command.GetCommandName()
		if (-not $name -or $name -match '^[A-Z][a-z]+-Hv' -or $allowed -contains $name) { continue }
		if ($name -notmatch '^Hyper-V\\(.+)$' -or $hyperv -notcontains $Matches[1]) {
			Tell $command.Extent "$name is not a command that the agent may call"
		} elseif ($confirmed -contains $Matches[1] -and "$command" -notmatch '-Confirm:\$false') {
			Tell $command.Extent "$name without -Confirm:`$false"
		}
	}
}
if ($found -gt 0) { [Environment]::Exit(1) }
