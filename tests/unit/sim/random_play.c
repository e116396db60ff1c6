#include "tests/unit/sim/random_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

void play_open(struct play *play, uint64_t seed)
{
	*play = (struct play){.random = seed * 2654435761u + 1,
		.model = {.tree.current = -1, .next_value = 1, .running = true, .registered = true}};
	test_host_open(&play->host, NULL);
	client_open(&play->client, &play->host);
	test_host_speed(&play->host, seed % 3 == 0 ? 0 : 100);
}

void play_close(struct play *play)
{
	client_close(&play->client);
	test_host_close(&play->host);
}

unsigned pick(struct play *play, unsigned below)
{
	play->random = play->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(play->random >> 33) % below;
}

/* --- the model ------------------------------------------------------------------------------------------------- */

static const struct snapshot *find(const struct tree *tree, int number)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->snapshots[i].number == number) {
			return &tree->snapshots[i];
		}
	}
	return NULL;
}

static void forget_memory(struct content *content)
{
	memset(content->held[WHERE_MEMORY], 0, sizeof content->held[WHERE_MEMORY]);
}

void model_edit(struct model *model)
{
	model->matches = false;
}

void model_create(struct model *model, bool with_memory)
{
	struct tree *tree = &model->tree;
	struct snapshot *snapshot = &tree->snapshots[tree->count++];
	*snapshot = (struct snapshot){model->next_number++, tree->current, with_memory, tree->now};
	if (!with_memory) {
		forget_memory(&snapshot->content);
	}
	tree->current = snapshot->number;
	model_edit(model);
}

void model_revert(struct model *model, const struct snapshot *snapshot)
{
	model->tree.now = snapshot->content;
	model->running = snapshot->with_memory;
	model->tree.current = snapshot->number;
	model_edit(model);
}

void model_delete(struct model *model, size_t index)
{
	struct tree *tree = &model->tree;
	struct snapshot gone = tree->snapshots[index];
	tree->snapshots[index] = tree->snapshots[--tree->count];
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->snapshots[i].parent == gone.number) {
			tree->snapshots[i].parent = gone.parent;
		}
	}
	tree->current = tree->current == gone.number ? gone.parent : tree->current;
	model_edit(model);
}

void model_stop(struct model *model)
{
	model->running = false;
	forget_memory(&model->tree.now);
	model_edit(model);
}

/* --- comparing ------------------------------------------------------------------------------------------------- */

static struct sim_place place_of(enum where where)
{
	static const char *const disks[] = {
		[WHERE_ROOT] = NULL, [WHERE_DATA] = "data", [WHERE_EXTRA] = "extra", [WHERE_MEMORY] = NULL};
	return (struct sim_place){.vm = "db", .disk = disks[where], .memory = where == WHERE_MEMORY};
}

static void compare_value(struct play *play, const struct sim_place *place, int key, int expected)
{
	char name[8];
	(void)snprintf(name, sizeof name, "k%d", key);
	const char *value = held(&play->host, *place, name);
	if ((value ? atoi(value) : 0) != expected) {
		fail_msg("after %s: %s of '%s' in export '%s', copy '%s', checkpoint '%s' holds %s, expected %d", play->did,
			name, place->memory ? "memory" : place->disk ? place->disk : "root",
			place->export ? place->export : "", place->volume_snapshot ? place->volume_snapshot : "",
			place->checkpoint ? place->checkpoint : "", value ? value : "nothing", expected);
	}
}

static void compare_content(struct play *play, const struct content *content, bool extra, const char *checkpoint,
	const char *export)
{
	for (int where = 0; where < WHERE_COUNT; where++) {
		struct sim_place place = place_of((enum where)where);
		place.checkpoint = checkpoint;
		place.export = export;
		for (int key = 0; key < KEYS && (where != WHERE_EXTRA || extra); key++) {
			compare_value(play, &place, key, content->held[where][key]);
		}
	}
}

static void compare_tree_content(struct play *play, const struct tree *tree, const char *export)
{
	compare_content(play, &tree->now, tree->extra, NULL, export);
	if (tree->count > 0) { /* one of them each time: all of them would take most of the test */
		const struct snapshot *one = &tree->snapshots[pick(play, (unsigned)tree->count)];
		char name[16];
		(void)snprintf(name, sizeof name, "s%d", one->number);
		compare_content(play, &one->content, tree->extra, name, export);
	}
}

static void compare_copies(struct play *play)
{
	for (size_t i = 0; i < play->model.copy_count; i++) {
		const struct disk_copy *copy = &play->model.copies[i];
		const struct sim_place place = {.vm = "db", .volume_snapshot = copy->id};
		for (int key = 0; key < KEYS; key++) {
			compare_value(play, &place, key, copy->held[key]);
		}
	}
}

