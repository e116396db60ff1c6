# Reads orders for the host in a file, one a line, words parted by tabs; answers each with one line.
$ErrorActionPreference = 'Stop'
Import-Module Hyper-V
while ($null -ne ($line = [Console]::In.ReadLine())) {
	try {
		$told = @(Hyper-V\Invoke-FakeHost ($line -split "`t"))
		[Console]::Out.WriteLine('ok ' + ($told -join ' '))
	} catch {
		[Console]::Out.WriteLine('no ' + $_)
	}
	[Console]::Out.Flush()
}
