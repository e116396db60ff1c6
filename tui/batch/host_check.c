#include "tui/batch/host_check.h"

#include <assert.h>

#include "tui/batch/table.h"

/* What each step is called, and what to do when it is not well. */
static const struct {
	const char *name, *title, *remedy;
} steps[] = {
	[HV_CHECK_ADDRESS] = {"address", "address", "check the name; 'ssh -G HOST' shows what ssh makes of it"},
	[HV_CHECK_CALL] = {"connection", "connection",
		"on the host: Start-Service sshd; Set-Service sshd -StartupType Automatic; and let TCP port 22 through "
		"its firewall"},
	[HV_CHECK_KEY] = {"hostkey", "host key",
		"compare it with 'ssh-keygen -lf' on the host, then: hvtree host check HOST --accept-host-key SHA256:..."},
	[HV_CHECK_LOGIN] = {"login", "login",
		"put the public key into %ProgramData%\\ssh\\administrators_authorized_keys for an administrator, into "
		".ssh\\authorized_keys of the user else; a password is asked for in the console only (c on the host)"},
	[HV_CHECK_AGENT] = {"agent", "agent",
		"powershell.exe 5.1 must start for this user, in FullLanguage mode; see what 'ssh HOST powershell.exe "
		"-Command 1' says"},
	[HV_CHECK_MODULE] = {"module", "Hyper-V module",
		"on the host: Install-WindowsFeature Hyper-V-PowerShell, and Hyper-V itself"},
	[HV_CHECK_RIGHTS] = {"rights", "rights",
		"on the host: Add-LocalGroupMember -Group 'Hyper-V Administrators' -Member USER; then log in anew"},
	[HV_CHECK_VERSION] = {"version", "version", "Windows Server 2016 or later is needed"},
	[HV_CHECK_CLOCK] = {"clock", "clock", "on the host: w32tm /resync"},
	[HV_CHECK_INVENTORY] = {"inventory", "inventory",
		"see what Get-VM says on the host, and whether the service vmms runs"},
};
static_assert(HV_ARRAY_LEN(steps) == HV_CHECK_STEP_COUNT, "a row for every step");

static const struct {
	const char *name, *title;
	bool wants_remedy;
} results[] = {
	[HV_CHECK_NOT_REACHED] = {"skipped", "not reached", false},
	[HV_CHECK_NOT_TOLD] = {"unknown", "not told", false},
	[HV_CHECK_GOOD] = {"ok", "ok", false},
	[HV_CHECK_DOUBTFUL] = {"warning", "CHECK THIS", true},
	[HV_CHECK_BAD] = {"failed", "FAILED", true},
};
static_assert(HV_ARRAY_LEN(results) == HV_CHECK_RESULT_COUNT, "a row for every result");

void host_check_json(struct batch *batch, const struct hv_check *check)
{
	json_open_array(&batch->json, "check");
	for (size_t i = 0; i < HV_CHECK_STEP_COUNT; i++) {
		const struct hv_check_row *row = &check->rows[i];
		json_new_line(&batch->json);
		json_open_object(&batch->json, NULL);
		json_put_string(&batch->json, "step", steps[i].name);
		json_put_string(&batch->json, "result", results[row->result].name);
		json_put_string(&batch->json, "details", row->details);
		json_put_string(&batch->json, "remedy", results[row->result].wants_remedy ? steps[i].remedy : NULL);
		json_close_object(&batch->json);
	}
	json_close_array(&batch->json);
}

void host_check_text(struct batch *batch, const struct hv_check *check)
{
	static const struct table_column columns[] = {{"STEP", false}, {"RESULT", false}, {"DETAILS", false}};
	struct table table;
	table_init(&table, &batch->output, columns, HV_ARRAY_LEN(columns));
	for (size_t i = 0; i < HV_CHECK_STEP_COUNT; i++) {
		const struct hv_check_row *row = &check->rows[i];
		table_row(&table, (const char *[]){steps[i].title, results[row->result].title, row->details});
	}
	table_finish(&table);
	for (size_t i = 0; i < HV_CHECK_STEP_COUNT; i++) {
		if (results[check->rows[i].result].wants_remedy) {
			output_printf(&batch->output, "what to do about '%s': %s\n", steps[i].title, steps[i].remedy);
		}
	}
}
