/* Who asks is judged first, in the store, for every act (A1); and what an administrator may change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/support/engine_world.h"

static struct engine_account change_of(enum engine_account_change kind, const char *name)
{
	return (struct engine_account){.kind = kind, .name = name, .role = -1, .requested_by = "alice"};
}

static enum hv_status change(
	struct engine_world *world, const struct engine_account *asked, struct hv_error *err)
{
	return engine_change_account(world->console.engine, asked, err);
}

static void add_account(
	struct engine_world *world, const char *name, const char *domain, enum account_role role, const char *user)
{
	struct hv_error err = {0};
	struct engine_account asked = change_of(ENGINE_ACCOUNT_ADD, name);
	asked.domain = domain;
	asked.role = (int)role;
	asked.os_user = user;
	if (change(world, &asked, &err) != HV_OK) {
		fail_msg("%s", err.text);
	}
}

/* The VM belongs to "web" of /prod/web; around it stand users of every role, near and far. */
static void make_world(struct engine_world *world)
{
	engine_world_make(world, VM_RUNNING, 0);
	engine_world_take(world, "A", SNAPSHOT_DISK);
	add_account(world, "web", "/prod/web", ACCOUNT_OPERATOR, "own");
	add_account(world, "above", "/prod", ACCOUNT_OPERATOR, "above");
	add_account(world, "beside", "/lab", ACCOUNT_OPERATOR, "beside");
	add_account(world, "near viewer", "/prod", ACCOUNT_VIEWER, "near viewer");
	add_account(world, "far viewer", "/lab", ACCOUNT_VIEWER, "far viewer");
	add_account(world, "far admin", "/lab", ACCOUNT_ADMINISTRATOR, "far admin");
	struct engine_account assign = change_of(ENGINE_VM_ASSIGN, "web");
	assign.vm_id = world->vm_id;
	assert_int_equal(change(world, &assign, NULL), HV_OK);
}

static const struct {
	const char *user;
	enum hv_status expected;
} callers[] = {
	{"alice", HV_OK}, {"far admin", HV_OK}, {"own", HV_OK}, {"above", HV_OK}, {"near viewer", HV_ERR_DENIED},
	{"beside", HV_ERR_NOT_FOUND}, {"far viewer", HV_ERR_NOT_FOUND}, {"nobody", HV_ERR_DENIED},
	{NULL, HV_ERR_DENIED},
};

static const struct {
	enum operation_kind kind;
	const char *snapshot;
} acts[] = {
	{OPERATION_CREATE_SNAPSHOT, "B"}, {OPERATION_REVERT_SNAPSHOT, "A"}, {OPERATION_DELETE_SNAPSHOT, "A"},
	{OPERATION_STOP_VM, NULL}, {OPERATION_START_VM, NULL},
};

static void test_every_act__is_for_those_who_have_the_right_and_see_the_vm__A1_C1(void **state)
{
	(void)state;
	for (size_t act = 0; act < HV_ARRAY_LEN(acts); act++) {
		for (size_t i = 0; i < HV_ARRAY_LEN(callers); i++) {
			struct engine_world world;
			struct hv_error err = {0};
			make_world(&world);
			struct engine_request request =
				engine_world_request(&world, acts[act].kind, acts[act].snapshot);
			request.requested_by = callers[i].user;
			enum hv_status status = engine_world_ask(&world.console, &request, &err);
			bool judged_later = status == HV_ERR_REFUSED && acts[act].kind == OPERATION_START_VM;
			if (status != callers[i].expected && !(judged_later && callers[i].expected == HV_OK)) {
				fail_msg("%s of '%s': %s", operation_kind_name(acts[act].kind),
					callers[i].user ? callers[i].user : "-", err.text);
			}
			if (status != HV_OK) {
				assert_int_equal(engine_world_live(&world), 0);
			}
			engine_world_settle(&world);
			engine_world_assert_agrees(&world);
			engine_world_clear(&world);
		}
	}
}

static void test_request__for_an_invisible_vm_is_refused_as_for_one_that_is_not_there__A1(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error invisible = {0};
	struct hv_error absent = {0};
	make_world(&world);
	struct engine_request request = engine_world_request(&world, OPERATION_STOP_VM, NULL);
	request.requested_by = "beside";
	assert_int_equal(engine_world_ask(&world.console, &request, &invisible), HV_ERR_NOT_FOUND);
	request.vm_id = 4711;
	assert_int_equal(engine_world_ask(&world.console, &request, &absent), HV_ERR_NOT_FOUND);
	assert_string_equal(invisible.text, absent.text);
	engine_world_clear(&world);
}

