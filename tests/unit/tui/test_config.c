/* The configuration file: what it may say, what is made of mistakes, and that changing a line keeps all the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "tui/config/config.h"
#include "tui/config/config_file.h"
#include "tui/config/config_text.h"

static void test_config__every_default_is_something_that_its_setting_may_be(void **state)
{
	(void)state;
	struct config config = CONFIG_INIT;
	for (int i = 0; i < SETTING_COUNT; i++) {
		struct hv_error error;
		const struct setting_row *row = setting_row((enum setting)i);
		assert_int_equal(setting_check((enum setting)i, row->value, &error), HV_OK);
		assert_string_equal(config_text(&config, (enum setting)i), row->value);
		assert_int_equal(setting_find(row->section, row->key), i);
	}
	assert_true(config_is(&config, SETTING_SAFETY_SNAPSHOT));
	assert_int_equal(config_number(&config, SETTING_CHAIN_WARN), 5);
	assert_int_equal(config_number(&config, SETTING_AGE_WARN), INT64_C(30) * 24 * 3600 * HV_SECOND_US);
}

static void test_config__settings_groups_and_keys_are_read__U5(void **state)
{
	(void)state;
	struct config config = CONFIG_INIT;
	struct hv_text problems = HV_TEXT_INIT;
	config_read(&config, "config",
		"[console]\ntheme = solarized-dark\nmouse = yes\n[tree]\nage_warn = 2w ; two weeks\n"
		"[group prod]\nread_only = yes\nconfirm = name\ntheme = prod-red\n"
		"[group lab]\nconfirm = form\n[keys]\nrevert = F8\n",
		&problems);
	assert_string_equal(hv_text_get(&problems), "");
	assert_string_equal(config_text(&config, SETTING_THEME), "solarized-dark");
	assert_true(config_is(&config, SETTING_MOUSE));
	assert_int_equal(config_number(&config, SETTING_AGE_WARN), INT64_C(14) * 24 * 3600 * HV_SECOND_US);
	const struct group_policy *prod = config_group(&config, "prod");
	assert_true(prod->read_only);
	assert_int_equal(prod->confirm, CONFIRM_NAME);
	assert_string_equal(prod->theme, "prod-red");
	assert_int_equal(config_group(&config, "lab")->confirm, CONFIRM_FORM);
	assert_int_equal(config_group(&config, "other")->confirm, CONFIRM_DIALOG);
	assert_false(config_group(&config, "other")->read_only);
	assert_string_equal(config.keys, "\n\n\n\n\n\n\n\n\n\n\n\nrevert = F8\n"); /* on its line */
	struct config copy;
	config_copy(&copy, &config);
	config_clear(&config);
	assert_true(config_group(&copy, "prod")->read_only);
	config_clear(&copy);
}

static void test_config__mistakes_name_file_line_section_and_key_and_the_default_is_used(void **state)
{
	(void)state;
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"[console]\nthem = mono\n", "config:2: [console] them: there is no such setting\n"},
		{"mouse = yes\n", "config:1: [] mouse: there is no such setting\n"},
		{"[console]\nmouse = perhaps\n",
			"config:2: [console] mouse: 'perhaps' is neither yes nor no; 'no' is used\n"},
		{"[tree]\nchain_warn = 0\n",
			"config:2: [tree] chain_warn: '0' is no number from 1 to 1000; '5' is used\n"},
		{"[tree]\nage_warn = soon\n",
			"config:2: [tree] age_warn: 'soon' is no time; write 90s, 15m, 12h, 30d or 2w; '30d' is used\n"},
		{"[group prod]\nwrite = no\n",
			"config:2: [group prod] write: no such key; a group has read_only, confirm and theme\n"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct config config = CONFIG_INIT;
		struct hv_text problems = HV_TEXT_INIT;
		config_read(&config, "config", cases[i].text, &problems);
		assert_string_equal(hv_text_get(&problems), cases[i].problem);
		hv_text_clear(&problems);
		config_clear(&config);
	}
}

