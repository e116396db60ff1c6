/* What the console sends before the agent can speak must pass every shell on the way, and every line limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backend/hyperv/hyperv.h"

static void test_remote_command__has_no_character_that_a_shell_reads(void **state)
{
	(void)state;
	const char *command = hyperv_remote_command();
	for (const char *c = command; *c; c++) {
		assert_true(isalnum((unsigned char)*c) || strchr(" .+/=-", *c));
	}
	assert_true(strlen(command) < 8000);
	assert_int_equal(strncmp(command, "powershell.exe ", 15), 0);
}

static void test_agent_script__begins_with_its_length_and_is_ascii(void **state)
{
	(void)state;
	size_t size = 0;
	const char *script = hyperv_agent_script(&size);
	char *end = NULL;
	unsigned long length = strtoul(script, &end, 10);
	assert_int_equal(*end, '\n');
	assert_int_equal(length, size - (size_t)(end + 1 - script));
	for (size_t i = 0; i < size; i++) {
		assert_true(script[i] == '\n' || script[i] == '\t' || (script[i] >= ' ' && script[i] <= '~'));
	}
	assert_null(strstr(script, "$input"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remote_command__has_no_character_that_a_shell_reads),
		cmocka_unit_test(test_agent_script__begins_with_its_length_and_is_ascii),
	};
	return cmocka_run_group_tests_name("conformance/hyperv", tests, NULL, NULL);
}
