#include "backend/sim/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/memory.h"
#include "backend/demo/fleet_file.h"
#include "backend/sim/faults.h"
#include "backend/sim/sim.h"

#define BUSY_TRIES 300 /* a foreign act waits 15 s for the VM */
#define BUSY_PAUSE_MS 50

static const char usage[] =
	"Usage: hvtree-sim --state FILE [COMMAND]\n"
	"\n"
	"Without a command it is the agent of a simulated Hyper-V host: the protocol on stdin and stdout.\n"
	"\n"
	"  load FLEET.ini HOSTNAME             make FILE from a fleet file\n"
	"  show [--json]                       VMs, states and checkpoint trees\n"
	"  guest write VM [--disk NAME|--memory] KEY VALUE\n"
	"  guest read VM [WHERE] KEY\n"
	"  guest list VM [WHERE]               what the guest holds; WHERE, by default its root disk as it is now:\n"
	"                                      [--disk NAME|--memory] [--checkpoint NAME] [--export ID],\n"
	"                                      or --volume-snapshot ID (of any VM, also one that is gone)\n"
	"  foreign create VM NAME [--kind Standard|Recovery|Planned|Missing|Replica|Automatic]\n"
	"  foreign delete VM NAME              checkpoints made behind the console's back\n"
	"  foreign spoil-export VM [--unseen]  the VM's export rots; unseen: until it is read back\n"
	"  fault set SPEC                      make something go wrong\n"
	"  fault list\n"
	"  fault clear [SPEC]                  all, or those that SPEC names\n"
	"  speed PERCENT                       how long things take: 100 is the demo's pace, 0 is at once\n"
	"  check                               whether FILE makes sense\n"
	"\n"
	"VM is a name or a uuid. Exit codes: 0 done, 1 refused or failed, 2 usage.\n"
	"\n"
	"Faults, NAME[:COMMAND][:ARGUMENT][xCOUNT]; CMD is a command's name, with or without 'Command', or *:\n";

void cli_help(void)
{
	struct hv_text text = HV_TEXT_INIT;
	hv_text_puts(&text, usage);
	fault_help(&text);
	(void)fputs(hv_text_get(&text), stdout);
	hv_text_clear(&text);
}

/* What follows a command's word. */
struct arguments {
	int count;
	char **items;
};

static int wrong_usage(const char *sentence)
{
	(void)fprintf(stderr, "hvtree-sim: %s; see hvtree-sim --help\n", sentence);
	return CLI_USAGE;
}

static int report(enum hv_status status, const struct hv_error *err)
{
	if (status == HV_OK) {
		return CLI_DONE;
	}
	char *text = hv_text_printable(err->text, strlen(err->text));
	(void)fprintf(stderr, "hvtree-sim: %s\n", text);
	free(text);
	return status == HV_ERR_INVALID ? CLI_USAGE : CLI_FAILED;
}

static int print(struct hv_text *text)
{
	bool good = fputs(hv_text_get(text), stdout) >= 0 && fflush(stdout) == 0;
	hv_text_clear(text);
	return good ? CLI_DONE : CLI_FAILED;
}

/* --- guest ----------------------------------------------------------------------------------------------------- */

/* Where the value of an option goes; NULL: there is no such option. */
static const char **option_value(struct sim_place *place, const char *option)
{
	const struct {
		const char *option;
		const char **value;
	} options[] = {
		{"--disk", &place->disk},
		{"--checkpoint", &place->checkpoint},
		{"--export", &place->export},
		{"--volume-snapshot", &place->volume_snapshot},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(options); i++) {
		if (strcmp(options[i].option, option) == 0) {
			return options[i].value;
		}
	}
	return NULL;
}

/* Take the options out of the arguments; false on bad usage. */
static bool take_place(struct arguments *arguments, struct sim_place *place)
{
	int kept = 0;
	bool options = true;
	for (int i = 0; i < arguments->count; i++) {
		char *item = arguments->items[i];
		if (!options || strncmp(item, "--", 2) != 0) {
			arguments->items[kept++] = item;
		} else if (strcmp(item, "--") == 0) {
			options = false;
		} else if (strcmp(item, "--memory") == 0) {
			place->memory = true;
		} else {
			const char **value = option_value(place, item);
			if (!value || ++i == arguments->count) {
				return false;
			}
			*value = arguments->items[i];
		}
	}
	arguments->count = kept;
	return kept > 0;
}

