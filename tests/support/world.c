#include "tests/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define WORDS_MAX 24

static const char fleet_text[] =
	"[fleet]\n"
	"name = scenario\n"
	"[host " WORLD_HOST "]\n"
	"group = lab\n"
	"version = 10.0.20348\n"
	"[vm " WORLD_VM "]\n"
	"host = " WORLD_HOST "\n"
	"state = %s\n"
	"cpus = 2\n"
	"memory_mb = 1024\n"
	"offering = small\n"
	"disks = root:20 data:40\n"
	"production = yes\n"
	"guest.disk.marker = start\n"
	"%s";

static struct {
	const char *transport; /* NULL: the fleet is simulated */
	const char *address;
} reach;

void world_reach(const char *transport, const char *address)
{
	reach.transport = transport;
	reach.address = address;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void add_host(struct world *world)
{
	HV_CLEANUP_FREE char *command =
		hv_sprintf("exec %s --state %s", program_path("hvtree-sim"), world->state_file);
	free(world_expect(world, 0, "host", "add", reach.address, "--name", WORLD_HOST, "--transport",
		reach.transport, "--command", command, NULL));
}

void world_make(struct world *world, bool running)
{
	char folder[] = "/tmp/hvtree-world-XXXXXX";
	*world = (struct world){0};
	assert_non_null(mkdtemp(folder));
	world->folder = hv_strdup(folder);
	world->demo_option = reach.transport ? hv_sprintf("--store=%s/hvtree.db", folder)
					     : hv_sprintf("--demo=%s", folder);
	world->state_file = hv_sprintf(reach.transport ? "%s/%s.db" : "%s/hosts/%s.db", folder, WORLD_HOST);
	char *path = hv_sprintf("%s/fleet.ini", folder);
	char *text = hv_sprintf(fleet_text, running ? "Running" : "Stopped",
		running ? "guest.memory.marker = start\n" : "");
	write_file(path, text);
	free(text);
	if (reach.transport) {
		free(world_sim(world, "load", path, WORLD_HOST, NULL));
	} else {
		free(world_expect(world, 0, "host", "list", NULL));
	}
	free(path);
	free(world_sim(world, "speed", "0", NULL));
	if (reach.transport) {
		add_host(world);
	}
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

void world_clear(struct world *world)
{
	free(world_sim(world, "check", NULL));
	(void)nftw(world->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(world->folder);
	free(world->demo_option);
	free(world->state_file);
	*world = (struct world){0};
}

static size_t gather_words(const char **argv, size_t count, va_list words)
{
	const char *word;
	while ((word = va_arg(words, const char *)) != NULL) {
		assert_true(count < WORDS_MAX - 2);
		argv[count++] = word;
	}
	return count;
}

static void run_hvtree(
	struct world *world, struct program_result *ret_result, const char *extra, va_list words)
{
	const char *argv[WORDS_MAX] = {program_path("hvtree")};
	size_t count = gather_words(argv, 1, words);
	argv[count++] = world->demo_option;
	argv[count] = extra;
	program_run(argv, world->environment, NULL, ret_result);
}

void world_run(struct world *world, struct program_result *ret_result, ...)
{
	va_list words;
	va_start(words, ret_result);
	run_hvtree(world, ret_result, NULL, words);
	va_end(words);
}

char *world_expect(struct world *world, int code, ...)
{
	struct program_result result;
	va_list words;
	va_start(words, code);
	run_hvtree(world, &result, NULL, words);
	va_end(words);
	if (result.code != code) {
		va_start(words, code);
		const char *first = va_arg(words, const char *);
		const char *second = va_arg(words, const char *);
		va_end(words);
		fail_msg("hvtree %s %s ended with %d instead of %d: '%s' '%s'", first, second ? second : "",
			result.code, code, result.out, result.err);
	}
	char *text = code == 0 ? result.out : result.err;
	free(code == 0 ? result.err : result.out);
	return text;
}

json_t *world_json(struct world *world, ...)
{
	struct program_result result;
	json_error_t problem;
	va_list words;
	va_start(words, world);
	run_hvtree(world, &result, "--json", words);
	va_end(words);
	if (result.code != 0) {
		fail_msg("hvtree ended with %d: '%s' '%s'", result.code, result.out, result.err);
	}
	json_t *json = json_loads(result.out, JSON_REJECT_DUPLICATES, &problem);
	if (!json) {
		fail_msg("not JSON (%s): '%s'", problem.text, result.out);
	}
	program_result_clear(&result);
	return json;
}

char *world_sim(struct world *world, ...)
{
	const char *argv[WORDS_MAX] = {program_path("hvtree-sim"), "--state", world->state_file};
	struct program_result result;
	va_list words;
	va_start(words, world);
	argv[gather_words(argv, 3, words)] = NULL;
	va_end(words);
	program_run(argv, NULL, NULL, &result);
	if (result.code != 0) {
		fail_msg("hvtree-sim %s ended with %d: '%s' '%s'", argv[3], result.code, result.out, result.err);
	}
	free(result.err);
	return result.out;
}

void world_write(struct world *world, bool memory, const char *key, const char *value)
{
	free(memory ? world_sim(world, "guest", "write", WORLD_VM, "--memory", key, value, NULL)
		    : world_sim(world, "guest", "write", WORLD_VM, key, value, NULL));
}

void world_assert_guest(struct world *world, bool memory, const char *key, const char *value)
{
	const char *argv[] = {program_path("hvtree-sim"), "--state", world->state_file, "guest", "read", WORLD_VM,
		memory ? "--memory" : key, memory ? key : NULL, NULL};
	struct program_result result;
	program_run(argv, NULL, NULL, &result);
	if (value) {
		char *line = hv_sprintf("%s\n", value);
		if (result.code != 0 || strcmp(result.out, line) != 0) {
			fail_msg("the guest's %s holds %s='%s' instead of '%s' (%s)", memory ? "memory" : "disk",
				key, result.out, value, result.err);
		}
		free(line);
	} else if (result.code == 0) {
		fail_msg("the guest's %s holds %s='%s'", memory ? "memory" : "disk", key, result.out);
	}
	program_result_clear(&result);
}

json_t *world_host_vm(struct world *world)
{
	const char *argv[] = {program_path("hvtree-sim"), "--state", world->state_file, NULL};
	struct program_result result;
	json_t *vm = NULL;
	program_run(argv, NULL,
		"{\"id\":1,\"command\":\"GetInventoryCommand\",\"body\":{}}\n"
		"{\"id\":2,\"command\":\"QuitCommand\",\"body\":{}}\n",
		&result);
	char *rest = result.out;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		json_t *message = json_loads(line, 0, NULL);
		json_t *vms = json_object_get(json_object_get(message, "body"), "vms");
		size_t index;
		json_t *each;
		json_array_foreach(vms, index, each) {
			if (strcmp(json_string_value(json_object_get(each, "vmName")), WORLD_VM) == 0) {
				json_decref(vm);
				vm = json_incref(each);
			}
		}
		json_decref(message);
	}
	assert_non_null(vm);
	program_result_clear(&result);
	return vm;
}

void world_assert_vm_state(struct world *world, const char *state)
{
	json_t *vm = world_host_vm(world);
	assert_string_equal(json_string_value(json_object_get(vm, "state")), state);
	json_decref(vm);
}

json_t *world_snapshots(struct world *world)
{
	json_t *list = world_json(world, "snapshot", "list", "--vm", WORLD_VM, NULL);
	json_t *array = json_object_get(list, "vmSnapshot");
	assert_true(json_is_array(array));
	assert_int_equal(json_integer_value(json_object_get(list, "count")), json_array_size(array));
	json_incref(array);
	json_decref(list);
	return array;
}

size_t world_count(struct world *world)
{
	json_t *snapshots = world_snapshots(world);
	size_t count = json_array_size(snapshots);
	json_decref(snapshots);
	return count;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static json_t *find_by(json_t *array, const char *key, const char *value)
{
	size_t index;
	json_t *each;
	json_array_foreach(array, index, each) {
		if (strcmp(text_of(each, key), value) == 0) {
			return each;
		}
	}
	return NULL;
}

/* A snapshot and its checkpoint have the same internal name; parents are compared through it. */
static void assert_same_snapshot(json_t *snapshots, json_t *snapshot, json_t *checkpoints, const char *pointer)
{
	json_t *checkpoint = find_by(checkpoints, "name", text_of(snapshot, "name"));
	if (!checkpoint) {
		fail_msg("the host has no checkpoint for snapshot '%s'", text_of(snapshot, "displayname"));
	}
	assert_string_equal(text_of(snapshot, "state"), "Ready");
	assert_int_equal(strcmp(text_of(snapshot, "type"), "DiskAndMemory") == 0,
		json_is_true(json_object_get(checkpoint, "hasMemory")));
	json_t *parent = find_by(snapshots, "id", text_of(snapshot, "parent"));
	json_t *host_parent = find_by(checkpoints, "id", text_of(checkpoint, "parent"));
	assert_string_equal(text_of(parent, "name"), text_of(host_parent, "name"));
	assert_int_equal(json_is_true(json_object_get(snapshot, "current")),
		strcmp(pointer, text_of(checkpoint, "id")) == 0);
}

void world_assert_agrees(struct world *world)
{
	json_t *vm = world_host_vm(world);
	json_t *snapshots = world_snapshots(world);
	json_t *checkpoints = json_object_get(vm, "checkpoints");
	const char *pointer = text_of(vm, "parentCheckpoint");
	size_t index;
	json_t *each;
	assert_int_equal(json_array_size(snapshots), json_array_size(checkpoints));
	json_array_foreach(snapshots, index, each) {
		assert_same_snapshot(snapshots, each, checkpoints, pointer);
	}
	json_t *shown = world_json(world, "vm", "list", NULL);
	json_t *row = find_by(json_object_get(shown, "virtualmachine"), "name", WORLD_VM);
	assert_non_null(row);
	assert_string_equal(text_of(row, "state"), text_of(vm, "state"));
	json_decref(shown);
	json_decref(snapshots);
	json_decref(vm);
}

static void draw_children(json_t *snapshots, const char *parent, int depth, struct hv_text *text)
{
	/* the list is newest first; a tree is drawn oldest first */
	for (size_t i = json_array_size(snapshots); i-- > 0;) {
		json_t *each = json_array_get(snapshots, i);
		if (strcmp(text_of(each, "parent"), parent) != 0) {
			continue;
		}
		hv_text_puts(text, text->length ? " " : "");
		for (int dots = 0; dots < depth; dots++) {
			hv_text_puts(text, ".");
		}
		hv_text_puts(text, text_of(each, "displayname"));
		hv_text_puts(text, json_is_true(json_object_get(each, "current")) ? "*" : "");
		draw_children(snapshots, text_of(each, "id"), depth + 1, text);
	}
}

void world_assert_tree(struct world *world, const char *expected)
{
	struct hv_text text = HV_TEXT_INIT;
	world_assert_agrees(world);
	json_t *snapshots = world_snapshots(world);
	draw_children(snapshots, "", 0, &text);
	assert_string_equal(hv_text_get(&text), expected);
	hv_text_clear(&text);
	json_decref(snapshots);
}
