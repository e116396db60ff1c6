#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/base/attributes.h"
#include "backend/base/uuid.h"

static void test_parse__takes_both_cases_and_braces_and_formats_lower_case(void **state)
{
	struct hv_uuid uuid;
	char text[HV_UUID_TEXT_SIZE];
	(void)state;
	assert_true(hv_uuid_parse("{6D2F3C1E-0000-4ABC-8def-0123456789aB}", &uuid));
	assert_string_equal(hv_uuid_format(&uuid, text), "6d2f3c1e-0000-4abc-8def-0123456789ab");
	assert_true(hv_uuid_parse(text, &uuid));
	assert_false(hv_uuid_is_nil(&uuid));
}

static void test_parse__refuses_anything_else_and_leaves_the_value_alone(void **state)
{
	static const char *const bad[] = {"", "{", "6d2f3c1e-0000-4abc-8def-0123456789a",
		"6d2f3c1e-0000-4abc-8def-0123456789abc", "{6d2f3c1e-0000-4abc-8def-0123456789ab",
		"6d2f3c1e-0000-4abc-8def-0123456789ab}", "6d2f3c1e00004abc8def0123456789ab",
		"6d2f3c1e-0000-4abc-8def-0123456789ag", "6d2f3c1e_0000-4abc-8def-0123456789ab"};
	struct hv_uuid uuid = hv_uuid_from_text("before");
	struct hv_uuid before = uuid;
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(bad); i++) {
		assert_false(hv_uuid_parse(bad[i], &uuid));
		assert_true(hv_uuid_equal(&uuid, &before));
	}
}

static void test_random__gives_different_version_4_ids(void **state)
{
	struct hv_uuid first = hv_uuid_random();
	struct hv_uuid second = hv_uuid_random();
	(void)state;
	assert_false(hv_uuid_equal(&first, &second));
	assert_int_equal(first.bytes[6] >> 4, 4);
	assert_int_equal(first.bytes[8] >> 6, 2);
}

static void test_from_text__is_stable_and_tells_texts_apart(void **state)
{
	struct hv_uuid one = hv_uuid_from_text("vm:hv01/web-01");
	struct hv_uuid again = hv_uuid_from_text("vm:hv01/web-01");
	struct hv_uuid other = hv_uuid_from_text("vm:hv01/web-02");
	(void)state;
	assert_true(hv_uuid_equal(&one, &again));
	assert_false(hv_uuid_equal(&one, &other));
	assert_int_not_equal(hv_uuid_compare(&one, &other), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse__takes_both_cases_and_braces_and_formats_lower_case),
		cmocka_unit_test(test_parse__refuses_anything_else_and_leaves_the_value_alone),
		cmocka_unit_test(test_random__gives_different_version_4_ids),
		cmocka_unit_test(test_from_text__is_stable_and_tells_texts_apart),
	};
	return cmocka_run_group_tests_name("base/uuid", tests, NULL, NULL) ? 1 : 0;
}