static void test_authority__is_asked_before_the_host_and_the_busy_vm__C1(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	make_world(&world);
	struct engine_request request = engine_world_request(&world, OPERATION_STOP_VM, NULL);
	assert_int_equal(engine_world_ask(&world.console, &request, &err), HV_OK);
	request.requested_by = "near viewer";
	assert_int_equal(engine_world_ask(&world.console, &request, &err), HV_ERR_DENIED);
	assert_non_null(strstr(err.text, "needs the right of an Operator"));
	engine_world_settle(&world);
	engine_world_clear(&world);
}

static bool hear_denied(void *context, const struct event_row *row)
{
	struct event_row *first = context;
	assert_string_equal(row->who, "near viewer");
	assert_string_equal(row->what, "StopVm");
	first->outcome = row->outcome;
	return false;
}

static void test_request__without_the_right_is_in_the_audit_log__A2(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	struct event_row heard = {.outcome = HV_OK};
	make_world(&world);
	struct store *store = world.console.store;
	struct engine_request request = engine_world_request(&world, OPERATION_STOP_VM, NULL);
	request.requested_by = "near viewer";
	assert_int_equal(engine_world_ask(&world.console, &request, &err), HV_ERR_DENIED);
	assert_int_equal(
		store->ops->event_query(store, &(struct event_query){0}, hear_denied, &heard, NULL, NULL), HV_OK);
	assert_int_equal(heard.outcome, HV_ERR_DENIED);
	engine_world_clear(&world);
}

static void test_cancel__is_for_those_who_may_change_the_vm__A1(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	struct operation_list live = {0};
	make_world(&world);
	struct store *store = world.console.store;
	struct engine_request stop = engine_world_request(&world, OPERATION_STOP_VM, NULL);
	struct engine_request start = engine_world_request(&world, OPERATION_START_VM, NULL);
	start.queue = true;
	assert_int_equal(engine_world_ask(&world.console, &stop, &err), HV_OK);
	assert_int_equal(engine_world_ask(&world.console, &start, &err), HV_OK);
	assert_int_equal(store->ops->operation_live(store, 0, 0, &live, NULL), HV_OK);
	int64_t queued = live.items[live.items[0].state == OPERATION_QUEUED ? 0 : 1].id;
	assert_int_equal(engine_cancel(world.console.engine, queued, "near viewer", &err), HV_ERR_DENIED);
	assert_int_equal(engine_cancel(world.console.engine, queued, "beside", &err), HV_ERR_NOT_FOUND);
	assert_int_equal(engine_cancel(world.console.engine, queued, "above", &err), HV_OK);
	operation_list_clear(&live);
	engine_world_settle(&world);
	engine_world_clear(&world);
}

static void test_accounts__are_changed_by_administrators_only__A1(void **state)
{
	(void)state;
	static const char *const others[] = {"own", "above", "near viewer", "nobody"};
	struct engine_world world;
	make_world(&world);
	for (int kind = ENGINE_ACCOUNT_ADD; kind <= ENGINE_VM_ASSIGN; kind++) {
		for (size_t i = 0; i < HV_ARRAY_LEN(others); i++) {
			struct engine_account asked = change_of((enum engine_account_change)kind, "beside");
			asked.requested_by = others[i];
			asked.vm_id = world.vm_id;
			assert_int_equal(change(&world, &asked, NULL), HV_ERR_DENIED);
		}
	}
	engine_world_clear(&world);
}

static void test_claim__makes_the_first_user_the_administrator_and_nobody_after__A1(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	engine_world_make(&world, VM_RUNNING, 0);
	assert_int_equal(engine_claim(world.console.engine, "mallory", &err), HV_OK);
	assert_int_equal(engine_check_administrator(world.console.engine, "alice", &err), HV_OK);
	assert_int_equal(engine_check_administrator(world.console.engine, "mallory", &err), HV_ERR_DENIED);
	engine_world_clear(&world);
}

static void test_accounts__always_leave_an_administrator__A1(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	engine_world_make(&world, VM_RUNNING, 0);
	struct engine_account demote = change_of(ENGINE_ACCOUNT_SET, "admin");
	demote.role = ACCOUNT_VIEWER;
	assert_int_equal(change(&world, &demote, &err), HV_ERR_REFUSED);
	struct engine_account leave = change_of(ENGINE_ACCOUNT_SET, "admin");
	leave.os_user = "";
	assert_int_equal(change(&world, &leave, &err), HV_ERR_REFUSED);
	assert_int_equal(engine_check_administrator(world.console.engine, "alice", &err), HV_OK);
	add_account(&world, "second", NULL, ACCOUNT_ADMINISTRATOR, "bert");
	assert_int_equal(change(&world, &demote, &err), HV_OK);
	assert_int_equal(engine_check_administrator(world.console.engine, "alice", &err), HV_ERR_DENIED);
	engine_world_clear(&world);
}

