/* hvtree log: every change that the real programs make is in it, with who, from where, what, which and outcome (A2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tests/support/world.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* "what outcome snapshot" of each row, oldest first, a line each. Caller frees. */
static char *told(const json_t *answer)
{
	json_t *rows = json_object_get(answer, "event");
	struct hv_text text = HV_TEXT_INIT;
	for (size_t i = json_array_size(rows); i > 0; i--) {
		const json_t *row = json_array_get(rows, i - 1);
		hv_text_printf(&text, "%s %s %s\n", text_of(row, "what"), text_of(row, "outcome"),
			text_of(row, "vmsnapshotname"));
	}
	return hv_text_detach(&text);
}

static void change_everything(struct world *world)
{
	free(world_expect(world, 0, "snapshot", "create", WORLD_VM, "--name", "A", NULL));
	free(world_expect(world, 0, "snapshot", "revert", WORLD_VM, "A", "--yes", "--no-safety", NULL));
	free(world_expect(world, 0, "vm", "start", WORLD_VM, NULL));
	free(world_sim(world, "fault", "set", "false:StopCommand", NULL));
	free(world_expect(world, 1, "vm", "stop", WORLD_VM, NULL));
	free(world_sim(world, "fault", "clear", NULL));
	free(world_expect(world, 0, "vm", "stop", WORLD_VM, NULL));
	free(world_expect(world, 0, "snapshot", "delete", WORLD_VM, "A", "--yes", NULL));
}

static void test_log__has_every_change_with_its_outcome__A2(void **state)
{
	static const struct {
		const char *what;
		const char *rows;
	} expected[] = {
		{"ClaimStore", "ClaimStore Ok \n"},
		{"CreateSnapshot", "CreateSnapshot Ok \nCreateSnapshot Ok A\n"},
		{"RevertSnapshot", "RevertSnapshot Ok A\nRevertSnapshot Ok A\n"},
		{"StartVm", "StartVm Ok \nStartVm Ok \n"},
		{"StopVm", "StopVm Ok \nStopVm Host \nStopVm Ok \nStopVm Ok \n"},
		{"DeleteSnapshot", "DeleteSnapshot Ok A\nDeleteSnapshot Ok A\n"},
	};
	struct world world;
	(void)state;
	world_make(&world, true);
	change_everything(&world);
	for (size_t i = 0; i < HV_ARRAY_LEN(expected); i++) {
		json_t *answer = world_json(&world, "log", "--what", expected[i].what, NULL);
		HV_CLEANUP_FREE char *rows = told(answer);
		if (!strstr(rows, expected[i].rows)) {
			fail_msg("'%s' is not in: %s", expected[i].rows, rows);
		}
		json_decref(answer);
	}
	json_t *failed = world_json(&world, "log", "--failed", "--vm", WORLD_VM, NULL);
	HV_CLEANUP_FREE char *only = told(failed);
	assert_string_equal(only, "StopVm Host \n");
	json_decref(failed);
	world_clear(&world);
}

static void test_log__says_who_and_from_where_and_which__A2(void **state)
{
	struct world world;
	char machine[256] = "";
	(void)state;
	world_make(&world, false);
	free(world_expect(&world, 0, "vm", "start", WORLD_VM, NULL));
	const struct passwd *user = getpwuid(geteuid());
	assert_non_null(user);
	assert_int_equal(gethostname(machine, sizeof machine - 1), 0);
	json_t *vm = world_json(&world, "vm", "show", WORLD_VM, NULL);
	json_t *answer = world_json(&world, "log", "--vm", WORLD_VM, "--who", user->pw_name, "--since", "1h", "--page-size", "1", NULL);
	const json_t *row = json_array_get(json_object_get(answer, "event"), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "event")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "count")), 2);
	assert_string_equal(text_of(row, "who"), user->pw_name);
	assert_memory_equal(text_of(row, "from"), machine, strlen(machine));
	assert_true(atol(text_of(row, "from") + strlen(machine) + 1) > 0);
	assert_string_equal(text_of(row, "virtualmachineid"), text_of(json_object_get(vm, "virtualmachine"), "id"));
	json_decref(answer);
	answer = world_json(&world, "log", "--who", "nobody else", NULL);
	assert_int_equal(json_integer_value(json_object_get(answer, "count")), 0);
	json_decref(answer);
	json_decref(vm);
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log__has_every_change_with_its_outcome__A2),
		cmocka_unit_test(test_log__says_who_and_from_where_and_which__A2),
	};
	return cmocka_run_group_tests_name("scenario/log", tests, NULL, NULL);
}
