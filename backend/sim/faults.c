#include "backend/sim/faults.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/commands.h"
#include "backend/sim/host.h"
#include "backend/sim/jobs.h"

#define COUNT_MAX 1000000
#define MILLISECONDS_MAX 3600000

enum argument { ARGUMENT_NONE, ARGUMENT_NUMBER, ARGUMENT_CODE, ARGUMENT_PLACE };

static const struct fault_rule {
	const char *name;
	bool per_command; /* names a command and is used up */
	enum argument argument;
	bool argument_needed;
	const char *help;
} rules[] = {
	[FAULT_DROP_BEFORE] = {"drop-before", true, ARGUMENT_NONE, false,
		"drop-before:CMD      the connection closes before the command is done"},
	[FAULT_DROP_AFTER] = {"drop-after", true, ARGUMENT_NONE, false,
		"drop-after:CMD       the command is done, then the connection closes without an answer"},
	[FAULT_LATE] = {"late", true, ARGUMENT_NUMBER, true, "late:CMD:MS          the answer comes MS ms late"},
	[FAULT_FALSE] = {"false", true, ARGUMENT_CODE, false,
		"false:CMD[:CODE]     answered result:false (HostError, or CODE) without being done"},
	[FAULT_DIE_MID] = {"die-mid", true, ARGUMENT_PLACE, false,
		"die-mid:CMD[:WHERE]  the agent is killed; WHERE: intent, running, copying (ExportVm), applied (default), done"},
	[FAULT_SLOW] = {"slow", true, ARGUMENT_NUMBER, true, "slow:CMD:MS          the host takes MS ms more for it"},
	[FAULT_DAMAGED] = {"damaged", true, ARGUMENT_NONE, false,
		"damaged:CMD          what ExportVm or CreateVolumeSnapshot copies is damaged; reading it back shows it"},
	[FAULT_INCOMPLETE] = {"incomplete", true, ARGUMENT_NONE, false,
		"incomplete:ExportVm  the export misses a checkpoint, and the agent does not see it"},
	[FAULT_DISK_FULL] = {"disk-full", false, ARGUMENT_NONE, false,
		"disk-full            checkpoints, applies and copies find no space"},
	[FAULT_STORAGE_GONE] = {"storage-gone", false, ARGUMENT_NONE, false,
		"storage-gone         the primary storage is away; merges stand still, copies end"},
	[FAULT_VSS] = {"vss", false, ARGUMENT_NONE, false, "vss                  no guest can be quiesced"},
	[FAULT_LATENCY] = {"latency", false, ARGUMENT_NUMBER, true,
		"latency:MS           every line takes MS ms more, each way"},
	[FAULT_DOWN] = {"down", false, ARGUMENT_NONE, false, "down                 the agent cannot be started"},
	[FAULT_GARBAGE] = {"garbage", false, ARGUMENT_NONE, false,
		"garbage              noise before Ready, and one malformed line after it"},
	[FAULT_SILENT] = {"silent", false, ARGUMENT_NONE, false,
		"silent               the agent takes everything and says nothing"},
};
static_assert(HV_ARRAY_LEN(rules) == FAULT_COUNT, "a rule for every fault");

static const char *const places[] = {"intent", "running", "copying", "applied", "done"};

void fault_help(struct hv_text *text)
{
	for (size_t i = 0; i < FAULT_COUNT; i++) {
		hv_text_printf(text, "  %s\n", rules[i].help);
	}
}

/* --- reading a spec -------------------------------------------------------------------------------------------- */

struct spec {
	enum fault_kind kind;
	const char *command; /* NULL: none given; "*": any */
	const char *argument;
	int64_t count;
	char *text;
};

static bool parse_count(const char *digits, int64_t most, int64_t *ret_count)
{
	int64_t count = 0;
	for (const char *c = digits; *c; c++) {
		if (*c < '0' || *c > '9' || count > most) {
			return false;
		}
		count = count * 10 + (*c - '0');
	}
	*ret_count = count;
	return *digits != '\0' && count <= most;
}

