/*
 * Random operations from two consoles against a model in memory: every status is predicted, and after every commit
 * both consoles read exactly what the model holds. The seed is printed on failure.
 */
#include "tests/unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define SEEDS 6
#define STEPS 300
#define VMS 3
#define ROWS_MAX 400

struct row {
	bool exists;
	struct snapshot value; /* strings are borrowed from `names` */
	int name; /* index into names */
};

/* Rows by id: ids are given out once, in order, also to rows that are refused or taken back. */
struct model {
	struct row rows[ROWS_MAX];
	int64_t last_id;
};

struct run {
	struct fixture *fixture;
	struct store *consoles[2];
	int64_t vms[VMS];
	struct model *committed;
	struct model *working;
	uint64_t random;
	int inserted;
};

/* Pairs are the same name to a reader. */
static const char *const names[] = {"alpha", "ALPHA", "Straße", "STRASSE", "gamma", "delta", "東京", "epsilon"};

static uint64_t next_random(struct run *run, uint64_t below)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return (run->random >> 11) % below;
}

static bool is_live(const struct row *row)
{
	return row->exists && row->value.removed_us == 0;
}

/* A row of the VM, or NULL; about one time in eight an id that does not exist. */
static struct row *pick(struct run *run, int64_t *ret_id)
{
	int64_t id = 1 + (int64_t)next_random(run, (uint64_t)run->working->last_id + 1 + (run->random % 8 == 0));
	struct row *row = id <= run->working->last_id ? &run->working->rows[id] : NULL;
	*ret_id = id;
	return row && row->exists ? row : NULL;
}

static bool name_is_taken(const struct run *run, int64_t vm_id, const char *name)
{
	for (int64_t id = 1; id <= run->working->last_id; id++) {
		const struct row *row = &run->working->rows[id];
		if (is_live(row) && row->value.vm_id == vm_id && hv_text_same_name(names[row->name], name)) {
			return true;
		}
	}
	return false;
}

static bool row_is_of_vm(const struct run *run, int64_t id, int64_t vm_id)
{
	return id >= 1 && id <= run->working->last_id && run->working->rows[id].exists &&
	       run->working->rows[id].value.vm_id == vm_id;
}

static void expect(struct run *run, enum hv_status expected, enum hv_status got, const char *what)
{
	if (expected != got) {
		fail_msg("%s: %s instead of %s: %s", what, hv_status_name(got), hv_status_name(expected),
			run->fixture->error.text);
	}
}

static void do_insert(struct run *run, struct store *store)
{
	int name = (int)next_random(run, HV_ARRAY_LEN(names));
	int64_t vm_id = run->vms[next_random(run, VMS)];
	char internal[32];
	(void)snprintf(internal, sizeof internal, "internal %d", run->inserted++);
	struct snapshot snapshot = make_snapshot(vm_id, internal);
	hv_replace_string(&snapshot.display_name, names[name]);
	if (next_random(run, 2)) {
		(void)pick(run, &snapshot.parent_id);
	}
	bool taken = name_is_taken(run, vm_id, names[name]);
	bool parent_ok = snapshot.parent_id == 0 || row_is_of_vm(run, snapshot.parent_id, vm_id);
	bool own = snapshot.parent_id == run->working->last_id + 1; /* a parent not born yet */
	enum hv_status status = store->ops->snapshot_insert(store, &snapshot, &run->fixture->error);
	run->working->last_id++;
	enum hv_status expected = taken && !own ? HV_ERR_CONFLICT : parent_ok ? HV_OK : HV_ERR_NOT_FOUND;
	expect(run, expected, status, "insert");
	if (status == HV_OK) {
		assert_int_equal(snapshot.id, run->working->last_id);
		struct row *row = &run->working->rows[snapshot.id];
		*row = (struct row){.exists = true, .value = snapshot, .name = name};
		row->value.name = NULL;
		row->value.display_name = NULL;
	}
	snapshot_clear(&snapshot);
}

static void do_set_state(struct run *run, struct store *store)
{
	int64_t id;
	struct row *row = pick(run, &id);
	struct snapshot asked = row ? row->value : (struct snapshot){.id = id, .vm_id = run->vms[0]};
	enum snapshot_state state = (enum snapshot_state)next_random(run, SNAPSHOT_STATE_COUNT);
	bool stale = next_random(run, 4) == 0;
	bool removes = state == SNAPSHOT_REMOVED;
	if (row && row->value.removed_us != 0) {
		return; /* the machine never leaves Removed */
	}
	asked.update_count -= stale;
	int64_t now = 10 + (int64_t)next_random(run, 1000);
	enum hv_status status =
		store->ops->snapshot_set_state(store, &asked, state, now, &run->fixture->error);
	expect(run, !row ? HV_ERR_NOT_FOUND : stale ? HV_ERR_CONFLICT : HV_OK, status, "set_state");
	if (status != HV_OK) {
		return;
	}
	row->value.state = state;
	row->value.updated_us = now;
	row->value.update_count++;
	row->value.removed_us = removes ? now : 0;
	row->value.current = row->value.current && !removes;
	assert_int_equal(asked.update_count, row->value.update_count);
	assert_int_equal(asked.removed_us, row->value.removed_us);
}

