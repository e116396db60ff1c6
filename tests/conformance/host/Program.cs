// A PowerShell without its utility modules: the engine, a script, and the real standard streams. Takes the options of
// powershell.exe that the console uses, so that the very remote command can be run: -EncodedCommand or -File.
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;

namespace Hvtree.Conformance;

internal static class Program
{
	private static int Main(string[] arguments)
	{
		string? script = null;
		var rest = new List<string>();
		for (int i = 0; i < arguments.Length; i++) {
			if (script != null) {
				rest.Add(arguments[i]);
			} else if (Is(arguments[i], "-EncodedCommand") && i + 1 < arguments.Length) {
				script = Encoding.Unicode.GetString(Convert.FromBase64String(arguments[++i]));
			} else if (Is(arguments[i], "-File") && i + 1 < arguments.Length) {
				script = File.ReadAllText(arguments[++i]);
			} else if (Is(arguments[i], "-ExecutionPolicy")) {
				i++;
			}
		}
		if (script == null) {
			Console.Error.WriteLine("usage: powershell-host -EncodedCommand BASE64 | -File SCRIPT [ARGUMENT...]");
			return 2;
		}
		return Run(script, rest);
	}

	private static bool Is(string argument, string name)
	{
		return string.Equals(argument, name, StringComparison.OrdinalIgnoreCase);
	}

	private static int Run(string script, List<string> rest)
	{
		using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
		runspace.Open();
		using PowerShell shell = PowerShell.Create(runspace);
		shell.AddScript(script, false);
		foreach (string argument in rest) {
			shell.AddArgument(argument);
		}
		var output = new PSDataCollection<PSObject>();
		output.DataAdded += (_, added) => Console.Out.WriteLine(output[added.Index]);
		shell.Streams.Error.DataAdded += (_, added) => Console.Error.WriteLine(Words(shell.Streams.Error[added.Index]));
		try {
			shell.Invoke(null, output);
		} catch (RuntimeException failure) {
			Console.Error.WriteLine(Words(failure.ErrorRecord));
			return 1;
		}
		return 0;
	}

	private static string Words(ErrorRecord record)
	{
		return record + "\n" + record.InvocationInfo?.PositionMessage + "\n" + record.ScriptStackTrace;
	}
}