/* Cut "xCOUNT" off the end when it is there. */
static enum hv_status take_count(struct spec *spec, struct hv_error *err)
{
	char *x = strrchr(spec->text, 'x');
	spec->count = 1;
	if (!x || x[1] == '\0' || strspn(x + 1, "0123456789") != strlen(x + 1)) {
		return HV_OK;
	}
	if (!parse_count(x + 1, COUNT_MAX, &spec->count) || spec->count == 0) {
		return hv_error_set(err, HV_ERR_INVALID, "the count of fault '%s' is not from 1 to %d", spec->text,
			COUNT_MAX);
	}
	*x = '\0';
	return HV_OK;
}

static enum hv_status parse_name(struct spec *spec, struct hv_error *err)
{
	for (size_t i = 0; i < FAULT_COUNT; i++) {
		if (strcmp(rules[i].name, spec->text) == 0) {
			spec->kind = (enum fault_kind)i;
			return HV_OK;
		}
	}
	return hv_error_set(err, HV_ERR_INVALID, "there is no fault '%s'; see --help", spec->text);
}

static enum hv_status parse_command(struct spec *spec, struct hv_error *err)
{
	const char *full = strcmp(spec->command, "*") == 0 ? "*" : command_full_name(spec->command);
	if (!full) {
		return hv_error_set(err, HV_ERR_INVALID, "there is no command '%s'", spec->command);
	}
	spec->command = full;
	return HV_OK;
}

static void spec_clear(struct spec *spec)
{
	free(spec->text);
}

static char *cut(char *text)
{
	char *colon = text ? strchr(text, ':') : NULL;
	if (colon) {
		*colon = '\0';
		return colon + 1;
	}
	return NULL;
}

static enum hv_status spec_parse(const char *text, struct spec *ret_spec, struct hv_error *err)
{
	struct spec spec = {.text = hv_strdup(text)};
	enum hv_status status = take_count(&spec, err);
	char *rest = cut(spec.text);
	if (status == HV_OK) {
		status = parse_name(&spec, err);
	}
	if (status == HV_OK && rules[spec.kind].per_command && rest) {
		spec.command = rest;
		rest = cut(rest);
		status = parse_command(&spec, err);
	}
	spec.argument = rest;
	if (status != HV_OK) {
		spec_clear(&spec);
		return status;
	}
	*ret_spec = spec;
	return HV_OK;
}

static enum hv_status check_argument(const struct spec *spec, struct hv_error *err)
{
	const struct fault_rule *rule = &rules[spec->kind];
	int64_t number;
	if (rule->per_command && !spec->command) {
		return hv_error_set(err, HV_ERR_INVALID, "fault '%s' needs a command: %s", rule->name, rule->help);
	}
	if (!spec->argument) {
		return rule->argument_needed
			       ? hv_error_set(err, HV_ERR_INVALID, "fault '%s' needs more: %s", rule->name, rule->help)
			       : HV_OK;
	}
	if (rule->argument == ARGUMENT_NUMBER && parse_count(spec->argument, MILLISECONDS_MAX, &number)) {
		return HV_OK;
	}
	if (rule->argument == ARGUMENT_CODE && command_code_exists(spec->argument)) {
		return HV_OK;
	}
	for (size_t i = 0; rule->argument == ARGUMENT_PLACE && i < HV_ARRAY_LEN(places); i++) {
		if (strcmp(places[i], spec->argument) == 0) {
			return HV_OK;
		}
	}
	return hv_error_set(err, HV_ERR_INVALID, "'%s' does not fit fault '%s': %s", spec->argument, rule->name,
		rule->help);
}

/* --- the interface --------------------------------------------------------------------------------------------- */

