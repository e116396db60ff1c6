#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "backend/domain/rules.h"
#include "backend/domain/vm_state.h"

static struct rule_facts good_facts(void)
{
	return (struct rule_facts){
		.vm_state = VM_RUNNING,
		.snapshot_state = SNAPSHOT_READY,
		.has_target = true,
		.host_up = true,
		.snapshots_enabled = true,
		.snapshot_limit = 10,
	};
}

static void assert_refused(enum action action, struct rule_facts facts, const char *id, const char *says)
{
	char text[300];
	const struct rule *rule = rules_refuse(action, &facts);
	assert_non_null(rule);
	assert_string_equal(rule_id(rule), id);
	rule_sentence(rule, "web-01", &facts, text, sizeof text);
	if (!strstr(text, says)) {
		fail_msg("'%s' does not say '%s'", text, says);
	}
	assert_null(strchr(text, '%'));
}

static void test_create__memory_only_of_a_running_vm__T4(void **state)
{
	(void)state;
	for (int vm_state = 0; vm_state < VM_STATE_COUNT; vm_state++) {
		struct rule_facts facts = good_facts();
		facts.vm_state = (enum vm_state)vm_state;
		bool disk = vm_state == VM_RUNNING || vm_state == VM_STOPPED;
		assert_int_equal(rules_refuse(ACTION_SNAPSHOT_CREATE_DISK, &facts) == NULL, disk);
		assert_int_equal(
			rules_refuse(ACTION_SNAPSHOT_CREATE_MEMORY, &facts) == NULL, vm_state == VM_RUNNING);
	}
	struct rule_facts facts = good_facts();
	facts.vm_state = VM_STOPPED;
	assert_refused(ACTION_SNAPSHOT_CREATE_MEMORY, facts, "memory-needs-running",
		"a DiskAndMemory snapshot needs a running VM, and 'web-01' is Stopped");
	facts.vm_state = VM_SAVED;
	assert_refused(ACTION_SNAPSHOT_CREATE_DISK, facts, "create-needs-settled", "'web-01' is Saved");
}

static void test_every_act__waits_for_the_one_live_operation__X1(void **state)
{
	(void)state;
	for (int action = 0; action < ACTION_COUNT; action++) {
		struct rule_facts facts = good_facts();
		facts.operation_live = true;
		assert_refused((enum action)action, facts, "busy", "another operation runs on 'web-01'");
		for (int vm_state = 0; vm_state < VM_STATE_COUNT; vm_state++) {
			facts = good_facts();
			facts.vm_state = (enum vm_state)vm_state;
			if (vm_state_is_transitional(facts.vm_state)) {
				assert_refused(
					(enum action)action, facts, "busy", vm_state_name(facts.vm_state));
			}
		}
	}
}

/* What waits is judged as if the VM were free; of what it would lose nobody has seen, nothing waits. */
static void test_every_act__may_queue_but_a_revert_and_a_destroy__X1(void **state)
{
	(void)state;
	for (int action = 0; action < ACTION_COUNT; action++) {
		struct rule_facts facts = good_facts();
		facts.operation_live = facts.queues = true;
		facts.vm_state = VM_SNAPSHOTTING;
		if (action == ACTION_SNAPSHOT_REVERT || action == ACTION_VM_DESTROY) {
			assert_refused((enum action)action, facts, "queued-unseen", "would lose is known only when that has");
			assert_false(rules_queue((enum action)action, &facts));
			continue;
		}
		assert_null(rules_refuse((enum action)action, &facts));
		assert_true(rules_queue((enum action)action, &facts));
		facts.operation_live = false; /* a state that nobody is about to end */
		assert_refused((enum action)action, facts, "busy", "another operation runs");
		assert_false(rules_queue((enum action)action, &facts));
		facts.operation_live = facts.start_ends_export = true;
		assert_false(rules_queue((enum action)action, &facts)); /* it would find no VM on the host */
		facts.start_ends_export = false;
		facts.host_up = false;
		assert_refused((enum action)action, facts, "host-lost", "does not answer");
	}
}

static void test_queue__is_no_way_around_what_waiting_does_not_change__X1(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.queues = true;
	assert_false(rules_queue(ACTION_SNAPSHOT_CREATE_DISK, &facts)); /* free: nothing to wait for */
	facts.operation_live = true;
	facts.snapshots_on_host = facts.snapshot_limit;
	assert_refused(ACTION_SNAPSHOT_CREATE_DISK, facts, "limit", "the limit is 10");
	assert_refused(ACTION_VOLUME_DETACH, facts, "volume-has-snapshots", "10 snapshots");
	facts.vm_state = VM_STOPPED;
	assert_refused(ACTION_VM_STOP, facts, "stopped-already", "stopped already");
	assert_true(rules_queue(ACTION_VM_START, &facts));
}

