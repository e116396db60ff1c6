#include "tui/batch/plain.h"

#include <locale.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/batch/demo_folder.h"
#include "tui/batch/report.h"
#include "tui/batch/table.h"

#define WORDS_MAX 64

struct plain {
	struct session session;
	bool read_only;
	struct hv_uuid *vms; /* as they were numbered last, from 1 */
	size_t vm_count;
	struct hv_uuid vm;        /* the one that is open; nil: none */
	struct hv_uuid *rows;     /* snapshots, as they were numbered last; nil: one that is not hvtree's */
	size_t row_count;
	bool quit;
};

static void say(const char *format, ...) HV_PRINTF(1, 2);

static void say(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

/* "1" to `count`; 0 when it is none of them, which is said. */
static size_t number_of(const char *word, size_t count, const char *what)
{
	char *end;
	unsigned long number = strtoul(word ? word : "", &end, 10);
	if (word == NULL || *end != '\0' || number < 1 || number > count) {
		say("Say the number of a %s, from 1 to %zu.", what, count);
		return 0;
	}
	return number;
}

/* ---- lists ---- */

static void say_vm(const struct plain *plain, const struct hv_vm *vm, size_t number)
{
	const struct hv_host *host = overview_host(&plain->session.overview, &vm->host);
	HV_CLEANUP_FREE char *name = printable(vm->name);
	HV_CLEANUP_FREE char *host_name = printable(host ? host->name : "?");
	HV_CLEANUP_FREE char *snapshots = vm->snapshots == 0 ? hv_strdup("no snapshots")
		: hv_sprintf("%" PRId64 " snapshot%s", vm->snapshots, vm->snapshots == 1 ? "" : "s");
	say("%zu. %s, on %s, %s, %s", number, name, host_name, vm_state_name(vm->state), snapshots);
}

/* All VMs, or those with this text in their name. */
static void list_vms(struct plain *plain, char **words)
{
	size_t count = plain->session.overview.vms.count;
	const struct hv_vm **vms = overview_vms_in_order(&plain->session.overview);
	free(plain->vms);
	plain->vms = hv_alloc((count + 1) * sizeof *plain->vms);
	plain->vm_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (words[1] == NULL || strcasestr(vms[i]->name, words[1]) != NULL) {
			plain->vms[plain->vm_count++] = vms[i]->uuid;
			say_vm(plain, vms[i], plain->vm_count);
		}
	}
	overview_free_vms(vms, count);
	say("%zu VMs. 'open NUMBER' tells the snapshots of one.", plain->vm_count);
}

static void say_node(const struct hv_tree *tree, size_t at, int64_t now_us)
{
	const struct hv_node *node = &tree->nodes[at];
	char age[16];
	HV_CLEANUP_FREE char *name = printable(node->name);
	HV_CLEANUP_FREE char *parent = printable(node->parent >= 0 ? tree->nodes[node->parent].name : "");
	HV_CLEANUP_FREE char *below = node->parent >= 0 ? hv_sprintf(", made from %s", parent) : hv_strdup(", a root");
	say("%zu. %s, %s, %s, %s old%s%s", at + 1, name,
		node->type == SNAPSHOT_DISK_AND_MEMORY ? "disk and memory" : "disk only",
		node->untracked ? "made outside hvtree" : snapshot_state_name(node->state),
		hv_format_age(now_us - node->created_us, age), below, node->current ? ", current" : "");
}

static void tell_tree(struct plain *plain, const struct hv_tree *tree)
{
	struct hv_clock clock = hv_clock_system();
	free(plain->rows);
	plain->rows = hv_alloc((tree->count + 1) * sizeof *plain->rows);
	plain->row_count = tree->count;
	for (size_t i = 0; i < tree->count; i++) {
		plain->rows[i] = tree->nodes[i].untracked ? (struct hv_uuid){{0}} : tree->nodes[i].id;
		say_node(tree, i, hv_clock_wall_us(&clock));
	}
	say("%zu snapshots. 'take NAME', 'revert NUMBER', 'delete NUMBER', 'start', 'stop'.", tree->count);
}

static void tell_open(struct plain *plain)
{
	const struct hv_tree *tree;
	struct hv_error error;
	if (session_tree(&plain->session, &plain->vm, &tree, &error) != HV_OK) {
		say("Not possible: %s.", error.text);
		return;
	}
	const struct hv_vm *vm = overview_vm(&plain->session.overview, &plain->vm);
	HV_CLEANUP_FREE char *name = printable(vm ? vm->name : "?");
	say("VM %s, %s.", name, vm ? vm_state_name(vm->state) : "gone");
	tell_tree(plain, tree);
	hv_tree_unref(tree);
}

