#include "tui/batch/policy.h"

#include "tui/batch/table.h"
#include "tui/config/config_file.h"

/* Why not, NULL when the configuration has nothing against it. Caller frees. */
static char *why_not(const char *group)
{
	struct config config = CONFIG_INIT;
	char *reason = NULL;
	config_load(&config, NULL); /* the console tells what is wrong with the file */
	if (config_is(&config, SETTING_READ_ONLY)) {
		reason = hv_strdup("the configuration says read_only = yes");
	} else if (config_group(&config, group)->read_only) {
		HV_CLEANUP_FREE char *shown = printable(group);
		reason = hv_sprintf("group '%s' is read-only by the configuration", shown);
	}
	config_clear(&config);
	return reason;
}

enum hv_status policy_allow(struct batch *batch, const char *group, struct hv_error *err)
{
	HV_CLEANUP_FREE char *reason = why_not(group);
	const char *wanted = batch->arguments->text[OPTION_WRITE];
	struct session_reply reply;
	if (!reason) {
		return HV_OK;
	}
	if (!wanted || !wanted[0]) {
		return hv_error_set(err, HV_ERR_REFUSED, "%s; --write REASON allows this one act", reason);
	}
	HV_CLEANUP_FREE char *details = hv_sprintf("group '%s' for one '%s': %s", group ? group : "",
		batch->arguments->command->words, wanted);
	uint64_t ticket = session_ticket(&batch->session);
	hv_note(batch->session.backend, ticket, HV_NOTE_ALLOW_WRITING, details);
	return session_answer(&batch->session, ticket, &reply, err);
}

enum hv_status policy_allow_vm(struct batch *batch, const struct hv_uuid *vm, struct hv_error *err)
{
	const struct hv_vm *found = overview_vm(&batch->session.overview, vm);
	const struct hv_host *host = found ? overview_host(&batch->session.overview, &found->host) : NULL;
	return policy_allow(batch, host ? host->group : NULL, err);
}