static void test_every_act__is_locked_while_the_host_is_lost_or_the_console_read_only__U3(void **state)
{
	(void)state;
	for (int action = 0; action < ACTION_COUNT; action++) {
		struct rule_facts facts = good_facts();
		facts.host_up = false;
		assert_refused((enum action)action, facts, "host-lost", "does not answer");
		facts.no_right = true;
		assert_refused((enum action)action, facts, "no-right", "needs the right of an Operator");
		facts.read_only = true;
		assert_refused((enum action)action, facts, "read-only", "read-only");
	}
}

static void test_create__stops_at_the_limit_and_at_hypervs_own__C3(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.snapshots_on_host = 9;
	assert_null(rules_refuse(ACTION_SNAPSHOT_CREATE_DISK, &facts));
	facts.snapshots_on_host = 10;
	assert_refused(ACTION_SNAPSHOT_CREATE_DISK, facts, "limit", "has 10 snapshots and the limit is 10");
	facts.snapshot_limit = 50;
	facts.untracked_on_host = 40;
	assert_refused(ACTION_SNAPSHOT_CREATE_MEMORY, facts, "hyperv-ceiling", "50 checkpoints");
	assert_null(rules_refuse(ACTION_SNAPSHOT_DELETE, &facts));
}

static void test_create_and_copy__are_refused_when_not_even_a_file_fits__C1_X3(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.space_lacks = true;
	assert_refused(ACTION_SNAPSHOT_CREATE_DISK, facts, "no-space", "is full; free some of it first");
	assert_null(rules_refuse(ACTION_SNAPSHOT_DELETE, &facts)); /* what frees it stays possible */
	facts.vm_state = VM_STOPPED;
	assert_refused(ACTION_VOLUME_SNAPSHOT_CREATE, facts, "no-space", "is full");
}

static void test_create__needs_the_capability_of_the_hypervisor__X5(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.snapshots_enabled = false;
	assert_refused(ACTION_SNAPSHOT_CREATE_DISK, facts, "snapshots-disabled", "disabled");
	assert_null(rules_refuse(ACTION_SNAPSHOT_REVERT, &facts));
	assert_null(rules_refuse(ACTION_SNAPSHOT_DELETE, &facts));
}

static void test_untracked_checkpoints__are_never_changed__T6(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.target_untracked = true;
	assert_refused(ACTION_SNAPSHOT_REVERT, facts, "untracked", "made outside hvtree");
	assert_refused(ACTION_SNAPSHOT_DELETE, facts, "untracked", "made outside hvtree");
}

static void test_targets__must_be_in_a_state_that_S1_lets_go_on(void **state)
{
	(void)state;
	for (int target = 0; target < SNAPSHOT_STATE_COUNT; target++) {
		struct rule_facts facts = good_facts();
		facts.snapshot_state = (enum snapshot_state)target;
		bool deletable = target == SNAPSHOT_READY || target == SNAPSHOT_ERROR ||
				 target == SNAPSHOT_EXPUNGING; /* D5: can be asked for again */
		assert_int_equal(
			rules_refuse(ACTION_SNAPSHOT_REVERT, &facts) == NULL, target == SNAPSHOT_READY);
		assert_int_equal(rules_refuse(ACTION_SNAPSHOT_DELETE, &facts) == NULL, deletable);
	}
	struct rule_facts facts = good_facts();
	facts.has_target = false;
	assert_refused(ACTION_SNAPSHOT_REVERT, facts, "needs-target", "select a snapshot");
}

static void test_revert__is_legal_from_running_stopped_and_saved__V1_V2(void **state)
{
	(void)state;
	for (int vm_state = 0; vm_state < VM_STATE_COUNT; vm_state++) {
		struct rule_facts facts = good_facts();
		facts.vm_state = (enum vm_state)vm_state;
		assert_int_equal(rules_refuse(ACTION_SNAPSHOT_REVERT, &facts) == NULL,
			vm_state == VM_RUNNING || vm_state == VM_STOPPED || vm_state == VM_SAVED);
	}
}

