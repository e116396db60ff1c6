/*
 * Random histories against a model that knows nothing of files: a snapshot is a copy of what the guest held, a delete
 * takes the copy away, a revert copies back. The checker looks after every step; agents die, merges are cut through by
 * other acts, and time stands still or runs. The seed is printed with a failure; HVTREE_SEED plays one again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sim/sim_fixture.h"

#define KEYS 4
#define SNAPSHOTS_MAX 12
#define STEPS 120
#define SEEDS 8

struct content {
	int disk[KEYS], data[KEYS], memory[KEYS]; /* 0: nothing */
};
struct snapshot {
	int number; /* name "s<number>" */
	int parent; /* number, -1: a root */
	bool with_memory;
	struct content content;
};
struct model {
	struct content now;
	bool running;
	int current; /* number, -1: none */
	struct snapshot snapshots[SNAPSHOTS_MAX];
	size_t count;
	int next_number, next_value;
};
struct play {
	struct test_host host;
	struct client client;
	struct model model;
	uint64_t random;
	char did[160];
};

static unsigned pick(struct play *play, unsigned below)
{
	play->random = play->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(play->random >> 33) % below;
}

/* --- the model ------------------------------------------------------------------------------------------------- */

static struct snapshot *find(struct model *model, int number)
{
	for (size_t i = 0; i < model->count; i++) {
		if (model->snapshots[i].number == number) {
			return &model->snapshots[i];
		}
	}
	return NULL;
}

static void model_create(struct model *model, bool with_memory)
{
	struct snapshot *snapshot = &model->snapshots[model->count++];
	*snapshot = (struct snapshot){model->next_number++, model->current, with_memory, model->now};
	if (!with_memory) {
		memset(snapshot->content.memory, 0, sizeof snapshot->content.memory);
	}
	model->current = snapshot->number;
}

static void model_revert(struct model *model, const struct snapshot *snapshot)
{
	model->now = snapshot->content;
	model->running = snapshot->with_memory;
	model->current = snapshot->number;
}

static void model_delete(struct model *model, size_t index)
{
	struct snapshot gone = model->snapshots[index];
	model->snapshots[index] = model->snapshots[--model->count];
	for (size_t i = 0; i < model->count; i++) {
		if (model->snapshots[i].parent == gone.number) {
			model->snapshots[i].parent = gone.parent;
		}
	}
	model->current = model->current == gone.number ? gone.parent : model->current;
}

static void model_stop(struct model *model)
{
	model->running = false;
	memset(model->now.memory, 0, sizeof model->now.memory);
}

/* --- comparing ------------------------------------------------------------------------------------------------- */

static void compare_value(struct play *play, const char *place, int key, int expected, const char *held)
{
	if ((held ? atoi(held) : 0) != expected) {
		fail_msg("after %s: %s key %d holds %s, expected %d", play->did, place, key, held ? held : "nothing",
			expected);
	}
}

static void compare_content(struct play *play)
{
	for (int key = 0; key < KEYS; key++) {
		char name[8];
		(void)snprintf(name, sizeof name, "k%d", key);
		compare_value(play, "disk", key, play->model.now.disk[key], disk_of(&play->host, "db", name));
		compare_value(play, "data", key, play->model.now.data[key], data_disk_of(&play->host, "db", name));
		compare_value(play, "memory", key, play->model.now.memory[key], memory_of(&play->host, "db", name));
	}
}

static const json_t *find_by_id(const json_t *checkpoints, const char *id)
{
	size_t index;
	json_t *one;
	json_array_foreach(checkpoints, index, one) {
		if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0) {
			return one;
		}
	}
	return NULL;
}

static int number_of(const json_t *checkpoints, const json_t *id)
{
	const json_t *one = json_is_string(id) ? find_by_id(checkpoints, json_string_value(id)) : NULL;
	return one ? atoi(json_string_value(json_object_get(one, "name")) + 1) : -1;
}

static void compare_tree(struct play *play)
{
	struct hv_text text = HV_TEXT_INIT;
	struct hv_error err;
	assert_int_equal(sim_show(play->host.sim, true, &text, &err), HV_OK);
	json_t *shown = json_loads(hv_text_get(&text), 0, NULL);
	size_t index;
	json_t *vm = NULL, *one;
	json_array_foreach(json_object_get(shown, "vms"), index, vm) {
		if (strcmp(json_string_value(json_object_get(vm, "vmName")), "db") == 0) {
			break;
		}
	}
	const json_t *checkpoints = json_object_get(vm, "checkpoints");
	bool same = json_array_size(checkpoints) == play->model.count &&
		    number_of(checkpoints, json_object_get(vm, "parentCheckpoint")) == play->model.current;
	json_array_foreach(checkpoints, index, one) {
		const struct snapshot *snapshot =
			find(&play->model, atoi(json_string_value(json_object_get(one, "name")) + 1));
		same = same && snapshot && number_of(checkpoints, json_object_get(one, "parent")) == snapshot->parent &&
		       json_is_true(json_object_get(one, "hasMemory")) == snapshot->with_memory;
	}
	same = same && strcmp(json_string_value(json_object_get(vm, "state")),
			       play->model.running ? "Running" : "Stopped") == 0;
	if (!same) {
		fail_msg("after %s: the tree differs: %s", play->did, hv_text_get(&text));
	}
	json_decref(shown);
	hv_text_clear(&text);
}

/* --- acts ------------------------------------------------------------------------------------------------------ */