static void do_set_current(struct run *run, struct store *store)
{
	int64_t id = 0;
	int64_t vm_id = run->vms[next_random(run, VMS)];
	struct row *row = next_random(run, 4) ? pick(run, &id) : NULL;
	bool ok = id == 0 || (row && is_live(row) && row->value.vm_id == vm_id);
	enum hv_status status = store->ops->snapshot_set_current(store, vm_id, id, &run->fixture->error);
	expect(run, ok ? HV_OK : HV_ERR_NOT_FOUND, status, "set_current");
	for (int64_t i = 1; ok && i <= run->working->last_id; i++) {
		struct row *other = &run->working->rows[i];
		if (other->exists && other->value.vm_id == vm_id) {
			other->value.current = i == id;
		}
	}
}

static void do_reparent(struct run *run, struct store *store)
{
	int64_t id;
	int64_t parent_id = 0;
	struct row *row = pick(run, &id);
	if (next_random(run, 2)) {
		(void)pick(run, &parent_id);
	}
	bool moves = false;
	bool own = false;
	for (int64_t i = 1; row && i <= run->working->last_id; i++) {
		struct row *child = &run->working->rows[i];
		bool moved = is_live(child) && child->value.parent_id == id && parent_id != id;
		moves = moves || moved;
		own = own || (moved && i == parent_id);
	}
	bool parent_ok = parent_id == 0 || !moves || row_is_of_vm(run, parent_id, row->value.vm_id);
	enum hv_status expected = !row ? HV_ERR_NOT_FOUND
				  : own ? HV_ERR_INVALID
				  : parent_ok ? HV_OK
					      : HV_ERR_NOT_FOUND;
	enum hv_status status = store->ops->snapshot_reparent(store, id, parent_id, &run->fixture->error);
	expect(run, expected, status, "reparent");
	for (int64_t i = 1; status == HV_OK && i <= run->working->last_id; i++) {
		struct row *child = &run->working->rows[i];
		if (is_live(child) && child->value.parent_id == id) {
			child->value.parent_id = parent_id;
		}
	}
}

static void do_update(struct run *run, struct store *store)
{
	int64_t id;
	struct row *row = pick(run, &id);
	if (!row) {
		return;
	}
	struct snapshot asked = row->value;
	asked.size_bytes = (int64_t)next_random(run, 1000);
	asked.created_us = 1 + (int64_t)next_random(run, 1000);
	asked.checkpoint.bytes[0] = (uint8_t)next_random(run, 3);
	enum hv_status status = store->ops->snapshot_update(store, &asked, &run->fixture->error);
	expect(run, HV_OK, status, "update");
	row->value = asked;
}

static bool has_children(const struct run *run, int64_t id)
{
	for (int64_t i = 1; i <= run->working->last_id; i++) {
		if (run->working->rows[i].exists && run->working->rows[i].value.parent_id == id) {
			return true;
		}
	}
	return false;
}

static void do_discard(struct run *run, struct store *store)
{
	int64_t id;
	struct row *row = pick(run, &id);
	if (row && has_children(run, id)) {
		return;
	}
	enum hv_status expected = !row ? HV_ERR_NOT_FOUND
				  : row->value.state == SNAPSHOT_ALLOCATED ? HV_OK
									   : HV_ERR_CONFLICT;
	expect(run, expected, store->ops->snapshot_discard(store, id, &run->fixture->error), "discard");
	if (expected == HV_OK) {
		row->exists = false;
	}
}

/* --- what a console reads --- */

static void assert_row(const struct snapshot *read, const struct row *row)
{
	const struct snapshot *value = &row->value;
	assert_string_equal(read->display_name, names[row->name]);
	assert_int_equal(read->vm_id, value->vm_id);
	assert_int_equal(read->state, value->state);
	assert_int_equal(read->parent_id, value->parent_id);
	assert_int_equal(read->current, value->current);
	assert_int_equal(read->size_bytes, value->size_bytes);
	assert_int_equal(read->created_us, value->created_us);
	assert_int_equal(read->updated_us, value->updated_us);
	assert_int_equal(read->removed_us, value->removed_us);
	assert_int_equal(read->update_count, value->update_count);
	assert_true(hv_uuid_equal(&read->checkpoint, &value->checkpoint));
	assert_true(hv_uuid_equal(&read->uuid, &value->uuid));
}