static void end_copies(struct sim *sim, enum fault_kind kind)
{
	if (kind == FAULT_DISK_FULL || kind == FAULT_STORAGE_GONE) {
		jobs_end_copies(sim, host_now(sim));
		jobs_advance(sim, host_now(sim));
	}
}

enum hv_status sim_fault_set(struct sim *sim, const char *text, struct hv_error *err)
{
	struct spec spec;
	enum hv_status status = spec_parse(text, &spec, err);
	if (status != HV_OK) {
		return status;
	}
	status = check_argument(&spec, err);
	if (status == HV_OK) {
		bool counted = rules[spec.kind].per_command;
		const char *argument = spec.kind == FAULT_DIE_MID && !spec.argument ? "applied" : spec.argument;
		db_begin(&sim->db);
		jobs_advance(sim, host_now(sim)); /* what has ended by now has not met it */
		if (!counted) {
			db_run(&sim->db, "DELETE FROM fault WHERE name = ?1", "s", rules[spec.kind].name);
		}
		db_run(&sim->db, "INSERT INTO fault (name, command, argument, remaining) VALUES (?1, ?2, ?3, ?4)",
			"sssn", rules[spec.kind].name, spec.command, argument, counted ? spec.count : (int64_t)0);
		end_copies(sim, spec.kind);
		status = db_commit(&sim->db, err);
	}
	spec_clear(&spec);
	return status;
}

enum hv_status sim_fault_clear(struct sim *sim, const char *text, struct hv_error *err)
{
	struct spec spec = {0};
	if (text) {
		enum hv_status status = spec_parse(text, &spec, err);
		if (status != HV_OK) {
			return status;
		}
	}
	db_begin(&sim->db);
	db_run(&sim->db,
		"DELETE FROM fault WHERE (?1 IS NULL OR name = ?1) AND (?2 IS NULL OR command = ?2)"
		" AND (?3 IS NULL OR argument = ?3)",
		"sss", text ? rules[spec.kind].name : NULL, spec.command, spec.argument);
	spec_clear(&spec);
	return db_commit(&sim->db, err);
}

enum hv_status sim_fault_list(struct sim *sim, struct hv_text *text, struct hv_error *err)
{
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT name || coalesce(':' || command, '') || coalesce(':' || argument, '')"
		" || coalesce('x' || remaining, '') FROM fault ORDER BY id",
		"");
	while (db_next(&sim->db, rows)) {
		hv_text_printf(text, "%s\n", db_column(rows, 0));
	}
	return db_settle(&sim->db, err);
}

bool fault_stands(struct sim *sim, enum fault_kind kind)
{
	return db_number(&sim->db, 0, "SELECT 1 FROM fault WHERE name = ?1 LIMIT 1", "s", rules[kind].name) != 0;
}

int64_t fault_number(struct sim *sim, enum fault_kind kind, int64_t absent)
{
	return db_number(&sim->db, absent,
		"SELECT CAST(argument AS INTEGER) FROM fault WHERE name = ?1 ORDER BY id DESC LIMIT 1", "s",
		rules[kind].name);
}

bool fault_take(struct sim *sim, enum fault_kind kind, const char *command, const char *place, char **ret_argument)
{
	int64_t id = db_number(&sim->db, 0,
		"SELECT id FROM fault WHERE name = ?1 AND command IN (?2, '*') AND (?3 IS NULL OR argument = ?3)"
		" ORDER BY id LIMIT 1",
		"sss", rules[kind].name, command, place);
	if (id == 0) {
		return false;
	}
	if (ret_argument) {
		*ret_argument = db_string(&sim->db, "SELECT argument FROM fault WHERE id = ?1", "i", id);
	}
	db_run(&sim->db, "UPDATE fault SET remaining = remaining - 1 WHERE id = ?1", "i", id);
	db_run(&sim->db, "DELETE FROM fault WHERE id = ?1 AND remaining <= 0", "i", id);
	return true;
}
