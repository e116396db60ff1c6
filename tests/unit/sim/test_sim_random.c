/*
 * Random histories against the model (random_play.h). The checker looks after every step; agents die, merges are cut
 * through by other acts, and time stands still or runs. The seed is printed with a failure; HVTREE_SEED plays one again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/unit/sim/random_play.h"

#define STEPS 150
#define SEEDS 8

static void say(struct play *play, const char *format, ...) HV_PRINTF(2, 3);
static void say(struct play *play, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(play->did, sizeof play->did, format, args);
	va_end(args);
}

/* --- snapshots and power --------------------------------------------------------------------------------------- */

static void do_snapshot(struct play *play, const char *command, int number, bool with_memory)
{
	HV_CLEANUP_FREE char *name = hv_sprintf("s%d", number);
	play_command(play, command, target_body("db", name, with_memory ? "DiskAndMemory" : "Disk", NULL), NULL);
}

static void write_something(struct play *play)
{
	static const char *const disks[] = {NULL, "data", "extra"};
	struct model *model = &play->model;
	int index = (int)pick(play, KEYS), number = model->next_value++;
	unsigned where = pick(play, WHERE_COUNT);
	if ((where == WHERE_EXTRA && !model->tree.extra) || (where == WHERE_MEMORY && !model->running)) {
		where = WHERE_ROOT;
	}
	HV_CLEANUP_FREE char *key = hv_sprintf("k%d", index);
	HV_CLEANUP_FREE char *value = hv_sprintf("%d", number);
	struct sim_place place = {.vm = "db", .memory = where == WHERE_MEMORY};
	place.disk = place.memory ? NULL : disks[where];
	struct hv_error err;
	say(play, "write %u %s=%s", where, key, value);
	assert_int_equal(sim_guest_write(play->host.sim, &place, key, value, &err), HV_OK);
	model->tree.now.held[where][index] = number;
	model_edit(model);
}

static void take_snapshot(struct play *play)
{
	struct model *model = &play->model;
	bool with_memory = model->running && pick(play, 2) == 0;
	if (model->tree.count == SNAPSHOTS_MAX) {
		return;
	}
	say(play, "create s%d%s", model->next_number, with_memory ? " memory" : "");
	do_snapshot(play, "CreateVMSnapshotCommand", model->next_number, with_memory);
	model_create(model, with_memory);
}

static void revert_somewhere(struct play *play)
{
	struct model *model = &play->model;
	if (model->tree.count == 0) {
		return;
	}
	const struct snapshot *snapshot = &model->tree.snapshots[pick(play, (unsigned)model->tree.count)];
	say(play, "revert s%d", snapshot->number);
	do_snapshot(play, "RevertToVMSnapshotCommand", snapshot->number, snapshot->with_memory);
	model_revert(model, snapshot);
}

static void delete_one(struct play *play, bool behind)
{
	size_t index = pick(play, (unsigned)play->model.tree.count);
	int number = play->model.tree.snapshots[index].number;
	struct hv_error err;
	say(play, "delete s%d%s", number, behind ? " behind" : "");
	if (behind) { /* not waited for: what comes next cuts through its merge */
		HV_CLEANUP_FREE char *name = hv_sprintf("s%d", number);
		assert_int_equal(sim_foreign_delete(play->host.sim, "db", name, &err), HV_OK);
	} else {
		do_snapshot(play, "DeleteVMSnapshotCommand", number, false);
	}
	model_delete(&play->model, index);
}

/* Now and then all of them: only then disks come and go. */
static void delete_something(struct play *play)
{
	size_t count = play->model.tree.count;
	for (size_t most = pick(play, 6) == 0 ? count : 1; most > 0 && play->model.tree.count > 0; most--) {
		delete_one(play, pick(play, 2) == 0);
	}
}

static void toggle_power(struct play *play)
{
	struct model *model = &play->model;
	say(play, "%s", model->running ? "stop" : "start");
	play_command(play, model->running ? "StopCommand" : "StartCommand", vm_body("db"), NULL);
	if (model->running) {
		model_stop(model);
	} else {
		model->running = true;
		model_edit(model);
	}
}

/* --- off the host and back ------------------------------------------------------------------------------------- */

static json_t *body_with(json_t *take_more)
{
	json_t *body = vm_body("db");
	(void)json_object_update_new(body, take_more);
	return body;
}

static void export_it(struct play *play)
{
	struct model *model = &play->model;
	char export[HV_UUID_TEXT_SIZE];
	bool again = model->export[0] != '\0' && pick(play, 3) == 0;
	(void)snprintf(export, sizeof export, "%s", again ? model->export : new_operation(&play->host));
	say(play, "export %s", export);
	if (pick(play, 6) == 0 && !(again && model->matches)) { /* what matches is only read back */
		test_host_fault(&play->host, "damaged:ExportVm");
		play_command(play, "ExportVmCommand", body_with(export_with(export, true)), "HostError");
		if (again) { /* it was begun anew, in the place of the old one */
			model->export[0] = '\0';
		}
		return;
	}
	play_command(play, "ExportVmCommand", body_with(export_with(export, true)), NULL);
	(void)snprintf(model->export, sizeof model->export, "%s", export);
	model->exported = model->tree;
	model->matches = !model->running;
}

