/* hvtree host list. */
#include "tui/batch/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/batch/objects.h"
#include "tui/batch/report.h"
#include "tui/batch/table.h"

static const struct table_column columns[] = {
	{"NAME", false}, {"GROUP", false}, {"STATE", false}, {"SEEN", true}, {"VMS", true}, {"FREE", true},
	{"VERSION", false}, {"TRANSPORT", false}, {"REASON", false}, {"ID", false},
};

static void list_json(struct batch *batch, const struct hv_host *const *hosts, size_t count)
{
	json_open_object(&batch->json, NULL);
	json_put_integer(&batch->json, "count", (int64_t)count);
	json_open_array(&batch->json, "host");
	for (size_t i = 0; i < count; i++) {
		json_new_line(&batch->json);
		json_open_object(&batch->json, NULL);
		json_put_host(&batch->json, hosts[i]);
		json_close_object(&batch->json);
	}
	output_puts(&batch->output, "\n");
	json_close_array(&batch->json);
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
}

static void list_text(struct batch *batch, const struct hv_host *const *hosts, size_t count)
{
	struct hv_clock clock = hv_clock_system();
	struct table table;
	table_init(&table, &batch->output, columns, HV_ARRAY_LEN(columns));
	for (size_t i = 0; i < count; i++) {
		const struct hv_host *host = hosts[i];
		char seen[16], vms[24], space[16], id[HV_UUID_TEXT_SIZE];
		int64_t age_us = hv_clock_wall_us(&clock) - host->seen_us;
		(void)snprintf(vms, sizeof vms, "%" PRId64, host->vm_count);
		const char *cells[] = {host->name, host->group, host_state_name(host->state),
			host->seen_us == 0 ? "never" : hv_format_age(age_us, seen), vms,
			host->free_bytes < 0 ? NULL : hv_format_bytes(host->free_bytes, space), host->version,
			host->transport, host->reason, hv_uuid_format(&host->uuid, id)};
		table_row(&table, cells);
	}
	table_finish(&table);
}

/* In the group that was asked for, with the word that was asked for in its name or its address. */
static bool is_wanted(const struct batch *batch, const struct hv_host *host)
{
	const char *group = batch->arguments->text[OPTION_GROUP];
	const char *keyword = batch->arguments->text[OPTION_KEYWORD];
	if (group && !hv_text_same_name(host->group ? host->group : "", group)) {
		return false;
	}
	if (!keyword) {
		return true;
	}
	HV_CLEANUP_FREE char *word = hv_text_name_key(keyword);
	HV_CLEANUP_FREE char *name = hv_text_name_key(host->name);
	HV_CLEANUP_FREE char *address = hv_text_name_key(host->address ? host->address : "");
	return strstr(name, word) || strstr(address, word);
}

/* Those that are not wanted go behind the others. Returns how many are. */
static size_t choose(const struct batch *batch, const struct hv_host **hosts, size_t count)
{
	size_t chosen = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_wanted(batch, hosts[i])) {
			const struct hv_host *host = hosts[i];
			memmove(&hosts[chosen + 1], &hosts[chosen], (i - chosen) * sizeof(struct hv_host *));
			hosts[chosen++] = host;
		}
	}
	return chosen;
}

int command_host_list(struct batch *batch)
{
	struct hv_error error;
	if (session_load(&batch->session, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	size_t count = batch->session.overview.hosts.count;
	const struct hv_host **hosts = overview_hosts_in_order(&batch->session.overview);
	(batch->wants_json ? list_json : list_text)(batch, hosts, choose(batch, hosts, count));
	overview_free_hosts(hosts, count);
	return BATCH_DONE;
}
