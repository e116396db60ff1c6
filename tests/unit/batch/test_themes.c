/* hvtree theme, settings, completion, manual: what needs no store says so itself, and what is wrong with a theme is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "tests/unit/batch/command_run.h"
#include "tests/unit/batch/fake_backend.h"

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what)) {
		fail_msg("'%s' is not in:\n%s", what, text);
	}
}

static void test_theme_list__names_every_theme_its_kind_and_its_file__U5(void **state)
{
	(void)state;
	struct command_result result;
	command_run(&result, "theme", "list", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "solarized-light  theme    (built in) solarized-light");
	assert_says(result.out, "prod-red         overlay");
	command_result_clear(&result);
	command_run(&result, "theme", "list", "--json", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "{\"name\":\"training\",\"overlay\":true,");
	command_result_clear(&result);
}

static char *write_theme(const char *text)
{
	char *path = hv_strdup("/tmp/hvtree-theme-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void test_theme_check__tells_mistakes_with_their_line_and_what_is_hard_to_read__U5(void **state)
{
	(void)state;
	struct command_result result;
	HV_CLEANUP_FREE char *bad = write_theme("[theme]\nname = mine\ninherits = default-dark\n[roles]\nvm.runing = red\n"
						"warn = #202020 , yellow , bold\n");
	command_run(&result, "theme", "check", bad, NULL);
	assert_int_equal(result.code, 1);
	assert_says(result.out, ":5: [roles] vm.runing: no such role");
	assert_says(result.out, "mine: warn has a contrast of");
	assert_says(result.out, "mine: not in order");
	command_result_clear(&result);
	command_run(&result, "theme", "check", bad, "--json", NULL);
	assert_int_equal(result.code, 1);
	assert_says(result.out, "\"success\":false");
	command_result_clear(&result);
	assert_int_equal(unlink(bad), 0);
	command_run(&result, "theme", "check", "cb-safe-light", NULL);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, "cb-safe-light: in order\n");
	command_result_clear(&result);
}

static void test_theme_show__tells_each_role_in_three_looks_and_one_that_is_not_there_is_an_error__U5(void **state)
{
	(void)state;
	struct command_result result;
	command_run(&result, "theme", "show", "terminal-16", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "vm.critical");
	assert_says(result.out, "bright-white/red+bold");
	assert_null(strchr(result.out, '\033')); /* no terminal, no samples */
	command_result_clear(&result);
	command_run(&result, "theme", "show", "no\033where", NULL);
	assert_int_equal(result.code, 1);
	assert_says(result.err, "there is no theme 'no");
	assert_null(strchr(result.err, '\033'));
	command_result_clear(&result);
}

static void open_nothing(struct hv_backend *backend)
{
	fake_push(backend, (struct hv_event){.kind = HV_EVENT_LOADED});
}

static void test_settings__a_refusal_is_told_and_a_name_is_needed__C3(void **state)
{
	(void)state;
	struct command_result result;
	fake_hooks = (struct fake_hooks){.open = open_nothing};
	command_run(&result, "settings", "set", "vmsnapshot.max", "5", NULL);
	assert_int_equal(result.code, 1);
	assert_says(result.err, "no right");
	command_result_clear(&result);
	command_run(&result, "settings", "set", NULL);
	assert_int_equal(result.code, 2);
	command_result_clear(&result);
	command_run(&result, "settings", "list", "--json", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, "{\"count\":0,\"configuration\":[");
	command_result_clear(&result);
}

static void test_completion__is_for_the_shells_that_there_are(void **state)
{
	(void)state;
	static const char *const shells[] = {"bash", "zsh", "fish"};
	struct command_result result;
	for (size_t i = 0; i < HV_ARRAY_LEN(shells); i++) {
		command_run(&result, "completion", shells[i], NULL);
		assert_int_equal(result.code, 0);
		assert_says(result.out, "older-than");
		command_result_clear(&result);
	}
	command_run(&result, "completion", "csh", NULL);
	assert_int_equal(result.code, 2);
	assert_says(result.err, "bash, zsh and fish");
	command_result_clear(&result);
	command_run(&result, "manual", NULL);
	assert_int_equal(result.code, 0);
	assert_says(result.out, ".SH KEYS");
	command_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_theme_list__names_every_theme_its_kind_and_its_file__U5),
		cmocka_unit_test(test_theme_check__tells_mistakes_with_their_line_and_what_is_hard_to_read__U5),
		cmocka_unit_test(test_theme_show__tells_each_role_in_three_looks_and_one_that_is_not_there_is_an_error__U5),
		cmocka_unit_test(test_settings__a_refusal_is_told_and_a_name_is_needed__C3),
		cmocka_unit_test(test_completion__is_for_the_shells_that_there_are),
	};
	return cmocka_run_group_tests_name("batch/themes", tests, NULL, NULL) ? 1 : 0;
}
