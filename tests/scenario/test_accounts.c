/* Rights through the real programs: what a caller may not see is not there, what it may not change is refused (A1). */
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

static const char *me(void)
{
	const struct passwd *user = getpwuid(geteuid());
	assert_non_null(user);
	return user->pw_name;
}

static void assert_says(const char *sentence, const char *what)
{
	if (!strstr(sentence, what)) {
		fail_msg("'%s' is not in: %s", what, sentence);
	}
}

static int64_t count_of(struct world *world, const char *object, const char *verb)
{
	json_t *answer = world_json(world, object, verb, NULL);
	int64_t count = json_integer_value(json_object_get(answer, "count"));
	json_decref(answer);
	return count;
}

/* The VM belongs to "web" of /prod/web; "boss" is left as the administrator, and the user of the test acts as NAME. */
static void make_caller(struct world *world, const char *name, const char *domain, const char *role)
{
	world_make(world, true);
	free(world_expect(world, 0, "snapshot", "create", WORLD_VM, "--name", "A", NULL));
	free(world_expect(world, 0, "account", "add", "boss", "--role", "administrator", "--user", "boss", NULL));
	free(world_expect(world, 0, "account", "add", "web", "--domain", "/prod/web", NULL));
	free(world_expect(world, 0, "vm", "assign", WORLD_VM, "--account", "web", NULL));
	free(world_expect(world, 0, "account", "add", name, "--domain", domain, "--role", role, "--user", me(), NULL));
}

static void test_viewer__sees_the_vms_below_its_domain_and_changes_nothing__A1(void **state)
{
	struct world world;
	(void)state;
	make_caller(&world, "eve", "/prod", "viewer");
	assert_int_equal(count_of(&world, "vm", "list"), 1);
	assert_int_equal(count_of(&world, "snapshot", "list"), 1);
	assert_int_equal(count_of(&world, "account", "list"), 1);
	static const char right[] = "needs the right of an Operator";
	HV_CLEANUP_FREE char *create = world_expect(&world, 1, "snapshot", "create", WORLD_VM, NULL);
	HV_CLEANUP_FREE char *revert = world_expect(&world, 1, "snapshot", "revert", WORLD_VM, "A", "--yes", NULL);
	HV_CLEANUP_FREE char *delete = world_expect(&world, 1, "snapshot", "delete", WORLD_VM, "A", "--yes", NULL);
	HV_CLEANUP_FREE char *stop = world_expect(&world, 1, "vm", "stop", WORLD_VM, NULL);
	HV_CLEANUP_FREE char *account = world_expect(&world, 1, "account", "set", "eve", "--role", "operator", NULL);
	HV_CLEANUP_FREE char *host = world_expect(&world, 1, "host", "remove", WORLD_HOST, "--yes", NULL);
	assert_says(host, "needs the right of an Administrator");
	assert_says(create, right);
	assert_says(revert, right);
	assert_says(delete, right);
	assert_says(stop, right);
	assert_says(account, "needs the right of an Administrator");
	world_assert_vm_state(&world, "Running");
	assert_int_equal(count_of(&world, "snapshot", "list"), 1);
	world_clear(&world);
}

static void test_operator__of_another_domain_finds_no_trace_of_the_vm__A1(void **state)
{
	struct world world;
	(void)state;
	make_caller(&world, "eve", "/lab", "operator");
	assert_int_equal(count_of(&world, "vm", "list"), 0);
	assert_int_equal(count_of(&world, "snapshot", "list"), 0);
	json_t *log = world_json(&world, "log", NULL);
	assert_int_equal(json_integer_value(json_object_get(log, "count")), 0);
	json_decref(log);
	HV_CLEANUP_FREE char *tree = world_expect(&world, 0, "tree", NULL);
	assert_null(strstr(tree, WORLD_VM));
	HV_CLEANUP_FREE char *hidden = world_expect(&world, 1, "vm", "stop", WORLD_VM, NULL);
	HV_CLEANUP_FREE char *absent = world_expect(&world, 1, "vm", "stop", "nix", NULL);
	char *name = strstr(hidden, WORLD_VM);
	assert_non_null(name);
	memcpy(name, "nix", 3); /* the same length: the sentences differ in the name alone */
	assert_string_equal(hidden, absent);
	world_clear(&world);
}