static void test_config__a_policy_that_is_not_understood_is_never_a_milder_one(void **state)
{
	(void)state;
	struct config config = CONFIG_INIT;
	struct hv_text problems = HV_TEXT_INIT;
	config_read(&config, "config", "[group prod]\nread_only = Yes!\nconfirm = names\n", &problems);
	assert_non_null(strstr(hv_text_get(&problems), "the group is read-only"));
	assert_non_null(strstr(hv_text_get(&problems), "'name' is used"));
	assert_true(config_group(&config, "prod")->read_only);
	assert_int_equal(config_group(&config, "prod")->confirm, CONFIRM_NAME);
	hv_text_clear(&problems);
	config_clear(&config);
}

static void test_config__a_change_keeps_comments_unknown_keys_order_and_line_ends(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"", "[console]\nmouse = yes\n"},
		{"; mine", "; mine\n\n[console]\nmouse = yes\n"},
		{"[console]\nmouse = no\n", "[console]\nmouse = yes\n"},
		{"[console]\r\n  mouse\t=  no ; for now\r\nsecret = 1\r\n",
			"[console]\r\n  mouse\t=  yes ; for now\r\nsecret = 1\r\n"},
		{"[console]\n;mouse = no\nascii = no\n", "[console]\n;mouse = no\nmouse = yes\nascii = no\n"},
		{"[console]\nascii = no\n\n[tree]\nmouse = 3\n", "[console]\nascii = no\nmouse = yes\n\n[tree]\nmouse = 3\n"},
		{"[console]\nmouse = no\nmouse = no", "[console]\nmouse = no\nmouse = yes"},
		{"[console]", "[console]\nmouse = yes\n"},
		{"[tree]\nx = 1\n", "[tree]\nx = 1\n\n[console]\nmouse = yes\n"},
		{"[console]\nmouse_speed = 1\n", "[console]\nmouse_speed = 1\nmouse = yes\n"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		HV_CLEANUP_FREE char *after = config_edit(cases[i].before, "console", "mouse", "yes");
		assert_string_equal(after, cases[i].after);
		struct config config = CONFIG_INIT;
		config_read(&config, "config", after, NULL);
		assert_true(config_is(&config, SETTING_MOUSE));
		config_clear(&config);
	}
}

static void test_config__the_first_file_is_all_comments_and_every_setting_can_be_changed_in_it(void **state)
{
	(void)state;
	struct hv_text text = HV_TEXT_INIT;
	struct hv_text problems = HV_TEXT_INIT;
	struct config config = CONFIG_INIT;
	config_template(&text);
	config_read(&config, "config", hv_text_get(&text), &problems);
	assert_string_equal(hv_text_get(&problems), "");
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = setting_row((enum setting)i);
		assert_null(config.values[i]);
		assert_non_null(strstr(hv_text_get(&text), row->help));
		HV_CLEANUP_FREE char *changed = config_edit(hv_text_get(&text), row->section, row->key, row->value);
		config_read(&config, "config", changed, &problems);
		assert_string_equal(hv_text_get(&problems), "");
		assert_string_equal(config.values[i], row->value);
	}
	config_clear(&config);
	hv_text_clear(&text);
}

/* ---- on the disk ---- */

struct place {
	char folder[40];
	char path[80];
};