struct listing {
	const struct model *model;
	int64_t last_created;
	int64_t last_id;
	int64_t count;
};

static bool check_listed(void *context, const struct snapshot_row *row)
{
	struct listing *listing = context;
	const struct snapshot *snapshot = row->snapshot;
	assert_true(is_live(&listing->model->rows[snapshot->id]));
	assert_row(snapshot, &listing->model->rows[snapshot->id]);
	assert_true(snapshot->created_us < listing->last_created ||
		    (snapshot->created_us == listing->last_created && snapshot->id < listing->last_id));
	listing->last_created = snapshot->created_us;
	listing->last_id = snapshot->id;
	listing->count++;
	return true;
}

static void compare(struct run *run, struct store *store)
{
	const struct model *model = run->committed;
	int64_t live = 0;
	int64_t total = -1;
	struct hv_error *err = &run->fixture->error;
	for (int64_t id = 1; id <= model->last_id; id++) {
		struct snapshot read = {0};
		enum hv_status status = store->ops->snapshot_get(store, id, &read, err);
		expect(run, model->rows[id].exists ? HV_OK : HV_ERR_NOT_FOUND, status, "get");
		if (status == HV_OK) {
			assert_row(&read, &model->rows[id]);
			live += is_live(&model->rows[id]);
		}
		snapshot_clear(&read);
	}
	const struct snapshot_query query = {.state = -1, .type = -1};
	struct listing listing = {model, INT64_MAX, INT64_MAX, 0};
	must(run->fixture, store->ops->snapshot_query(store, &query, check_listed, &listing, &total, err));
	assert_int_equal(listing.count, live);
	assert_int_equal(total, live);
	for (size_t vm = 0; vm < VMS; vm++) {
		struct snapshot_list list = {0};
		must(run->fixture, store->ops->snapshot_list(store, run->vms[vm], &list, err));
		live -= (int64_t)list.count;
		snapshot_list_clear(&list);
	}
	assert_int_equal(live, 0);
}

/* --- the run --- */

static void step(struct run *run, struct store *store)
{
	static void (*const acts[])(struct run *run, struct store *store) = {
		do_insert, do_insert, do_insert, do_set_state, do_set_state, do_set_current, do_reparent, do_update,
		do_discard};
	acts[next_random(run, HV_ARRAY_LEN(acts))](run, store);
}

static void run_transaction(struct run *run)
{
	struct store *store = run->consoles[next_random(run, 2)];
	uint64_t count = 1 + next_random(run, 6);
	must(run->fixture, store->ops->begin(store, &run->fixture->error));
	for (uint64_t i = 0; i < count; i++) {
		step(run, store);
	}
	if (next_random(run, 5) == 0) {
		store->ops->rollback(store);
		*run->working = *run->committed;
	} else {
		must(run->fixture, store->ops->commit(store, &run->fixture->error));
		*run->committed = *run->working;
	}
}

static void run_seed(struct fixture *fixture, uint64_t seed)
{
	struct run run = {.fixture = fixture, .random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
	run.committed = hv_alloc(sizeof *run.committed);
	run.working = hv_alloc(sizeof *run.working);
	run.consoles[0] = open_store(fixture);
	run.consoles[1] = open_other(fixture);
	int64_t host_id = add_host(fixture, "hv01");
	for (size_t i = 0; i < VMS; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "vm%zu", i);
		run.vms[i] = add_vm(fixture, host_id, name);
	}
	for (int i = 0; i < STEPS && run.working->last_id < ROWS_MAX - 8; i++) {
		run_transaction(&run);
		if (i % 10 == 0) {
			compare(&run, run.consoles[next_random(&run, 2)]);
			run.consoles[0]->ops->idle(run.consoles[0]);
		}
	}
	compare(&run, run.consoles[0]);
	compare(&run, run.consoles[1]);
	run.consoles[1]->ops->close(run.consoles[1]);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	open_store(fixture);
	compare(&run, fixture->store);
	free(run.committed);
	free(run.working);
}

static void test_store__does_what_the_model_does__T2_T5_D2_S3(void **state)
{
	struct fixture *fixture = *state;
	const char *wanted = getenv("HVTREE_SEED");
	uint64_t first = wanted ? strtoull(wanted, NULL, 10) : 1;
	for (uint64_t seed = first; seed < first + (wanted ? 1 : SEEDS); seed++) {
		print_message("seed %llu (HVTREE_SEED repeats it)\n", (unsigned long long)seed);
		run_seed(fixture, seed);
		fixture->ops->close(fixture->store);
		fixture->store = NULL;
		assert_int_equal(remove(fixture->path), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_store__does_what_the_model_does__T2_T5_D2_S3, fixture_folder, fixture_clean),
	};
	return cmocka_run_group_tests_name("store/model", tests, NULL, NULL);
}
