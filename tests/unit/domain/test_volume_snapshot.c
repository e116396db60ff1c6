#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/text.h"
#include "backend/domain/volume_snapshot.h"

static void test_path__of_a_disk_is_whole_and_never_a_part_of_a_checkpoint__X7_X2(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		const char *says; /* NULL: it is good */
	} paths[] = {
		{"D:\\disks\\data.vhdx", NULL},
		{"d:/disks/data.VHD", NULL},
		{"\\\\server\\share\\data.vhdx", NULL},
		{"/srv/sim/data.vhdx", NULL},
		{"D:\\disks\\data.avhdx", "part of a checkpoint"},
		{"D:\\disks\\data.AVHDX", "part of a checkpoint"},
		{"D:\\disks\\data.avhd", "part of a checkpoint"},
		{"D:\\disks\\data.iso", "a .vhdx or .vhd file"},
		{"D:\\disks\\data.vhdx ", "a .vhdx or .vhd file"},
		{".vhdx", "a .vhdx or .vhd file"},
		{"data.vhdx", "a whole path"},
		{"D:data.vhdx", "a whole path"},
		{"D:\\disks\\..\\..\\data.vhdx", "a whole path"},
		{"D:\\a\nb.vhdx", "no control characters"},
		{"", "1 to 1024 characters"},
		{NULL, "1 to 1024 characters"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(paths); i++) {
		struct hv_error error = {0};
		enum hv_status status = volume_check_path(paths[i].path, &error);
		assert_int_equal(status, paths[i].says ? HV_ERR_INVALID : HV_OK);
		if (paths[i].says && !strstr(error.text, paths[i].says)) {
			fail_msg("'%s' does not say '%s'", error.text, paths[i].says);
		}
	}
}

static void test_name__is_made_of_vm_volume_and_time_and_stays_a_name__X3(void **state)
{
	(void)state;
	char *name = volume_snapshot_make_name("web01", "data", INT64_C(1784646901000000));
	assert_string_equal(name, "web01-data-20260721151501");
	free(name);
	char longest[600];
	memset(longest, 0, sizeof longest);
	for (size_t i = 0; i + 3 < sizeof longest - 1; i += 3) {
		memcpy(longest + i, "\xE6\x9D\xB1", 3);
	}
	name = volume_snapshot_make_name(longest, longest, 0);
	assert_true(hv_text_is_name(name, 255));
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path__of_a_disk_is_whole_and_never_a_part_of_a_checkpoint__X7_X2),
		cmocka_unit_test(test_name__is_made_of_vm_volume_and_time_and_stays_a_name__X3),
	};
	return cmocka_run_group_tests_name("domain/volume snapshot", tests, NULL, NULL) ? 1 : 0;
}