static int64_t vms_with_an_offering(struct world *world)
{
	json_t *answer = world_json(world, "offering", "list", NULL);
	int64_t vms = 0;
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(answer, "serviceoffering"), i, row) {
		vms += json_integer_value(json_object_get(row, "virtualmachines"));
	}
	json_decref(answer);
	return vms;
}

static void test_counts__of_vms_are_of_those_that_the_caller_sees__A1(void **state)
{
	struct world world;
	(void)state;
	make_caller(&world, "eve", "/lab", "operator");
	assert_int_equal(vms_with_an_offering(&world), 0);
	HV_CLEANUP_FREE char *hidden = world_expect(&world, 0, "host", "check", WORLD_HOST, NULL);
	assert_says(hidden, "0 VMs");
	world_clear(&world);
	make_caller(&world, "eve", "/prod", "viewer");
	assert_int_equal(vms_with_an_offering(&world), 1);
	HV_CLEANUP_FREE char *seen = world_expect(&world, 0, "host", "check", WORLD_HOST, NULL);
	assert_says(seen, "1 VM");
	world_clear(&world);
}

static void test_operator__of_the_vms_account_acts_on_it__A1(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, true);
	free(world_expect(&world, 0, "account", "add", "boss", "--role", "administrator", "--user", "boss", NULL));
	free(world_expect(&world, 0, "account", "add", "web", "--domain", "/prod/web", NULL));
	free(world_expect(&world, 0, "vm", "assign", WORLD_VM, "--account", "web", NULL));
	free(world_expect(&world, 0, "account", "set", "web", "--user", me(), NULL));
	free(world_expect(&world, 0, "snapshot", "create", WORLD_VM, "--name", "A", NULL));
	json_t *rows = world_snapshots(&world);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "domain")), "/prod/web");
	json_decref(rows);
	world_clear(&world);
}

static void test_account_changes__are_in_the_log__A2(void **state)
{
	struct world world;
	(void)state;
	world_make(&world, false);
	free(world_expect(&world, 0, "account", "add", "anna", "--domain", "/prod", "--role", "viewer", NULL));
	free(world_expect(&world, 0, "account", "set", "anna", "--role", "operator", NULL));
	free(world_expect(&world, 0, "vm", "assign", WORLD_VM, "--account", "anna", NULL));
	free(world_expect(&world, 1, "account", "remove", "anna", NULL));
	free(world_expect(&world, 0, "vm", "assign", WORLD_VM, "--account", "admin", NULL));
	free(world_expect(&world, 0, "account", "remove", "anna", NULL));
	HV_CLEANUP_FREE char *log = world_expect(&world, 0, "log", NULL);
	static const char *const expected[] = {"AddAccount", "SetAccount", "AssignVm", "RemoveAccount",
		"account 'anna' of domain '/prod', role Viewer", "account 'anna', role Operator"};
	for (size_t i = 0; i < HV_ARRAY_LEN(expected); i++) {
		assert_says(log, expected[i]);
	}
	free(world_expect(&world, 1, "account", "set", "admin", "--role", "viewer", NULL));
	free(world_expect(&world, 2, "account", "set", "admin", NULL));
	free(world_expect(&world, 2, "account", "add", "x", "--role", "king", NULL));
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_viewer__sees_the_vms_below_its_domain_and_changes_nothing__A1),
		cmocka_unit_test(test_operator__of_another_domain_finds_no_trace_of_the_vm__A1),
		cmocka_unit_test(test_counts__of_vms_are_of_those_that_the_caller_sees__A1),
		cmocka_unit_test(test_operator__of_the_vms_account_acts_on_it__A1),
		cmocka_unit_test(test_account_changes__are_in_the_log__A2),
	};
	return cmocka_run_group_tests_name("scenario/accounts", tests, NULL, NULL);
}