static void cancel_an_export(struct play *play)
{
	struct model *model = &play->model;
	char export[HV_UUID_TEXT_SIZE];
	bool finished = model->export[0] != '\0' && pick(play, 2) == 0;
	(void)snprintf(export, sizeof export, "%s", finished ? model->export : new_operation(&play->host));
	say(play, "cancel %s", export);
	if (!finished) {
		test_host_fault(&play->host, "slow:ExportVm:60000");
		(void)send_vm(&play->client, "ExportVmCommand", "db", new_operation(&play->host),
			export_with(export, true));
		client_run_ms(&play->client, 1 + pick(play, 30000));
	}
	play_command(play, "CancelExportCommand", body_with(export_of(export)), NULL);
	if (finished) {
		model->export[0] = '\0';
		model->matches = false;
	}
}

/* What may go goes; what may not is refused, and nothing has changed. */
static void remove_it(struct play *play)
{
	struct model *model = &play->model;
	bool may = model->export[0] != '\0' && model->matches && !model->running;
	say(play, "remove from the host, %s", may ? "which may be" : "which must be refused");
	const char *export = model->export[0] != '\0' ? model->export : new_operation(&play->host);
	play_command(play, "RemoveVmCommand", body_with(export_of(export)), may ? NULL : "InvalidState");
	model->registered = !may;
}

static void import_it(struct play *play)
{
	struct model *model = &play->model;
	say(play, "import");
	if (pick(play, 2) == 0) {
		play_command(play, "StartCommand", vm_body("db"), "InvalidState");
	}
	play_command(play, "ImportVmCommand", body_with(export_of(model->export)), NULL);
	model->registered = true;
	model->export[0] = '\0';
	model->matches = false;
}

/* --- disks ----------------------------------------------------------------------------------------------------- */

/* The third disk, which keeps what it holds while it is not attached. Gone with the host's copy when the VM is removed. */
static void toggle_disk(struct play *play)
{
	struct model *model = &play->model;
	const char *refused = model->tree.count > 0 ? "InvalidState" : NULL;
	say(play, "%s", model->tree.extra ? "detach" : "attach");
	if (!model->tree.extra) {
		play_command(play, "AttachCommand",
			body_with(json_pack("{s:s, s:I}", "path", "E:\\extra.vhdx", "sizeBytes", (json_int_t)1 << 30)),
			refused);
		if (!refused) {
			model->tree.extra = true;
			model_edit(model);
		}
		return;
	}
	const json_t *volumes = json_object_get(inventory_vm(&play->client, "db"), "volumes");
	json_t *body = body_with(json_pack("{s:O}", "volumeUuid", json_object_get(json_array_get(volumes, 2), "uuid")));
	bool elsewhere = strcmp(json_string_value(json_object_get(json_array_get(volumes, 2), "path")), "E:\\extra.vhdx") != 0;
	if (elsewhere && !refused) { /* an import has put the file elsewhere: it would not be found again */
		json_decref(body);
		return;
	}
	play_command(play, "DettachCommand", body, refused);
	if (!refused) {
		model->tree.extra = false;
		model_edit(model);
	}
}

static void copy_disk(struct play *play)
{
	struct model *model = &play->model;
	if (model->copy_count == COPIES_MAX) {
		size_t index = pick(play, COPIES_MAX);
		say(play, "delete volume snapshot %zu", index);
		play_command(play, "DeleteVolumeSnapshotCommand",
			body_with(json_pack("{s:s}", "volumeSnapshot", model->copies[index].id)), NULL);
		model->copies[index] = model->copies[--model->copy_count];
		return;
	}
	unsigned where = pick(play, 2);
	const json_t *volumes = json_object_get(inventory_vm(&play->client, "db"), "volumes");
	struct disk_copy *copy = &model->copies[model->copy_count];
	(void)snprintf(copy->id, sizeof copy->id, "%s", new_operation(&play->host));
	memcpy(copy->held, model->tree.now.held[where], sizeof copy->held);
	json_t *more = json_pack("{s:O, s:s, s:s}", "volumeUuid",
		json_object_get(json_array_get(volumes, where), "uuid"), "volumeSnapshot", copy->id, "name", "copy");
	say(play, "copy disk %u", where);
	play_command(play, "CreateVolumeSnapshotCommand", body_with(more), model->running ? "InvalidState" : NULL);
	model->copy_count += model->running ? 0 : 1;
}

/* --- the histories --------------------------------------------------------------------------------------------- */

static const struct {
	unsigned share;
	void (*act)(struct play *play);
} acts[] = {{32, write_something}, {20, take_snapshot}, {12, revert_somewhere}, {14, delete_something},
	{7, toggle_power}, {6, export_it}, {3, cancel_an_export}, {5, remove_it}, {4, toggle_disk}, {4, copy_disk}};

static void play_step(struct play *play)
{
	unsigned shares = 0;
	for (size_t i = 0; i < HV_ARRAY_LEN(acts); i++) {
		shares += acts[i].share;
	}
	unsigned roll = pick(play, shares);
	for (size_t i = 0; i < HV_ARRAY_LEN(acts); i++) {
		if (roll < acts[i].share) {
			acts[i].act(play);
			return;
		}
		roll -= acts[i].share;
	}
}

static void play_seed(uint64_t seed)
{
	static struct play play;
	play_open(&play, seed);
	for (int step = 0; step < STEPS; step++) {
		if (play.model.registered) {
			play_step(&play);
		} else {
			import_it(&play);
		}
		test_host_check(&play.host);
		play_compare(&play);
	}
	play_close(&play);
}

static void test_random_histories__hold_what_a_simple_model_says__D2_V3_P2_X2_X3_Z1_Z5(void **state)
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
		cmocka_unit_test(test_random_histories__hold_what_a_simple_model_says__D2_V3_P2_X2_X3_Z1_Z5),
	};
	return cmocka_run_group_tests_name("sim/random", tests, NULL, NULL);
}
