$ProgressPreference='SilentlyContinue';$ErrorActionPreference='Stop'
function Refuse($code,$details,$exit){
'{"event":"Refused","code":"'+$code+'","details":"'+($details -replace '[^ !#-\[\]-~]','?')+'"}';exit $exit}
if("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage'){
Refuse NotSupported "PowerShell runs in $($ExecutionContext.SessionState.LanguageMode) mode here; the agent needs FullLanguage" 92}
try{
$in=[Console]::OpenStandardInput();$size=0
while(($byte=$in.ReadByte()) -ne 10){
if($byte -lt 0){exit 90}
if($byte -ge 48 -and $byte -le 57){$size=$size*10+$byte-48}}
$bytes=[byte[]]::new($size);$at=0
while($at -lt $size){
$got=$in.Read($bytes,$at,$size-$at)
if($got -le 0){exit 91}
$at+=$got}
$agent=[ScriptBlock]::Create([Text.Encoding]::ASCII.GetString($bytes))
}catch{Refuse HostError "the agent could not be loaded: $($_.Exception.Message)" 93}
. $agent $in