static int set_up(void **state)
{
	struct place *place = malloc(sizeof *place);
	strcpy(place->folder, "/tmp/hvtree-config-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(place->path, sizeof place->path, "%s/hvtree/config", place->folder);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	HV_CLEANUP_FREE char *command = hv_sprintf("rm -rf '%s'", place->folder);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static char *text_of(const char *path)
{
	static char text[8192];
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	return text;
}

static size_t entries_of(const char *path)
{
	HV_CLEANUP_FREE char *folder = hv_strndup(path, (size_t)(strrchr(path, '/') - path));
	DIR *stream = opendir(folder);
	size_t count = 0;
	for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
		count += entry->d_name[0] != '.';
	}
	closedir(stream);
	return count;
}

static void test_config__the_file_is_made_with_its_folder_and_for_its_owner_only(void **state)
{
	struct place *place = *state;
	struct hv_error error;
	struct stat info;
	assert_int_equal(config_file_set(place->path, "; hello\n", "console", "mouse", "yes", &error), HV_OK);
	assert_string_equal(text_of(place->path), "; hello\n\n[console]\nmouse = yes\n");
	assert_int_equal(stat(place->path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	setenv("XDG_CONFIG_HOME", place->folder, 1);
	struct config config = CONFIG_INIT;
	config_load(&config, NULL);
	unsetenv("XDG_CONFIG_HOME");
	assert_true(config_is(&config, SETTING_MOUSE));
	config_clear(&config);
}

static void test_config__what_an_editor_wrote_meanwhile_the_mode_and_a_link_are_kept(void **state)
{
	struct place *place = *state;
	struct hv_error error;
	struct stat info;
	HV_CLEANUP_FREE char *real = hv_sprintf("%s/dotfile", place->folder);
	assert_int_equal(config_file_set(place->path, "", "console", "mouse", "yes", &error), HV_OK);
	assert_int_equal(rename(place->path, real), 0);
	assert_int_equal(chmod(real, 0640), 0);
	assert_int_equal(symlink(real, place->path), 0);
	FILE *file = fopen(real, "a");
	assert_non_null(file);
	(void)fputs("[mine]\nown = 1\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(config_file_set(place->path, "", "console", "mouse", "no", &error), HV_OK);
	assert_string_equal(text_of(real), "[console]\nmouse = no\n[mine]\nown = 1\n");
	assert_int_equal(lstat(place->path, &info), 0);
	assert_true(S_ISLNK(info.st_mode));
	assert_int_equal(stat(real, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
	assert_int_equal(entries_of(place->path), 1); /* nothing is left beside it */
}

static void test_config__what_is_no_plain_text_is_told_and_never_written_over(void **state)
{
	struct place *place = *state;
	struct hv_error error;
	assert_int_equal(config_file_set(place->path, "", "console", "mouse", "yes", &error), HV_OK);
	FILE *file = fopen(place->path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite("a\0b", 1, 3, file), 3);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(config_file_set(place->path, "", "console", "mouse", "no", &error), HV_ERR_IO);
	assert_non_null(strstr(error.text, "not text"));
	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(mkdir(place->path, 0700), 0);
	assert_int_equal(config_file_set(place->path, "", "console", "mouse", "no", &error), HV_ERR_IO);
	assert_non_null(strstr(error.text, "no plain file"));
	assert_int_equal(entries_of(place->path), 1);
}

int main(void)
{
#define DISK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config__every_default_is_something_that_its_setting_may_be),
		cmocka_unit_test(test_config__settings_groups_and_keys_are_read__U5),
		cmocka_unit_test(test_config__mistakes_name_file_line_section_and_key_and_the_default_is_used),
		cmocka_unit_test(test_config__a_policy_that_is_not_understood_is_never_a_milder_one),
		cmocka_unit_test(test_config__a_change_keeps_comments_unknown_keys_order_and_line_ends),
		cmocka_unit_test(test_config__the_first_file_is_all_comments_and_every_setting_can_be_changed_in_it),
		DISK_TEST(test_config__the_file_is_made_with_its_folder_and_for_its_owner_only),
		DISK_TEST(test_config__what_an_editor_wrote_meanwhile_the_mode_and_a_link_are_kept),
		DISK_TEST(test_config__what_is_no_plain_text_is_told_and_never_written_over),
	};
	return cmocka_run_group_tests_name("tui/config", tests, NULL, NULL) ? 1 : 0;
}