/* Send it; sometimes the agent dies on the way and the command is sent again. Either way it must be done. */
static void do_command(struct play *play, const char *command, int number, bool with_memory)
{
	static const char *const places[] = {"intent", "running", "applied"};
	char name[16], fault[80], operation[HV_UUID_TEXT_SIZE];
	(void)snprintf(name, sizeof name, "s%d", number);
	(void)snprintf(operation, sizeof operation, "%s", new_operation(&play->host));
	bool dies = pick(play, 4) == 0;
	if (dies) {
		(void)snprintf(fault, sizeof fault, "die-mid:%s:%s", command, places[pick(play, 3)]);
		test_host_fault(&play->host, fault);
	}
	for (int64_t epoch = 1; epoch <= 3; epoch++) {
		int id = client_send(&play->client, command, operation, epoch,
			target_body("db", name, with_memory ? "DiskAndMemory" : "Disk", NULL));
		while (!client_heard_answer(&play->client, id) &&
			sim_session_state(play->client.session) == SIM_SESSION_LIVES) {
			client_run_ms(&play->client, 100);
		}
		const json_t *answer = client_heard_answer(&play->client, id);
		if (answer) {
			assert_well(answer);
			client_forget(&play->client);
			break;
		}
		client_kill(&play->client);
		test_host_check(&play->host);
		client_open(&play->client, &play->host);
	}
	test_host_clear_fault(&play->host, NULL);
}

/* A delete that is not waited for: what comes next cuts through its merge. */
static void delete_behind(struct play *play, int number)
{
	char name[16];
	struct hv_error err;
	(void)snprintf(name, sizeof name, "s%d", number);
	assert_int_equal(sim_foreign_delete(play->host.sim, "db", name, &err), HV_OK);
}

static void write_something(struct play *play)
{
	struct model *model = &play->model;
	char key[8], value[16];
	int index = (int)pick(play, KEYS), number = model->next_value++;
	(void)snprintf(key, sizeof key, "k%d", index);
	(void)snprintf(value, sizeof value, "%d", number);
	unsigned place = pick(play, model->running ? 3 : 2);
	(void)snprintf(play->did, sizeof play->did, "write %u %s=%s", place, key, value);
	if (place == 0) {
		write_disk(&play->host, "db", key, value);
		model->now.disk[index] = number;
	} else if (place == 1) {
		write_data_disk(&play->host, "db", key, value);
		model->now.data[index] = number;
	} else {
		write_memory(&play->host, "db", key, value);
		model->now.memory[index] = number;
	}
}

static void take_snapshot(struct play *play)
{
	struct model *model = &play->model;
	bool with_memory = model->running && pick(play, 2) == 0;
	(void)snprintf(play->did, sizeof play->did, "create s%d%s", model->next_number, with_memory ? " memory" : "");
	do_command(play, "CreateVMSnapshotCommand", model->next_number, with_memory);
	model_create(model, with_memory);
}

static void revert_somewhere(struct play *play)
{
	const struct snapshot *snapshot = &play->model.snapshots[pick(play, (unsigned)play->model.count)];
	(void)snprintf(play->did, sizeof play->did, "revert s%d", snapshot->number);
	do_command(play, "RevertToVMSnapshotCommand", snapshot->number, snapshot->with_memory);
	model_revert(&play->model, snapshot);
}

static void delete_something(struct play *play)
{
	size_t index = pick(play, (unsigned)play->model.count);
	int number = play->model.snapshots[index].number;
	bool behind = pick(play, 2) == 0;
	(void)snprintf(play->did, sizeof play->did, "delete s%d%s", number, behind ? " behind" : "");
	if (behind) {
		delete_behind(play, number);
	} else {
		do_command(play, "DeleteVMSnapshotCommand", number, false);
	}
	model_delete(&play->model, index);
}

static void toggle_power(struct play *play)
{
	(void)snprintf(play->did, sizeof play->did, "%s", play->model.running ? "stop" : "start");
	do_command(play, play->model.running ? "StopCommand" : "StartCommand", 0, false);
	if (play->model.running) {
		model_stop(&play->model);
	} else {
		play->model.running = true;
	}
}

static void play_step(struct play *play)
{
	unsigned roll = pick(play, 100);
	if (roll < 35) {
		write_something(play);
	} else if (roll < 60 && play->model.count < SNAPSHOTS_MAX) {
		take_snapshot(play);
	} else if (roll < 75 && play->model.count > 0) {
		revert_somewhere(play);
	} else if (roll < 93 && play->model.count > 0) {
		delete_something(play);
	} else {
		toggle_power(play);
	}
}

static void play_seed(uint64_t seed)
{
	static struct play play;
	play = (struct play){.random = seed * 2654435761u + 1, .model = {.current = -1, .next_value = 1, .running = true}};
	test_host_open(&play.host, NULL);
	client_open(&play.client, &play.host);
	test_host_speed(&play.host, seed % 3 == 0 ? 0 : 100);
	for (int step = 0; step < STEPS; step++) {
		play_step(&play);
		test_host_check(&play.host);
		compare_tree(&play);
		compare_content(&play);
	}
	client_close(&play.client);
	test_host_close(&play.host);
}

static void test_random_histories__hold_what_a_simple_model_says__D2_V3_Z1_Z5(void **state)
{
	const char *one = getenv("HVTREE_SEED");
	(void)state;
	if (one) {
		play_seed(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		(void)fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
		play_seed(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_histories__hold_what_a_simple_model_says__D2_V3_Z1_Z5),
	};
	return cmocka_run_group_tests_name("sim/random", tests, NULL, NULL);
}
