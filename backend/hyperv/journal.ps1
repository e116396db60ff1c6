# What the agent has been asked for and what came of it, on the host's disk (Y2): one file for each operation and command,
# and one with the highest epoch of each operation. Files are replaced, never written in place.

$HvJournalDays = 30

function Get-HvEntryPath([string]$Operation, [string]$Command) {
	return [IO.Path]::Combine($Hv.Journal, "$Operation.$Command.json")
}

# The whole text of a file, $null when there is none. Another agent may be replacing it at this moment.
function Read-HvText([string]$Path) {
	for ($try = 1; ; $try++) {
		try {
			if (-not [IO.File]::Exists($Path)) { return $null }
			return [IO.File]::ReadAllText($Path)
		} catch [IO.IOException] {
			if ($try -ge 20) { throw }
			Wait-HvMoment 25
		}
	}
}

function Write-HvText([string]$Path, [string]$Text) {
	$fresh = $Path + '.' + [guid]::NewGuid().ToString('N') + '.new'
	$bytes = [Text.Encoding]::ASCII.GetBytes($Text)
	$file = [IO.FileStream]::new($fresh, [IO.FileMode]::CreateNew, [IO.FileAccess]::Write)
	try {
		$file.Write($bytes, 0, $bytes.Length)
		$file.Flush($true)
	} finally {
		$file.Dispose()
	}
	for ($try = 1; ; $try++) {
		try {
			if ([IO.File]::Exists($Path)) {
				[IO.File]::Replace($fresh, $Path, [NullString]::Value)
			} else {
				[IO.File]::Move($fresh, $Path)
			}
			return
		} catch [IO.IOException] {
			if ($try -ge 20) { throw }
			Wait-HvMoment 25
		}
	}
}

# The journal's entry of a command, or $null.
function Read-HvEntry([string]$Operation, [string]$Command) {
	$text = Read-HvText (Get-HvEntryPath $Operation $Command)
	if (-not $text) { return $null }
	return ConvertFrom-HvJson $text
}

function Write-HvEntry($Entry) {
	Write-HvText (Get-HvEntryPath $Entry['operation'] $Entry['command']) (ConvertTo-HvJson $Entry)
}

function Remove-HvEntry([string]$Operation, [string]$Command) {
	[IO.File]::Delete((Get-HvEntryPath $Operation $Command))
}

# The highest epoch that was accepted for an operation; -1 when it is not known.
function Get-HvEpoch([string]$Operation) {
	$text = Read-HvText ([IO.Path]::Combine($Hv.Journal, "$Operation.epoch"))
	if (-not $text) { return [long]-1 }
	return [long]::Parse($text, [Globalization.CultureInfo]::InvariantCulture)
}

function Set-HvEpoch([string]$Operation, [long]$Epoch) {
	if ((Get-HvEpoch $Operation) -ge $Epoch) { return }
	$lock = New-HvLock 'journal'
	$held = $false
	try {
		$held = Enter-HvLock $lock 30000
		if ((Get-HvEpoch $Operation) -lt $Epoch) {
			Write-HvText ([IO.Path]::Combine($Hv.Journal, "$Operation.epoch")) ([string]$Epoch)
		}
	} finally {
		if ($held) { $lock.ReleaseMutex() }
		$lock.Dispose()
	}
}

# Old entries, and what a writer that died left.
function Clear-HvJournal {
	$before = [datetime]::UtcNow.AddDays(-$HvJournalDays)
	foreach ($path in [IO.Directory]::GetFiles($Hv.Journal)) {
		try {
			if ([IO.File]::GetLastWriteTimeUtc($path) -lt $before) { [IO.File]::Delete($path) }
		} catch {
			continue
		}
	}
}

# Entries that were begun and never answered.
function Get-HvOpenEntries {
	foreach ($path in [IO.Directory]::GetFiles($Hv.Journal, '*.json')) {
		try {
			$entry = ConvertFrom-HvJson (Read-HvText $path)
			if (-not $entry.ContainsKey('answer')) { $entry }
		} catch {
			continue
		}
	}
}
