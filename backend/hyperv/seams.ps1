# Where the agent touches what is different from one machine to the next: streams, clock, CIM, volumes, named locks. Small,
# each with a plain fallback, so that everything else runs unchanged wherever PowerShell does.

# Microseconds since 1970 UTC of a point in time, as the protocol counts.
function ConvertTo-HvTime([datetime]$Time) {
	$ticks = $Time.ToUniversalTime().Ticks - 621355968000000000
	return [long](($ticks - $ticks % 10) / 10)
}

function Get-HvNow {
	return ConvertTo-HvTime ([datetime]::UtcNow)
}

function Test-HvWindows {
	return [IO.Path]::DirectorySeparatorChar -eq [char]92
}

# sshd's pipe is opened for overlapped reads: a stream that reads so is quicker and does not hang after the client's end
# of input. Only .NET Framework needs it; whatever fails leaves the loader's stream.
function Open-HvInput($Stream) {
	if (-not $Stream) { $Stream = [Console]::OpenStandardInput() }
	if ("$($PSVersionTable.PSEdition)" -ne 'Desktop') { return $Stream }
	try {
		$native = [Console].Assembly.GetType('Microsoft.Win32.Win32Native')
		$method = $native.GetMethod('GetStdHandle', [Reflection.BindingFlags]'NonPublic,Static')
		$handle = [Microsoft.Win32.SafeHandles.SafeFileHandle]::new([IntPtr]$method.Invoke($null, @(-10)), $false)
		return [IO.FileStream]::new($handle, [IO.FileAccess]::Read, 1, $true)
	} catch {
		return $Stream
	}
}

# Rows of a WQL query, or nothing: what is read through here is never needed, only better.
function Get-HvCim([string]$Query, [string]$Namespace = 'root\cimv2') {
	if (-not $Hv.Cim) { return }
	try {
		Get-CimInstance -Namespace $Namespace -Query $Query -ErrorAction Stop
	} catch {
		return
	}
}

# Free bytes by mount point, the longest first. Volumes mounted in folders (cluster shared ones) are only in CIM.
function Get-HvVolumes {
	$volumes = @(foreach ($row in @(Get-HvCim 'SELECT Name,FreeSpace FROM Win32_Volume')) {
		if ($row.Name -and $null -ne $row.FreeSpace) { @{ Root = [string]$row.Name; Free = [long]$row.FreeSpace } }
	})
	if ($volumes.Count -eq 0) {
		$volumes = @(foreach ($drive in [IO.DriveInfo]::GetDrives()) {
			if ($drive.IsReady) { @{ Root = $drive.Name; Free = $drive.AvailableFreeSpace } }
		})
	}
	return , @($volumes | Where-Object { $_ } | ForEach-Object { [PSCustomObject]$_ })
}

# A lock that all agents on the host share. Held by a thread; a holder that died gives it up.
function New-HvLock([string]$Name) {
	$name = 'Global\hvtree-' + $Name
	if (-not (Test-HvWindows)) { return [Threading.Mutex]::new($false, $name) }
	$security = [Security.AccessControl.MutexSecurity]::new()
	foreach ($sid in 'S-1-5-18', 'S-1-5-32-544', 'S-1-5-32-578') {
		$who = [Security.Principal.SecurityIdentifier]::new($sid)
		$security.AddAccessRule([Security.AccessControl.MutexAccessRule]::new($who, 'FullControl', 'Allow'))
	}
	$created = $false
	if ("$($PSVersionTable.PSEdition)" -eq 'Desktop') {
		return [Threading.Mutex]::new($false, $name, [ref]$created, $security)
	}
	return [Threading.MutexAcl]::Create($false, $name, [ref]$created, $security)
}

function Enter-HvLock($Lock, [int]$Milliseconds) {
	try {
		return $Lock.WaitOne($Milliseconds)
	} catch [Threading.AbandonedMutexException] {
		return $true
	}
}

function Wait-HvMoment([int]$Milliseconds) {
	[Threading.Thread]::Sleep($Milliseconds)
}

# A folder that only the system and those who may run Hyper-V write: what stands in it is believed.
function New-HvFolder([string]$Path) {
	if (-not (Test-HvWindows)) {
		$null = [IO.Directory]::CreateDirectory($Path)
		return
	}
	$desktop = "$($PSVersionTable.PSEdition)" -eq 'Desktop'
	$folder = [IO.DirectoryInfo]::new($Path)
	$security = [Security.AccessControl.DirectorySecurity]::new()
	$security.SetSecurityDescriptorSddlForm('D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-5-32-578)')
	if ($folder.Exists) {
		$is = $(if ($desktop) { $folder.GetAccessControl() } else { [IO.FileSystemAclExtensions]::GetAccessControl($folder) })
		if ($is.AreAccessRulesProtected) { return }
		if ($desktop) { $folder.SetAccessControl($security) } else { [IO.FileSystemAclExtensions]::SetAccessControl($folder, $security) }
	} elseif ($desktop) {
		$folder.Create($security)
	} else {
		[IO.FileSystemAclExtensions]::Create($folder, $security)
	}
}
