/* Who may see and change what: role x object x act, all of them (A1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/attributes.h"
#include "backend/domain/authority.h"

static char anna[] = "anna";
static char prod[] = "/prod";

static struct account caller_of(enum account_role role)
{
	return (struct account){.id = 7, .name = anna, .domain = prod, .role = role};
}

/* Whose VMs: the caller's own account (wherever its domain is), its domain, below it, beside it, above it. */
static const struct {
	int64_t account_id;
	const char *domain;
	bool near; /* the caller's, as far as the domain tree says */
} owners[] = {
	{7, "/", true}, {7, "/lab", true}, {8, "/prod", true}, {8, "/prod/web", true}, {8, "/prod/web/eu", true},
	{8, "/", false}, {8, "/lab", false}, {8, "/production", false}, {8, "/lab/prod", false},
};

static void test_sees__own_account_and_own_domain_with_those_below__A1(void **state)
{
	(void)state;
	for (int role = 0; role < ACCOUNT_ROLE_COUNT; role++) {
		struct account caller = caller_of((enum account_role)role);
		for (size_t i = 0; i < HV_ARRAY_LEN(owners); i++) {
			assert_int_equal(authority_sees(&caller, owners[i].account_id, owners[i].domain),
				owners[i].near || role == ACCOUNT_ADMINISTRATOR);
			assert_false(authority_sees(NULL, owners[i].account_id, owners[i].domain));
		}
	}
}

static void test_changes__by_role_of_what_is_seen_and_the_rest_does_not_exist__A1(void **state)
{
	(void)state;
	for (int role = 0; role < ACCOUNT_ROLE_COUNT; role++) {
		struct account caller = caller_of((enum account_role)role);
		for (size_t i = 0; i < HV_ARRAY_LEN(owners); i++) {
			struct hv_error err = {0};
			bool seen = owners[i].near || role == ACCOUNT_ADMINISTRATOR;
			enum hv_status expected = !seen                  ? HV_ERR_NOT_FOUND
						  : role == ACCOUNT_VIEWER ? HV_ERR_DENIED
									   : HV_OK;
			assert_int_equal(
				authority_check_vm(&caller, owners[i].account_id, owners[i].domain, &err), expected);
			if (!seen) {
				assert_string_equal(err.text, "there is no such VM");
			}
		}
	}
}

static void test_refusal__names_the_missing_right__A1(void **state)
{
	struct hv_error err;
	struct account viewer = caller_of(ACCOUNT_VIEWER);
	struct account operator = caller_of(ACCOUNT_OPERATOR);
	struct account administrator = caller_of(ACCOUNT_ADMINISTRATOR);
	(void)state;
	assert_int_equal(authority_check_vm(&viewer, 7, "/", &err), HV_ERR_DENIED);
	assert_string_equal(err.text,
		"account 'anna' is a Viewer's, which changes nothing; this needs the right of an Operator");
	assert_int_equal(authority_check_administrator(&viewer, &err), HV_ERR_DENIED);
	assert_int_equal(authority_check_administrator(&operator, &err), HV_ERR_DENIED);
	assert_string_equal(
		err.text, "account 'anna' has the role Operator; this needs the right of an Administrator");
	assert_int_equal(authority_check_administrator(&administrator, &err), HV_OK);
	assert_int_equal(authority_check_administrator(NULL, &err), HV_ERR_DENIED);
	assert_int_equal(authority_check_vm(NULL, 7, "/", &err), HV_ERR_DENIED);
	assert_non_null(strstr(err.text, "no account"));
}

static void test_domains__are_a_tree_of_whole_names__A1(void **state)
{
	(void)state;
	assert_true(domain_contains("/", "/"));
	assert_true(domain_contains("/", "/prod"));
	assert_true(domain_contains("/prod", "/prod"));
	assert_true(domain_contains("/prod", "/prod/web"));
	assert_false(domain_contains("/prod", "/production"));
	assert_false(domain_contains("/prod/web", "/prod"));
	assert_false(domain_contains("/prod", "/"));
}

static void test_role__has_a_name_that_is_read_in_any_letter_case__A1(void **state)
{
	(void)state;
	for (int role = 0; role < ACCOUNT_ROLE_COUNT; role++) {
		enum account_role read = ACCOUNT_ROLE_COUNT;
		assert_true(account_role_parse(account_role_name((enum account_role)role), &read));
		assert_int_equal(read, role);
	}
	enum account_role read = ACCOUNT_ROLE_COUNT;
	assert_true(account_role_parse("operator", &read));
	assert_int_equal(read, ACCOUNT_OPERATOR);
	assert_false(account_role_parse("root", &read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sees__own_account_and_own_domain_with_those_below__A1),
		cmocka_unit_test(test_changes__by_role_of_what_is_seen_and_the_rest_does_not_exist__A1),
		cmocka_unit_test(test_refusal__names_the_missing_right__A1),
		cmocka_unit_test(test_domains__are_a_tree_of_whole_names__A1),
		cmocka_unit_test(test_role__has_a_name_that_is_read_in_any_letter_case__A1),
	};
	return cmocka_run_group_tests_name("domain/authority", tests, NULL, NULL);
}