static void test_power__start_and_stop_follow_S2(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	assert_refused(ACTION_VM_START, facts, "running-already", "running already");
	assert_null(rules_refuse(ACTION_VM_STOP, &facts));
	facts.vm_state = VM_STOPPED;
	assert_null(rules_refuse(ACTION_VM_START, &facts));
	assert_refused(ACTION_VM_STOP, facts, "stopped-already", "stopped already");
	facts.vm_state = VM_ERROR;
	assert_refused(ACTION_VM_START, facts, "cannot-start", "is Error");
	facts.vm_missing = true;
	assert_refused(ACTION_VM_STOP, facts, "vm-missing", "does not report");
}

static const enum action volume_actions[] = {ACTION_VOLUME_ATTACH, ACTION_VOLUME_DETACH, ACTION_VOLUME_RESIZE};

static void test_volumes__are_not_changed_below_a_checkpoint_whoever_made_it__X2(void **state)
{
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(volume_actions); i++) {
		struct rule_facts facts = good_facts();
		facts.vm_state = VM_STOPPED;
		assert_null(rules_refuse(volume_actions[i], &facts));
		facts.snapshots_on_host = 3;
		assert_refused(volume_actions[i], facts, "volume-has-snapshots",
			"'web-01' has 3 snapshots and 0 untracked checkpoints");
		facts.snapshots_on_host = 0;
		facts.untracked_on_host = 1;
		assert_refused(volume_actions[i], facts, "volume-has-snapshots", "delete them first");
	}
}

static void test_volumes__need_a_vm_at_rest_and_the_root_stays__X2(void **state)
{
	(void)state;
	for (int vm_state = 0; vm_state < VM_STATE_COUNT; vm_state++) {
		struct rule_facts facts = good_facts();
		facts.vm_state = (enum vm_state)vm_state;
		bool settled = vm_state == VM_RUNNING || vm_state == VM_STOPPED;
		assert_int_equal(rules_refuse(ACTION_VOLUME_ATTACH, &facts) == NULL, settled);
		assert_int_equal(rules_refuse(ACTION_VOLUME_DETACH, &facts) == NULL, settled);
		assert_int_equal(rules_refuse(ACTION_VOLUME_RESIZE, &facts) == NULL, vm_state == VM_STOPPED);
	}
	struct rule_facts facts = good_facts();
	assert_refused(ACTION_VOLUME_RESIZE, facts, "resize-needs-stopped", "'web-01' is Running; stop it first");
	facts.root_volume = true;
	assert_refused(ACTION_VOLUME_DETACH, facts, "detach-root", "'web-01' starts from");
	facts.vm_state = VM_STOPPED;
	assert_null(rules_refuse(ACTION_VOLUME_RESIZE, &facts));
}

static void test_scale_and_volume_snapshot__need_a_stopped_vm_and_no_empty_tree__X3_X4(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.snapshots_on_host = 3;
	facts.untracked_on_host = 1;
	assert_refused(ACTION_VM_SCALE, facts, "scale-needs-stopped", "is Running; stop it first");
	assert_refused(ACTION_VOLUME_SNAPSHOT_CREATE, facts, "copy-needs-stopped", "is Running; stop it first");
	facts.vm_state = VM_STOPPED;
	assert_null(rules_refuse(ACTION_VM_SCALE, &facts));
	assert_null(rules_refuse(ACTION_VOLUME_SNAPSHOT_CREATE, &facts));
}

static void test_volume_snapshot__can_be_deleted_when_its_vm_is_gone__X3_D5(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.vm_missing = true;
	assert_null(rules_refuse(ACTION_VOLUME_SNAPSHOT_DELETE, &facts));
	facts.has_target = false;
	assert_refused(ACTION_VOLUME_SNAPSHOT_DELETE, facts, "needs-copy", "has no volume snapshot");
	facts.has_target = true;
	facts.snapshot_state = SNAPSHOT_CREATING;
	assert_refused(ACTION_VOLUME_SNAPSHOT_DELETE, facts, "target-busy", "is Creating");
	facts.snapshot_state = SNAPSHOT_EXPUNGING;
	assert_null(rules_refuse(ACTION_VOLUME_SNAPSHOT_DELETE, &facts));
}

/* Where only the export is, a VM can be brought back or destroyed, and nothing else. */
static void test_unregistered_vm__can_only_be_started_or_destroyed__P2(void **state)
{
	(void)state;
	for (int action = 0; action < ACTION_COUNT; action++) {
		struct rule_facts facts = good_facts();
		facts.vm_state = VM_STOPPED;
		facts.vm_unregistered = true;
		facts.stop_removes = true;
		if (action == ACTION_VM_STOP) {
			assert_refused(ACTION_VM_STOP, facts, "stopped-already", "stopped already");
		} else if (action == ACTION_VM_START || action == ACTION_VM_DESTROY ||
			   action == ACTION_VOLUME_SNAPSHOT_DELETE) {
			assert_null(rules_refuse((enum action)action, &facts));
		} else {
			assert_refused((enum action)action, facts, "unregistered",
				"start it to bring it back, or destroy it");
		}
	}
}

