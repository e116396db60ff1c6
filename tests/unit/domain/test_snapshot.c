#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/snapshot.h"

static void test_display_name__is_checked_with_a_reason__T5(void **state)
{
	struct hv_error err;
	char long_name[301];
	(void)state;
	memset(long_name, 'n', 300);
	long_name[300] = '\0';
	assert_int_equal(snapshot_check_display_name("before patch 東京", &err), HV_OK);
	assert_int_equal(snapshot_check_display_name(long_name, &err), HV_ERR_INVALID);
	assert_non_null(strstr(err.text, "300 characters; at most 255"));
	assert_int_equal(snapshot_check_display_name("", &err), HV_ERR_INVALID);
	assert_int_equal(snapshot_check_display_name("   ", &err), HV_ERR_INVALID);
	assert_int_equal(snapshot_check_display_name("a\x1b[2J", &err), HV_ERR_INVALID);
	assert_non_null(strstr(err.text, "control characters"));
	assert_int_equal(snapshot_check_display_name("\xC3", &err), HV_ERR_INVALID);
	assert_non_null(strstr(err.text, "UTF-8"));
	long_name[255] = '\0';
	assert_int_equal(snapshot_check_display_name(long_name, &err), HV_OK);
}

static void test_description__may_be_empty_but_not_longer_than_255__T5(void **state)
{
	struct hv_error err;
	char text[257];
	(void)state;
	memset(text, 'd', 256);
	text[256] = '\0';
	assert_int_equal(snapshot_check_description("", &err), HV_OK);
	assert_int_equal(snapshot_check_description("CHG-4411", &err), HV_OK);
	assert_int_equal(snapshot_check_description(text, &err), HV_ERR_INVALID);
	assert_int_equal(snapshot_check_description("two\nlines", &err), HV_ERR_INVALID);
}

static void test_internal_name__differs_within_one_microsecond_and_fits_hyperv__T5(void **state)
{
	struct hv_uuid one = hv_uuid_from_text("one");
	struct hv_uuid two = hv_uuid_from_text("two");
	char vm_name[301] = "";
	(void)state;
	char *first = snapshot_make_internal_name("web-01", INT64_C(1786320300000042), &one);
	char *second = snapshot_make_internal_name("web-01", INT64_C(1786320300000042), &two);
	assert_memory_equal(first, "web-01_VS_20260810000500000042_", 31);
	assert_string_not_equal(first, second);
	free(first);
	free(second);
	for (int i = 0; i < 100; i++) {
		memcpy(vm_name + (size_t)i * 3, "東", 4);
	}
	first = snapshot_make_internal_name(vm_name, INT64_C(1786320300000042), &one);
	assert_true(strlen(first) <= SNAPSHOT_INTERNAL_NAME_MAX);
	assert_true(hv_utf8_is_valid(first, strlen(first)));
	free(first);
}

static void test_on_host__counts_only_rows_that_may_have_a_checkpoint__C3(void **state)
{
	(void)state;
	assert_false(snapshot_is_on_host(SNAPSHOT_ALLOCATED));
	assert_true(snapshot_is_on_host(SNAPSHOT_CREATING));
	assert_true(snapshot_is_on_host(SNAPSHOT_READY));
	assert_true(snapshot_is_on_host(SNAPSHOT_REVERTING));
	assert_true(snapshot_is_on_host(SNAPSHOT_EXPUNGING));
	assert_false(snapshot_is_on_host(SNAPSHOT_REMOVED));
}

static void test_copy__owns_its_strings(void **state)
{
	struct snapshot original = {.name = hv_strdup("n"), .display_name = hv_strdup("d"), .id = 7};
	struct snapshot copy;
	(void)state;
	snapshot_copy(&copy, &original);
	snapshot_clear(&original);
	assert_string_equal(copy.name, "n");
	assert_string_equal(copy.display_name, "d");
	assert_null(copy.description);
	assert_int_equal(copy.id, 7);
	snapshot_clear(&copy);
	snapshot_clear(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_display_name__is_checked_with_a_reason__T5),
		cmocka_unit_test(test_description__may_be_empty_but_not_longer_than_255__T5),
		cmocka_unit_test(test_internal_name__differs_within_one_microsecond_and_fits_hyperv__T5),
		cmocka_unit_test(test_on_host__counts_only_rows_that_may_have_a_checkpoint__C3),
		cmocka_unit_test(test_copy__owns_its_strings),
	};
	return cmocka_run_group_tests_name("domain/snapshot", tests, NULL, NULL) ? 1 : 0;
}