static void open_vm(struct plain *plain, char **words)
{
	size_t number = number_of(words[1], plain->vm_count, "VM ('vms' numbers them)");
	if (number > 0) {
		plain->vm = plain->vms[number - 1];
		tell_open(plain);
	}
}

/* ---- commands ---- */

static void run_in_session(struct plain *plain, struct arguments *arguments)
{
	struct batch *batch = hv_alloc(sizeof *batch);
	struct hv_error error;
	batch_init(batch, arguments);
	batch->session = plain->session;
	if (arguments->given[OPTION_DEMO] || arguments->given[OPTION_STORE]) {
		hv_error_set(&error, HV_ERR_INVALID, "one store at a time: start hvtree again for another one");
		(void)batch_fail(batch, &error);
	} else {
		(void)arguments->command->run(batch);
	}
	if (output_flush(&batch->output, &error) != HV_OK) {
		plain->quit = true; /* nobody reads any more */
	}
	plain->session = batch->session;
	batch_clear(batch);
	free(batch);
}

/* By name, so that a command that nobody has thought of here counts as one that changes something. */
static bool only_looks(const struct command *command)
{
	static const char *const lookers[] = {"list", "show", "tree", "log", "sync", "help", "manual", "completion"};
	const char *space = strchr(command->words, ' ');
	const char *last = space ? space + 1 : command->words;
	for (size_t i = 0; i < HV_ARRAY_LEN(lookers); i++) {
		if (strcmp(last, lookers[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* `words` as after "hvtree ". */
static void run_command(struct plain *plain, char **words, size_t count)
{
	char *argv[WORDS_MAX + 2];
	char program[] = "hvtree";
	struct arguments arguments;
	struct hv_error error;
	argv[0] = program;
	memcpy(argv + 1, words, count * sizeof *words);
	argv[count + 1] = NULL;
	(void)fflush(stdout);
	enum hv_status status = arguments_parse((int)count + 1, argv, &arguments, &error);
	if (status != HV_OK) {
		say("Not understood: %s. 'help' lists what there is.", error.text);
	} else if (arguments.command == NULL) {
		say("Not understood. 'help' lists what there is.");
	} else if (plain->read_only && !only_looks(arguments.command) && !arguments.given[OPTION_DRY_RUN]) {
		say("Not possible: this console is read-only.");
	} else {
		run_in_session(plain, &arguments);
	}
	arguments_clear(&arguments);
}

/* "snapshot WHAT VM [id of row NUMBER]" for the VM that is open. */
static void act_on_row(struct plain *plain, const char *what, const char *word)
{
	char vm[HV_UUID_TEXT_SIZE], id[HV_UUID_TEXT_SIZE];
	size_t number = number_of(word, plain->row_count, "snapshot ('show' numbers them)");
	if (number == 0) {
		return;
	}
	if (hv_uuid_is_nil(&plain->rows[number - 1])) {
		say("Not possible: this checkpoint was made outside hvtree and is never changed by it.");
		return;
	}
	HV_CLEANUP_FREE char *verb = hv_strdup(what);
	char noun[] = "snapshot";
	(void)hv_uuid_format(&plain->vm, vm);
	(void)hv_uuid_format(&plain->rows[number - 1], id);
	char *words[] = {noun, verb, vm, id};
	run_command(plain, words, HV_ARRAY_LEN(words));
}

static void revert(struct plain *plain, char **words)
{
	act_on_row(plain, "revert", words[1]);
}

static void delete(struct plain *plain, char **words)
{
	act_on_row(plain, "delete", words[1]);
}

static void act_on_vm(struct plain *plain, const char *first, const char *second, char *name)
{
	char vm[HV_UUID_TEXT_SIZE], option[] = "--name";
	HV_CLEANUP_FREE char *noun = hv_strdup(first);
	HV_CLEANUP_FREE char *verb = hv_strdup(second);
	(void)hv_uuid_format(&plain->vm, vm);
	char *words[] = {noun, verb, vm, option, name};
	run_command(plain, words, name ? 5 : 3);
}

static void take(struct plain *plain, char **words)
{
	act_on_vm(plain, "snapshot", "create", words[1]);
}

static void start(struct plain *plain, char **words)
{
	(void)words;
	act_on_vm(plain, "vm", "start", NULL);
}

static void stop(struct plain *plain, char **words)
{
	(void)words;
	act_on_vm(plain, "vm", "stop", NULL);
}

static void show(struct plain *plain, char **words)
{
	(void)words;
	tell_open(plain);
}

static void quit(struct plain *plain, char **words)
{
	(void)words;
	plain->quit = true;
}

static void tell_words(struct plain *plain, char **words);

static const struct {
	const char *word, *operand;
	bool needs_vm;
	void (*run)(struct plain *plain, char **words);
	const char *help;
} own_words[] = {
	{"vms", " [TEXT]", false, list_vms, "number the VMs, all or those with TEXT in their name"},
	{"open", " NUMBER", false, open_vm, "tell the snapshots of a VM; what follows is about this VM"},
	{"show", "", true, show, "tell them again"},
	{"take", " [NAME]", true, take, "take a snapshot"},
	{"revert", " NUMBER", true, revert, "bring the VM back to a snapshot; asks first"},
	{"delete", " NUMBER", true, delete, "delete a snapshot; asks first"},
	{"start", "", true, start, "start the VM"},
	{"stop", "", true, stop, "shut the VM down"},
	{"words", "", false, tell_words, "tell these words; 'help' lists the commands, which work here too"},
	{"quit", "", false, quit, "end"},
};

static void tell_words(struct plain *plain, char **words)
{
	(void)plain;
	(void)words;
	for (size_t i = 0; i < HV_ARRAY_LEN(own_words); i++) {
		say("%s%s: %s", own_words[i].word, own_words[i].operand, own_words[i].help);
	}
}

/* ---- lines ---- */

/* By blanks; what stands in quotes is one word. Returns how many; the line is cut up. */
static size_t split(char *line, char *words[WORDS_MAX + 1])
{
	size_t count = 0;
	line[strcspn(line, "\r\n")] = '\0';
	while (count < WORDS_MAX && *(line += strspn(line, " \t")) != '\0') {
		bool quoted = *line == '"';
		line += quoted ? 1 : 0;
		words[count++] = line;
		line += strcspn(line, quoted ? "\"" : " \t");
		if (*line != '\0') {
			*line++ = '\0';
		}
	}
	words[count] = NULL;
	return count;
}

static void run_words(struct plain *plain, char **words, size_t count)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(own_words); i++) {
		if (strcmp(words[0], own_words[i].word) != 0) {
			continue;
		}
		if (own_words[i].needs_vm && hv_uuid_is_nil(&plain->vm)) {
			say("Open a VM first: 'vms', then 'open NUMBER'.");
		} else {
			own_words[i].run(plain, words);
		}
		return;
	}
	run_command(plain, words, count);
}

static void talk(struct plain *plain)
{
	char line[4096];
	char *words[WORDS_MAX + 1];
	say("hvtree, line by line. 'vms' numbers the VMs, 'words' tells what can be said, 'quit' ends.");
	while (!plain->quit) {
		(void)fputs("hvtree> ", stdout);
		(void)fflush(stdout);
		if (fgets(line, sizeof line, stdin) == NULL) {
			say("%s", "");
			return;
		}
		size_t count = split(line, words);
		if (count > 0) {
			run_words(plain, words, count);
		}
	}
}

static int talk_with(const struct console_options *options, const char *demo_dir)
{
	const struct hv_config config = {
		.store_path = options->store, .demo_dir = demo_dir, .connect = HV_CONNECT_ON_DEMAND};
	struct plain plain = {.read_only = options->read_only};
	struct hv_error error;
	enum hv_status status = session_open(&plain.session, &config, &error);
	if (status == HV_OK) {
		status = session_load(&plain.session, &error);
	}
	if (status == HV_OK) {
		talk(&plain);
	} else {
		(void)fprintf(stderr, "hvtree: %s\n", error.text);
	}
	session_close(&plain.session);
	free(plain.vms);
	free(plain.rows);
	return status == HV_OK ? BATCH_DONE : BATCH_FAILED;
}

int plain_main(const struct console_options *options)
{
	struct hv_error error;
	char *temporary = NULL;
	(void)setlocale(LC_CTYPE, "");
	if (options->demo && options->demo_dir == NULL && demo_folder_make(&temporary, &error) != HV_OK) {
		(void)fprintf(stderr, "hvtree: %s\n", error.text);
		return BATCH_FAILED;
	}
	int code = talk_with(options, temporary ? temporary : options->demo_dir);
	demo_folder_remove(temporary);
	free(temporary);
	return code;
}
