@{
	RootModule = 'Hyper-V.psm1'
	ModuleVersion = '2.0.0.0'
	GUID = '5b6f9a5e-6b0a-4f0e-9d5c-3c7f0b1f6a11'
	Author = 'hvtree'
	Description = 'A Hyper-V host in a file, for tests of the agent'
	PowerShellVersion = '5.1'
	FunctionsToExport = @('Get-VM', 'Get-VMHost', 'Get-VMSnapshot', 'Get-VHD', 'Set-VM', 'Start-VM', 'Stop-VM', 'Checkpoint-VM',
		'Restore-VMSnapshot', 'Remove-VMSnapshot', 'Rename-VMSnapshot', 'Export-VM', 'Import-VM', 'Compare-VM', 'Remove-VM', 'Test-VHD', 'New-VHD',
		'Resize-VHD', 'Convert-VHD', 'Add-VMHardDiskDrive', 'Remove-VMHardDiskDrive', 'Set-VMProcessor', 'Set-VMMemory',
		'Get-CimInstance', 'Invoke-CimMethod', 'Invoke-FakeHost')
	CmdletsToExport = @()
	VariablesToExport = @()
	AliasesToExport = @()
}
