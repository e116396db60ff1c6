/* Every pair of state and event of both machines, against a list written down again from the specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "backend/domain/snapshot_state.h"
#include "backend/domain/vm_state.h"

struct transition {
	const char *from;
	const char *event;
	const char *to;
};

static const struct transition snapshot_transitions[] = {
	{"Allocated", "CreateRequested", "Creating"},
	{"Creating", "CreateRequested", "Creating"},
	{"Creating", "OperationSucceeded", "Ready"},
	{"Creating", "OperationFailed", "Error"},
	{"Ready", "RevertRequested", "Reverting"},
	{"Ready", "ExpungeRequested", "Expunging"},
	{"Reverting", "RevertRequested", "Reverting"},
	{"Reverting", "OperationSucceeded", "Ready"},
	{"Reverting", "OperationFailed", "Ready"},
	{"Error", "ExpungeRequested", "Expunging"},
	{"Expunging", "ExpungeRequested", "Expunging"},
	{"Expunging", "OperationSucceeded", "Removed"},
	{"Expunging", "OperationFailed", "Error"},
};

static const struct transition *find(
	const struct transition *table, size_t count, const char *from, const char *event)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].from, from) == 0 && strcmp(table[i].event, event) == 0) {
			return &table[i];
		}
	}
	return NULL;
}

static void test_snapshot_machine__allows_exactly_the_transitions_of_S1(void **state)
{
	(void)state;
	for (int from = 0; from < SNAPSHOT_STATE_COUNT; from++) {
		for (int event = 0; event < SNAPSHOT_EVENT_COUNT; event++) {
			const char *from_name = snapshot_state_name((enum snapshot_state)from);
			const char *event_name = snapshot_event_name((enum snapshot_event)event);
			const struct transition *expected = find(snapshot_transitions,
				HV_ARRAY_LEN(snapshot_transitions), from_name, event_name);
			enum snapshot_state to = SNAPSHOT_STATE_COUNT;
			bool allowed = snapshot_state_next(
				(enum snapshot_state)from, (enum snapshot_event)event, &to);
			assert_int_equal(allowed, expected != NULL);
			if (expected) {
				assert_string_equal(snapshot_state_name(to), expected->to);
			} else {
				assert_int_equal(to, SNAPSHOT_STATE_COUNT);
			}
		}
	}
	enum snapshot_state to;
	assert_false(snapshot_state_next(SNAPSHOT_STATE_COUNT, SNAPSHOT_EVENT_CREATE_REQUESTED, &to));
	assert_false(snapshot_state_next(SNAPSHOT_READY, SNAPSHOT_EVENT_COUNT, &to));
}

/* Which requests each settled state takes, and where they lead. */
static const struct transition vm_requests[] = {
	{"Running", "StopRequested", "Stopping"},
	{"Running", "SnapshotRequested", "Snapshotting"},
	{"Running", "RevertRequested", "Reverting"},
	{"Running", "ExportRequested", "Exporting"},
	{"Running", "DestroyRequested", "Stopping"},
	{"Stopped", "StartRequested", "Starting"},
	{"Stopped", "SnapshotRequested", "Snapshotting"},
	{"Stopped", "RevertRequested", "Reverting"},
	{"Stopped", "ExportRequested", "Exporting"},
	{"Stopped", "ImportRequested", "Importing"},
	{"Stopped", "DestroyRequested", "Stopping"},
	{"Saved", "StartRequested", "Starting"},
	{"Saved", "StopRequested", "Stopping"},
	{"Saved", "RevertRequested", "Reverting"},
	{"Saved", "DestroyRequested", "Stopping"},
	{"Paused", "StartRequested", "Starting"},
	{"Paused", "StopRequested", "Stopping"},
	{"Paused", "DestroyRequested", "Stopping"},
	{"Error", "StopRequested", "Stopping"},
	{"Error", "DestroyRequested", "Stopping"},
	{"Unknown", "StopRequested", "Stopping"},
	{"Unknown", "DestroyRequested", "Stopping"},
	{"Starting", "StartRequested", "Starting"},
	{"Starting", "RevertRequested", "Reverting"},
	{"Stopping", "StopRequested", "Stopping"},
	{"Stopping", "RevertRequested", "Reverting"},
	{"Stopping", "ExportRequested", "Exporting"},
	{"Stopping", "DestroyRequested", "Stopping"},
	{"Stopping", "EndedDestroyed", "Destroyed"},
	{"Snapshotting", "SnapshotRequested", "Snapshotting"},
	{"Reverting", "RevertRequested", "Reverting"},
	{"Exporting", "ExportRequested", "Exporting"},
	{"Exporting", "StartRequested", "Starting"},
	{"Importing", "ImportRequested", "Importing"},
	{"Importing", "StartRequested", "Starting"},
};