static void test_stop__of_one_that_is_off_takes_it_off_its_host_by_policy__P2(void **state)
{
	(void)state;
	struct rule_facts facts = good_facts();
	facts.vm_state = VM_STOPPED;
	assert_refused(ACTION_VM_STOP, facts, "stopped-already", "stopped already");
	facts.stop_removes = true;
	assert_null(rules_refuse(ACTION_VM_STOP, &facts));
}

static void test_start__is_allowed_during_an_export_and_nothing_else_is__P4_X1(void **state)
{
	(void)state;
	for (int action = 0; action < ACTION_COUNT; action++) {
		struct rule_facts facts = good_facts();
		facts.vm_state = VM_EXPORTING;
		facts.operation_live = true;
		facts.start_ends_export = true;
		if (action == ACTION_VM_START) {
			assert_null(rules_refuse(ACTION_VM_START, &facts));
		} else {
			assert_refused((enum action)action, facts, "busy", "another operation runs on 'web-01'");
		}
	}
}

static void test_destroy__is_legal_in_every_settled_state__D6(void **state)
{
	(void)state;
	for (int vm_state = 0; vm_state < VM_STATE_COUNT; vm_state++) {
		struct rule_facts facts = good_facts();
		facts.vm_state = (enum vm_state)vm_state;
		bool settled = !vm_state_is_transitional(facts.vm_state) && vm_state != VM_DESTROYED;
		assert_int_equal(rules_refuse(ACTION_VM_DESTROY, &facts) == NULL, settled);
	}
}

static void test_sentence__is_cut_not_overrun(void **state)
{
	char text[24];
	struct rule_facts facts = good_facts();
	(void)state;
	facts.host_up = false;
	const struct rule *rule = rules_refuse(ACTION_VM_STOP, &facts);
	rule_sentence(rule, "a-rather-long-name", &facts, text, sizeof text);
	assert_int_equal(strlen(text), sizeof text - 1);
	assert_string_equal(rule_requirement(rule), "U3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create__memory_only_of_a_running_vm__T4),
		cmocka_unit_test(test_every_act__waits_for_the_one_live_operation__X1),
		cmocka_unit_test(test_every_act__may_queue_but_a_revert_and_a_destroy__X1),
		cmocka_unit_test(test_queue__is_no_way_around_what_waiting_does_not_change__X1),
		cmocka_unit_test(test_every_act__is_locked_while_the_host_is_lost_or_the_console_read_only__U3),
		cmocka_unit_test(test_create__stops_at_the_limit_and_at_hypervs_own__C3),
		cmocka_unit_test(test_create_and_copy__are_refused_when_not_even_a_file_fits__C1_X3),
		cmocka_unit_test(test_create__needs_the_capability_of_the_hypervisor__X5),
		cmocka_unit_test(test_untracked_checkpoints__are_never_changed__T6),
		cmocka_unit_test(test_targets__must_be_in_a_state_that_S1_lets_go_on),
		cmocka_unit_test(test_revert__is_legal_from_running_stopped_and_saved__V1_V2),
		cmocka_unit_test(test_power__start_and_stop_follow_S2),
		cmocka_unit_test(test_volumes__are_not_changed_below_a_checkpoint_whoever_made_it__X2),
		cmocka_unit_test(test_volumes__need_a_vm_at_rest_and_the_root_stays__X2),
		cmocka_unit_test(test_scale_and_volume_snapshot__need_a_stopped_vm_and_no_empty_tree__X3_X4),
		cmocka_unit_test(test_volume_snapshot__can_be_deleted_when_its_vm_is_gone__X3_D5),
		cmocka_unit_test(test_unregistered_vm__can_only_be_started_or_destroyed__P2),
		cmocka_unit_test(test_stop__of_one_that_is_off_takes_it_off_its_host_by_policy__P2),
		cmocka_unit_test(test_start__is_allowed_during_an_export_and_nothing_else_is__P4_X1),
		cmocka_unit_test(test_destroy__is_legal_in_every_settled_state__D6),
		cmocka_unit_test(test_sentence__is_cut_not_overrun),
	};
	return cmocka_run_group_tests_name("domain/rules", tests, NULL, NULL) ? 1 : 0;
}
