#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/status.h"
#include "backend/base/text.h"

static void test_error__keeps_its_text_whole_when_it_is_cut(void **state)
{
	struct hv_error err;
	char text[1024];
	(void)state;
	memset(text, 'x', sizeof err.text - 2);
	strcpy(text + sizeof err.text - 2, "\xE6\x9D\xB1\xE4\xBA\xAC");
	assert_int_equal(hv_error_set(&err, HV_ERR_HOST, "%s", text), HV_ERR_HOST);
	assert_true(hv_utf8_is_valid(err.text, strlen(err.text)));
	assert_int_equal(strlen(err.text), sizeof err.text - 2);
	hv_error_prefix(&err, "host %s", "hv01");
	assert_true(hv_utf8_is_valid(err.text, strlen(err.text)));
	assert_memory_equal(err.text, "host hv01: xxx", 14);
}

static void test_error__may_be_missing(void **state)
{
	(void)state;
	assert_int_equal(hv_error_set(NULL, HV_ERR_STORE, "nobody listens"), HV_ERR_STORE);
	hv_error_prefix(NULL, "still nobody");
}

static void test_names__exist_for_every_status(void **state)
{
	(void)state;
	for (int status = 0; status < HV_STATUS_COUNT; status++) {
		assert_true(strlen(hv_status_name((enum hv_status)status)) > 1);
	}
	assert_string_equal(hv_status_name(HV_STATUS_COUNT), "?");
}

static void test_log__writes_one_printable_line_an_entry_to_a_private_file(void **state)
{
	char path[] = "/tmp/hvtree-log-XXXXXX";
	char text[256] = "";
	struct stat info;
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(hv_log_open(path, HV_LOG_INFO, NULL), HV_OK);
	hv_log(HV_LOG_INFO, "host", "%s", "two\nlines \x1b[31m");
	hv_log(HV_LOG_DEBUG, "host", "not at this level");
	hv_log_close();
	hv_log(HV_LOG_ERROR, "host", "after closing");
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t length = fread(text, 1, sizeof text - 1, file);
	(void)fclose(file);
	assert_true(length > 30);
	assert_non_null(strstr(text, "INFO  host: two\xEF\xBF\xBDlines \xEF\xBF\xBD[31m\n"));
	assert_ptr_equal(strchr(text, '\n'), text + length - 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error__keeps_its_text_whole_when_it_is_cut),
		cmocka_unit_test(test_error__may_be_missing),
		cmocka_unit_test(test_names__exist_for_every_status),
		cmocka_unit_test(test_log__writes_one_printable_line_an_entry_to_a_private_file),
	};
	return cmocka_run_group_tests_name("base/status", tests, NULL, NULL) ? 1 : 0;
}