static int guest_write(struct sim *sim, const struct sim_place *place, const struct arguments *rest)
{
	struct hv_error err;
	if (rest->count != 2) {
		return wrong_usage("guest write VM [--disk NAME|--memory] KEY VALUE");
	}
	return report(sim_guest_write(sim, place, rest->items[0], rest->items[1], &err), &err);
}

static int guest_read(struct sim *sim, const struct sim_place *place, const struct arguments *rest)
{
	struct hv_error err;
	char *value = NULL;
	if (rest->count != 1) {
		return wrong_usage("guest read VM [WHERE] KEY");
	}
	enum hv_status status = sim_guest_read(sim, place, rest->items[0], &value, &err);
	if (status != HV_OK) {
		return report(status, &err);
	}
	struct hv_text text = HV_TEXT_INIT;
	hv_text_printf(&text, "%s\n", value);
	free(value);
	return print(&text);
}

static int guest_list(struct sim *sim, const struct sim_place *place, const struct arguments *rest)
{
	struct hv_error err;
	struct hv_text text = HV_TEXT_INIT;
	if (rest->count != 0) {
		return wrong_usage("guest list VM [WHERE]");
	}
	enum hv_status status = sim_guest_list(sim, place, &text, &err);
	if (status != HV_OK) {
		hv_text_clear(&text);
		return report(status, &err);
	}
	return print(&text);
}

static int run_guest(struct sim *sim, struct arguments arguments)
{
	static const struct {
		const char *word;
		int (*run)(struct sim *sim, const struct sim_place *place, const struct arguments *rest);
	} words[] = {{"write", guest_write}, {"read", guest_read}, {"list", guest_list}};
	struct arguments rest = {arguments.count - 1, arguments.items + 1};
	struct sim_place place = {.vm = NULL};
	if (arguments.count < 2 || !take_place(&rest, &place)) {
		return wrong_usage("guest write|read|list VM [WHERE] [KEY [VALUE]]");
	}
	place.vm = rest.items[0];
	rest = (struct arguments){rest.count - 1, rest.items + 1};
	for (size_t i = 0; i < HV_ARRAY_LEN(words); i++) {
		if (strcmp(words[i].word, arguments.items[0]) == 0) {
			return words[i].run(sim, &place, &rest);
		}
	}
	return wrong_usage("guest write|read|list");
}

/* --- the others ------------------------------------------------------------------------------------------------ */

static enum hv_status foreign_once(struct sim *sim, const struct arguments *arguments, const char *kind,
	struct hv_error *err)
{
	return strcmp(arguments->items[0], "create") == 0
		       ? sim_foreign_create(sim, arguments->items[1], arguments->items[2], kind, err)
		       : sim_foreign_delete(sim, arguments->items[1], arguments->items[2], err);
}

static int spoil_export(struct sim *sim, const struct arguments *arguments)
{
	struct hv_error err;
	bool unseen = arguments->count == 3 && strcmp(arguments->items[2], "--unseen") == 0;
	if (arguments->count != 2 && !unseen) {
		return wrong_usage("foreign spoil-export VM [--unseen]");
	}
	return report(sim_foreign_spoil_export(sim, arguments->items[1], !unseen, &err), &err);
}

static int run_foreign(struct sim *sim, struct arguments arguments)
{
	static const struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};
	bool create = arguments.count > 0 && strcmp(arguments.items[0], "create") == 0;
	bool has_kind = create && arguments.count == 5 && strcmp(arguments.items[3], "--kind") == 0;
	if (arguments.count > 0 && strcmp(arguments.items[0], "spoil-export") == 0) {
		return spoil_export(sim, &arguments);
	}
	bool delete = arguments.count > 0 && strcmp(arguments.items[0], "delete") == 0;
	if (!(create || delete) || (arguments.count != 3 && !has_kind)) {
		return wrong_usage("foreign create|delete VM NAME, or foreign spoil-export VM");
	}
	struct hv_error err;
	const char *kind = has_kind ? arguments.items[4] : NULL;
	enum hv_status status = foreign_once(sim, &arguments, kind, &err);
	for (int i = 0; status == HV_ERR_CONFLICT && i < BUSY_TRIES; i++) {
		(void)nanosleep(&pause, NULL);
		status = foreign_once(sim, &arguments, kind, &err);
	}
	return report(status, &err);
}