static int number_of(const json_t *checkpoints, const json_t *id)
{
	size_t index;
	json_t *one;
	json_array_foreach(checkpoints, index, one) {
		if (json_is_string(id) && json_equal(json_object_get(one, "id"), id)) {
			return atoi(json_string_value(json_object_get(one, "name")) + 1);
		}
	}
	return -1;
}

static bool same_tree(const struct tree *tree, const json_t *vm)
{
	const json_t *checkpoints = json_object_get(vm, "checkpoints");
	bool same = json_array_size(checkpoints) == tree->count &&
		    number_of(checkpoints, json_object_get(vm, "parentCheckpoint")) == tree->current;
	size_t index;
	json_t *one;
	json_array_foreach(checkpoints, index, one) {
		const struct snapshot *snapshot =
			find(tree, atoi(json_string_value(json_object_get(one, "name")) + 1));
		same = same && snapshot && number_of(checkpoints, json_object_get(one, "parent")) == snapshot->parent &&
		       json_is_true(json_object_get(one, "hasMemory")) == snapshot->with_memory;
	}
	return same;
}

static bool same_facts(const struct model *model, const json_t *vm)
{
	const char *export = model->export[0] == '\0' ? "none" : model->matches ? "Complete matches" : "Complete";
	return strcmp(json_string_value(json_object_get(vm, "state")), model->running ? "Running" : "Stopped") == 0 &&
	       json_is_true(json_object_get(vm, "registered")) == model->registered &&
	       strcmp(export_text(vm), export) == 0 &&
	       json_array_size(json_object_get(vm, "volumes")) == (model->tree.extra ? 3u : 2u) &&
	       json_array_size(json_object_get(vm, "volumeSnapshots")) == model->copy_count;
}

static void compare_seen(struct play *play)
{
	struct hv_text text = HV_TEXT_INIT;
	struct hv_error err;
	assert_int_equal(sim_show(play->host.sim, true, &text, &err), HV_OK);
	json_t *shown = json_loads(hv_text_get(&text), 0, NULL);
	size_t index;
	json_t *vm;
	json_array_foreach(json_object_get(shown, "vms"), index, vm) {
		bool is_db = strcmp(json_string_value(json_object_get(vm, "vmName")), "db") == 0;
		if (is_db && (!same_tree(&play->model.tree, vm) || !same_facts(&play->model, vm))) {
			(void)fprintf(stderr, "%s\n", hv_text_get(&text)); /* more than a failure can tell */
			fail_msg("after %s: the VM differs; expected: %s, %s, %zu checkpoints, current s%d, export '%s'%s",
				play->did, play->model.registered ? "registered" : "not registered",
				play->model.running ? "Running" : "Stopped", play->model.tree.count,
				play->model.tree.current, play->model.export, play->model.matches ? " matches" : "");
		}
	}
	json_decref(shown);
	hv_text_clear(&text);
}

void play_compare(struct play *play)
{
	compare_seen(play);
	compare_tree_content(play, &play->model.tree, NULL);
	if (play->model.export[0] != '\0') {
		compare_tree_content(play, &play->model.exported, play->model.export);
	}
	compare_copies(play);
}

/* --- commands -------------------------------------------------------------------------------------------------- */

static void set_death(struct play *play, const char *command)
{
	static const char *const places[] = {"intent", "running", "applied", "done", "copying"};
	bool copies = strcmp(command, "ExportVmCommand") == 0;
	HV_CLEANUP_FREE char *fault = hv_sprintf("die-mid:%s:%s", command, places[pick(play, copies ? 5 : 4)]);
	test_host_fault(&play->host, fault);
}

static const json_t *answer_or_death(struct play *play, int id)
{
	while (!client_heard_answer(&play->client, id) &&
		sim_session_state(play->client.session) == SIM_SESSION_LIVES) {
		client_run_ms(&play->client, 100);
	}
	return client_heard_answer(&play->client, id);
}

void play_command(struct play *play, const char *command, json_t *take_body, const char *code)
{
	HV_CLEANUP_FREE char *operation = hv_strdup(new_operation(&play->host));
	const json_t *answer = NULL;
	if (pick(play, 4) == 0) {
		set_death(play, command);
	}
	for (int64_t epoch = 1; epoch <= 3 && !answer; epoch++) {
		int id = client_send(&play->client, command, operation, epoch, json_incref(take_body));
		answer = answer_or_death(play, id);
		if (!answer) {
			client_kill(&play->client);
			test_host_check(&play->host);
			client_open(&play->client, &play->host);
		}
	}
	json_decref(take_body);
	if (code) {
		assert_failed(answer, code);
	} else {
		assert_well(answer);
	}
	client_forget(&play->client);
	test_host_clear_fault(&play->host, NULL);
}