static void test_accounts__are_named_clearly_and_kept_while_something_is_theirs__A1(void **state)
{
	(void)state;
	struct engine_world world;
	struct hv_error err = {0};
	make_world(&world);
	struct engine_account again = change_of(ENGINE_ACCOUNT_ADD, "web");
	again.domain = "/prod/web";
	assert_int_equal(change(&world, &again, &err), HV_ERR_CONFLICT);
	add_account(&world, "web", "/lab", ACCOUNT_VIEWER, NULL);
	struct engine_account which = change_of(ENGINE_ACCOUNT_REMOVE, "web");
	assert_int_equal(change(&world, &which, &err), HV_ERR_AMBIGUOUS);
	which.domain = "/prod/web";
	assert_int_equal(change(&world, &which, &err), HV_ERR_REFUSED);
	which.domain = "/lab";
	assert_int_equal(change(&world, &which, &err), HV_OK);
	assert_int_equal(change(&world, &which, &err), HV_ERR_NOT_FOUND);
	engine_world_clear(&world);
}

static bool count_event(void *context, const struct event_row *row)
{
	(void)row;
	++*(int *)context;
	return true;
}

static int audited(struct engine_world *world, const char *what)
{
	struct store *store = world->console.store;
	struct event_query query = {.what = what};
	int count = 0;
	assert_int_equal(store->ops->event_query(store, &query, count_event, &count, NULL, NULL), HV_OK);
	return count;
}

static void test_offerings_and_capabilities__are_changed_by_administrators_only_and_audited__A1_A2_X4_X5(void **state)
{
	(void)state;
	struct engine_world world;
	make_world(&world);
	struct engine *engine = world.console.engine;
	struct engine_offering large = {.name = "large", .cpus = 8, .memory_bytes = INT64_C(16) << 30};
	static const char *const others[] = {"own", "near viewer", "nobody", NULL};
	for (size_t i = 0; i < HV_ARRAY_LEN(others); i++) {
		large.requested_by = others[i];
		assert_int_equal(engine_change_offering(engine, &large, NULL), HV_ERR_DENIED);
		assert_int_equal(engine_set_capability(engine, "10.0", false, others[i], NULL), HV_ERR_DENIED);
	}
	assert_int_equal(audited(&world, "AddOffering") + audited(&world, "SetCapability"), 0);
	large.requested_by = "alice";
	assert_int_equal(engine_change_offering(engine, &large, NULL), HV_OK);
	assert_int_equal(engine_change_offering(engine, &large, NULL), HV_ERR_CONFLICT);
	struct engine_offering odd = large;
	odd.name = "odd";
	odd.memory_bytes = (INT64_C(16) << 30) + 1;
	assert_int_equal(engine_change_offering(engine, &odd, NULL), HV_ERR_INVALID);
	odd = (struct engine_offering){.name = "odd", .cpus = 0, .memory_bytes = INT64_C(1) << 30, .requested_by = "alice"};
	assert_int_equal(engine_change_offering(engine, &odd, NULL), HV_ERR_INVALID);
	large.remove = true;
	assert_int_equal(engine_change_offering(engine, &large, NULL), HV_OK);
	assert_int_equal(engine_change_offering(engine, &large, NULL), HV_ERR_NOT_FOUND);
	assert_int_equal(engine_set_capability(engine, "10.0", false, "alice", NULL), HV_OK);
	assert_int_equal(audited(&world, "AddOffering"), 1);
	assert_int_equal(audited(&world, "RemoveOffering"), 1);
	assert_int_equal(audited(&world, "SetCapability"), 1);
	engine_world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_act__is_for_those_who_have_the_right_and_see_the_vm__A1_C1),
		cmocka_unit_test(test_request__for_an_invisible_vm_is_refused_as_for_one_that_is_not_there__A1),
		cmocka_unit_test(test_authority__is_asked_before_the_host_and_the_busy_vm__C1),
		cmocka_unit_test(test_request__without_the_right_is_in_the_audit_log__A2),
		cmocka_unit_test(test_cancel__is_for_those_who_may_change_the_vm__A1),
		cmocka_unit_test(test_accounts__are_changed_by_administrators_only__A1),
		cmocka_unit_test(test_claim__makes_the_first_user_the_administrator_and_nobody_after__A1),
		cmocka_unit_test(test_accounts__always_leave_an_administrator__A1),
		cmocka_unit_test(
			test_offerings_and_capabilities__are_changed_by_administrators_only_and_audited__A1_A2_X4_X5),
		cmocka_unit_test(test_accounts__are_named_clearly_and_kept_while_something_is_theirs__A1),
	};
	return cmocka_run_group_tests_name("engine/authority", tests, NULL, NULL);
}