static int run_fault(struct sim *sim, struct arguments arguments)
{
	struct hv_error err;
	struct hv_text text = HV_TEXT_INIT;
	const char *word = arguments.count > 0 ? arguments.items[0] : "";
	if (strcmp(word, "set") == 0 && arguments.count == 2) {
		return report(sim_fault_set(sim, arguments.items[1], &err), &err);
	}
	if (strcmp(word, "clear") == 0 && arguments.count <= 2) {
		const char *spec = arguments.count == 2 ? arguments.items[1] : NULL;
		return report(sim_fault_clear(sim, spec, &err), &err);
	}
	if (strcmp(word, "list") != 0 || arguments.count != 1) {
		return wrong_usage("fault set SPEC, fault list, or fault clear [SPEC]");
	}
	enum hv_status status = sim_fault_list(sim, &text, &err);
	if (status != HV_OK) {
		hv_text_clear(&text);
		return report(status, &err);
	}
	return print(&text);
}

static int run_speed(struct sim *sim, struct arguments arguments)
{
	struct hv_error err;
	char *end = NULL;
	errno = 0;
	long percent = arguments.count == 1 ? strtol(arguments.items[0], &end, 10) : -1;
	if (!end || end == arguments.items[0] || *end != '\0' || errno != 0) {
		return wrong_usage("speed PERCENT");
	}
	return report(sim_set_speed(sim, percent, &err), &err);
}

static int run_show(struct sim *sim, struct arguments arguments)
{
	struct hv_error err;
	struct hv_text text = HV_TEXT_INIT;
	bool json = arguments.count == 1 && strcmp(arguments.items[0], "--json") == 0;
	if (arguments.count > 0 && !json) {
		return wrong_usage("show [--json]");
	}
	enum hv_status status = sim_show(sim, json, &text, &err);
	if (status != HV_OK) {
		hv_text_clear(&text);
		return report(status, &err);
	}
	return print(&text);
}

static int run_check(struct sim *sim, struct arguments arguments)
{
	struct hv_error err;
	struct hv_text findings = HV_TEXT_INIT;
	if (arguments.count != 0) {
		return wrong_usage("check takes nothing more");
	}
	enum hv_status status = sim_check(sim, &findings, &err);
	(void)print(&findings);
	return report(status, &err);
}

static int run_load(const char *state_file, struct arguments arguments)
{
	struct hv_error err;
	struct fleet fleet;
	const struct sim_options options = {.clock = hv_clock_system()};
	if (arguments.count != 2) {
		return wrong_usage("load FLEET.ini HOSTNAME");
	}
	enum hv_status status = fleet_read_file(arguments.items[0], &fleet, &err);
	if (status == HV_OK) {
		status = sim_create(state_file, &fleet, arguments.items[1], &options, &err);
		fleet_clear(&fleet);
	} else {
		(void)report(status, &err);
		return CLI_FAILED; /* the file is wrong, not the command */
	}
	return report(status, &err);
}

static const struct {
	const char *word;
	int (*run)(struct sim *sim, struct arguments arguments);
} commands[] = {
	{"guest", run_guest},
	{"foreign", run_foreign},
	{"fault", run_fault},
	{"speed", run_speed},
	{"show", run_show},
	{"check", run_check},
};

int cli_run(const char *state_file, int count, char **items)
{
	struct arguments rest = {count - 1, items + 1};
	struct hv_error err;
	struct sim *sim = NULL;
	const struct sim_options options = {.clock = hv_clock_system()};
	if (strcmp(items[0], "load") == 0) {
		return run_load(state_file, rest);
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].word, items[0]) != 0) {
			continue;
		}
		enum hv_status status = sim_open(state_file, &options, &sim, &err);
		if (status != HV_OK) {
			return report(status, &err);
		}
		int code = commands[i].run(sim, rest);
		sim_close(sim);
		return code;
	}
	HV_CLEANUP_FREE char *shown = hv_text_printable(items[0], strlen(items[0]));
	(void)fprintf(stderr, "hvtree-sim: there is no command '%s'; see hvtree-sim --help\n", shown);
	return CLI_USAGE;
}
