# The agent of hvtree on a Hyper-V host: Windows PowerShell 5.1 and PowerShell 7. The parts before this one are the
# functions; this is the start. It comes over the connection as one text (see embed.c) and is run with the stream that it
# came from; an installed copy is run with -File.

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$Hv = [Collections.Hashtable]::Synchronized(@{
	Initial = $null
	Out = [Collections.Concurrent.ConcurrentQueue[string]]::new()
	Asks = [Collections.Concurrent.ConcurrentQueue[object]]::new()
	Wake = [Threading.AutoResetEvent]::new($false); Look = [Threading.AutoResetEvent]::new($false)
	Spare = [Collections.Stack]::Synchronized([Collections.Stack]::new())
	Disks = [Collections.Hashtable]::Synchronized(@{}); Sizes = [Collections.Hashtable]::Synchronized(@{})
	Exporting = [Collections.Hashtable]::Synchronized(@{}); Cancels = [Collections.Hashtable]::Synchronized(@{})
	Sent = [Collections.Hashtable]::Synchronized(@{})
	Told = [Collections.Hashtable]::Synchronized(@{}); Acting = [Collections.Hashtable]::Synchronized(@{})
	HeardAt = [datetime]::UtcNow.AddMinutes(5).Ticks; WritingSince = [long]0; IdleMs = (Get-HvIdleMs); BusyMs = 600000
	Problem = $null; Journal = $null; Records = $null; Cim = $false; Ends = $false; LastError = $null
})
$HvExit = 0
try {
	Invoke-HvSession $args[0]
} catch {
	[Console]::Error.WriteLine("$_ $($_.ScriptStackTrace)")
	$HvExit = 1
}
[Environment]::Exit($HvExit)