static const char *const settled_names[] = {"Running", "Stopped", "Saved", "Paused", "Error", "Unknown"};

/* Ended<X> leads every held state to X; Reported<X> leads every other one to X, also a Destroyed VM that
 * somebody has brought back from a copy (D6). */
static const char *expected_vm_state(enum vm_state from, const char *event)
{
	const struct transition *request =
		find(vm_requests, HV_ARRAY_LEN(vm_requests), vm_state_name(from), event);
	if (request) {
		return request->to;
	}
	bool held = vm_state_is_transitional(from);
	const char *prefix = held ? "Ended" : "Reported";
	if (strncmp(event, prefix, strlen(prefix)) != 0) {
		return NULL;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(settled_names); i++) {
		if (strcmp(event + strlen(prefix), settled_names[i]) == 0) {
			return settled_names[i];
		}
	}
	return NULL;
}

static void test_vm_machine__allows_exactly_the_transitions_of_S2(void **state)
{
	(void)state;
	for (int from = 0; from < VM_STATE_COUNT; from++) {
		for (int event = 0; event < VM_EVENT_COUNT; event++) {
			const char *expected =
				expected_vm_state((enum vm_state)from, vm_event_name((enum vm_event)event));
			enum vm_state to = VM_STATE_COUNT;
			bool allowed = vm_state_next((enum vm_state)from, (enum vm_event)event, &to);
			assert_int_equal(allowed, expected != NULL);
			if (expected) {
				assert_string_equal(vm_state_name(to), expected);
			} else {
				assert_int_equal(to, VM_STATE_COUNT);
			}
		}
	}
	enum vm_state to;
	assert_false(vm_state_next(VM_STATE_COUNT, VM_EVENT_START_REQUESTED, &to));
	assert_false(vm_state_next(VM_RUNNING, VM_EVENT_COUNT, &to));
}

static void test_vm_machine__a_report_never_changes_what_an_operation_holds__S2(void **state)
{
	(void)state;
	for (int from = 0; from < VM_STATE_COUNT; from++) {
		enum vm_state to;
		bool moved = vm_state_next((enum vm_state)from, vm_event_reported(VM_RUNNING), &to);
		assert_int_equal(moved, !vm_state_is_transitional((enum vm_state)from));
	}
}

static void test_vm_machine__a_state_in_transit_is_reported_as_unknown__Y4(void **state)
{
	(void)state;
	for (int seen = 0; seen < VM_STATE_COUNT; seen++) {
		enum vm_state to;
		assert_true(vm_state_next(VM_RUNNING, vm_event_reported((enum vm_state)seen), &to));
		bool settled = !vm_state_is_transitional((enum vm_state)seen) && seen != VM_DESTROYED;
		assert_int_equal(to, settled ? seen : VM_UNKNOWN);
	}
	assert_int_equal(vm_event_ended(VM_STATE_COUNT), VM_EVENT_ENDED_UNKNOWN);
	assert_int_equal(vm_event_reported(VM_STATE_COUNT), VM_EVENT_REPORTED_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshot_machine__allows_exactly_the_transitions_of_S1),
		cmocka_unit_test(test_vm_machine__allows_exactly_the_transitions_of_S2),
		cmocka_unit_test(test_vm_machine__a_report_never_changes_what_an_operation_holds__S2),
		cmocka_unit_test(test_vm_machine__a_state_in_transit_is_reported_as_unknown__Y4),
	};
	return cmocka_run_group_tests_name("domain/states", tests, NULL, NULL) ? 1 : 0;
}
