# What the agent finds before it says that it is ready: who and where it is, whether it can work here, and in words what
# is missing if it cannot.

function Test-HvRole([string]$Sid) {
	if (-not (Test-HvWindows)) { return $true }
	$who = [Security.Principal.WindowsPrincipal]::new([Security.Principal.WindowsIdentity]::GetCurrent())
	return $who.IsInRole([Security.Principal.SecurityIdentifier]::new($Sid))
}

function Set-HvProblem([string]$Code, [string]$Details) {
	if (-not $Hv.Problem) { $Hv.Problem = @{ Code = $Code; Details = $Details } }
}

function Import-HvModule {
	try {
		Import-Module Hyper-V -ErrorAction Stop -WarningAction SilentlyContinue
		return (Get-Module Hyper-V | ForEach-Object { [string]$_.Version }) -join ' '
	} catch {
		Set-HvProblem 'NotSupported' ('The PowerShell module Hyper-V cannot be loaded on this host; install it with ' +
			"Install-WindowsFeature Hyper-V-PowerShell. $(ConvertTo-HvSentence $_.Exception.Message)")
		return $null
	}
}

function Open-HvJournal {
	$root = $env:HVTREE_AGENT_DATA
	if (-not $root) { $root = [IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'hvtree') }
	$Hv.Journal = [IO.Path]::Combine($root, 'journal')
	$Hv.Records = [IO.Path]::Combine($root, 'vms')
	try {
		New-HvFolder $root
		$null = [IO.Directory]::CreateDirectory($Hv.Journal)
		$null = [IO.Directory]::CreateDirectory($Hv.Records)
		Write-HvText ([IO.Path]::Combine($Hv.Journal, 'writable')) 'yes'
		Clear-HvJournal
	} catch {
		Set-HvProblem 'AccessDenied' "The journal in '$($Hv.Journal)' cannot be written: $($_.Exception.GetBaseException().Message)"
	}
}

# WMI filters what a user may not see: without rights the list of VMs may be empty instead of an error.
function Test-HvAccess($Facts) {
	try {
		$vms = Get-HvAllVms
	} catch {
		$failure = Get-HvFailure $_
		Set-HvProblem $failure.Code "Hyper-V cannot be asked: $($failure.Details)"
		return
	}
	if ($vms.Count -eq 0 -and -not ($Facts.administrator -or $Facts.hyperVAdministrator)) {
		Set-HvProblem 'AccessDenied' "$($Facts.user) is neither in Administrators nor in Hyper-V Administrators"
	}
}

function Get-HvFacts {
	$system = @(Get-HvCim 'SELECT Version FROM Win32_OperatingSystem')
	$product = @(Get-HvCim 'SELECT UUID FROM Win32_ComputerSystemProduct')
	$service = @(Get-HvCim "SELECT State FROM Win32_Service WHERE Name='vmms'")
	$cluster = @(Get-HvCim 'SELECT Name FROM MSCluster_Cluster' 'root\MSCluster')
	$facts = [ordered]@{ name = [Environment]::MachineName; guid = $null; hypervisorVersion = $null
		powershell = "$($PSVersionTable.PSVersion)"; user = [Environment]::UserName; time = (Get-HvNow)
		administrator = (Test-HvRole 'S-1-5-32-544'); hyperVAdministrator = (Test-HvRole 'S-1-5-32-578') }
	$facts.hypervisorVersion = [Environment]::OSVersion.Version.ToString()
	if ($system.Count -gt 0 -and $system[0].Version) { $facts.hypervisorVersion = [string]$system[0].Version }
	if ($product.Count -gt 0) { $facts.guid = Read-HvUuid ([string]$product[0].UUID) }
	if ($service.Count -gt 0) { $facts['vmms'] = [string]$service[0].State }
	if ($cluster.Count -gt 0) { $facts['cluster'] = [string]$cluster[0].Name }
	return $facts
}

# An identity for a host whose firmware has none: made of its name, and the same each time.
function Get-HvGuidOfName([string]$Name) {
	$bytes = [byte[]]::new(16)
	$at = 0
	foreach ($byte in [Text.Encoding]::UTF8.GetBytes($Name.ToLowerInvariant())) {
		$bytes[$at % 16] = [byte](($bytes[$at % 16] * 31 + $byte + $at) -band 255)
		$at++
	}
	$bytes[15] = $bytes[15] -bor 1
	return ConvertTo-HvId ([guid]::new($bytes))
}

# The Ready event. Its host tells what was found; "problem" is there when commands will be refused, and why.
function Get-HvReady {
	Open-HvJournal
	$module = Import-HvModule
	$Hv.Cim = [bool](Get-Command Get-CimInstance -ErrorAction SilentlyContinue)
	$facts = Get-HvFacts
	if ($module) {
		$facts['module'] = $module
		$itself = @(Hyper-V\Get-VMHost -ErrorAction SilentlyContinue)
		if ($itself.Count -gt 0 -and $itself[0].Name) { $facts.name = [string]$itself[0].Name }
		if ($facts['vmms'] -and $facts['vmms'] -ne 'Running') {
			Set-HvProblem 'HostError' "The service vmms (Hyper-V Virtual Machine Management) is $($facts['vmms'])"
		}
		Test-HvAccess $facts
	}
	if (-not $facts.guid) { $facts.guid = Get-HvGuidOfName $facts.name }
	if ($Hv.Problem) { $facts['problem'] = [ordered]@{ code = $Hv.Problem.Code; details = $Hv.Problem.Details } }
	return [ordered]@{ event = 'Ready'; protocol = 1; agent = 'hvtree-agent 1.0'; host = $facts
		capabilities = @('revert-memory-from-off', 'production-checkpoints', 'export', 'volumes') }
}
