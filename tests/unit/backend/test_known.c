/* The table of VMs that the console was told of, against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "backend/backend_known.h"

#define IDS 500
#define STEPS 20000

static bool is_on_host(const struct known_vm *vm, int64_t host_id)
{
	return vm->host_id == host_id;
}

static void test_known__finds_what_is_there_and_nothing_else_after_any_history(void **state)
{
	struct known_vms known = {0};
	bool there[IDS + 1] = {false};
	size_t count = 0;
	uint32_t random = 3;
	(void)state;
	for (int step = 0; step < STEPS; step++) {
		random = random * 1664525 + 1013904223;
		int64_t id = 1 + (random >> 8) % IDS;
		if (there[id]) {
			known_vms_drop(&known, id);
			count--;
		} else {
			known_vms_add(&known, id)->host_id = id % 7;
			count++;
		}
		there[id] = !there[id];
		assert_int_equal(known.count, count);
		int64_t asked = 1 + (random >> 20) % IDS;
		assert_int_equal(known_vms_find(&known, asked) != NULL, there[asked]);
	}
	for (int64_t id = 1; id <= IDS; id++) {
		assert_int_equal(known_vms_find(&known, id) != NULL, there[id]);
	}
	known_vms_drop(&known, IDS + 1);
	assert_int_equal(known.count, count);
	known_vms_clear(&known);
}

static void test_known__lists_the_ids_that_fit(void **state)
{
	struct known_vms known = {0};
	size_t count = 0;
	(void)state;
	free(known_vms_ids(&known, NULL, 0, &count));
	assert_int_equal(count, 0);
	for (int64_t id = 1; id <= 100; id++) {
		known_vms_add(&known, id)->host_id = id % 4;
	}
	int64_t *ids = known_vms_ids(&known, is_on_host, 3, &count);
	assert_int_equal(count, 25);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ids[i] % 4, 3);
	}
	free(ids);
	known_vms_clear(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known__finds_what_is_there_and_nothing_else_after_any_history),
		cmocka_unit_test(test_known__lists_the_ids_that_fit),
	};
	return cmocka_run_group_tests_name("backend/known", tests, NULL, NULL);
}
