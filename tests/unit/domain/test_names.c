#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/domain/names.h"

#define ASSERT_BOTH_WAYS(prefix, type, count_value)                                                        \
	do {                                                                                               \
		for (int i = 0; i < (int)(count_value); i++) {                                             \
			enum type parsed = (enum type)((i + 1) % (int)(count_value));                      \
			assert_true(prefix##_parse(prefix##_name((enum type)i), &parsed));                 \
			assert_int_equal(parsed, i);                                                       \
		}                                                                                          \
		enum type kept = (enum type)1;                                                             \
		assert_false(prefix##_parse("Nonsense", &kept));                                           \
		assert_false(prefix##_parse("", &kept));                                                   \
		assert_int_equal(kept, 1);                                                                 \
		assert_string_equal(prefix##_name((enum type)(count_value)), "?");                         \
	} while (0)

static void test_names__go_both_ways_for_every_value__S1_S2(void **state)
{
	(void)state;
	ASSERT_BOTH_WAYS(snapshot_state, snapshot_state, SNAPSHOT_STATE_COUNT);
	ASSERT_BOTH_WAYS(snapshot_type, snapshot_type, SNAPSHOT_TYPE_COUNT);
	ASSERT_BOTH_WAYS(checkpoint_kind, checkpoint_kind, CHECKPOINT_KIND_COUNT);
	ASSERT_BOTH_WAYS(vm_state, vm_state, VM_STATE_COUNT);
	ASSERT_BOTH_WAYS(host_state, host_state, HOST_STATE_COUNT);
	ASSERT_BOTH_WAYS(operation_kind, operation_kind, OPERATION_KIND_COUNT);
	ASSERT_BOTH_WAYS(operation_state, operation_state, OPERATION_STATE_COUNT);
	ASSERT_BOTH_WAYS(operation_step, operation_step, STEP_COUNT);
}

static void test_names__are_spelled_as_in_the_specification__T3_S1(void **state)
{
	(void)state;
	assert_string_equal(snapshot_type_name(SNAPSHOT_DISK), "Disk");
	assert_string_equal(snapshot_type_name(SNAPSHOT_DISK_AND_MEMORY), "DiskAndMemory");
	assert_string_equal(snapshot_state_name(SNAPSHOT_EXPUNGING), "Expunging");
	assert_string_equal(vm_state_name(VM_SNAPSHOTTING), "Snapshotting");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names__go_both_ways_for_every_value__S1_S2),
		cmocka_unit_test(test_names__are_spelled_as_in_the_specification__T3_S1),
	};
	return cmocka_run_group_tests_name("domain/names", tests, NULL, NULL) ? 1 : 0;
}
