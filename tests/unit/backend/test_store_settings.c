/* Settings of the store, notes in its log (A2, C3), and a backend that is held while its process is stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/backend/desk.h"

static int set_up(void **state)
{
	*state = desk_folder(desk_fleet);
	desk_quick(*state);
	return 0;
}

static int tear_down(void **state)
{
	desk_remove_folder(*state);
	return 0;
}

static const struct hv_event *change(struct desk *desk, const char *name, const char *value)
{
	uint64_t ticket = desk_ticket(desk);
	hv_change_setting(desk->backend, ticket, name, value);
	return desk_answer(desk, ticket);
}

static void assert_value(struct desk *desk, const char *name, const char *value)
{
	uint64_t ticket = desk_ticket(desk);
	hv_list_settings(desk->backend, ticket);
	const struct hv_setting_list *list = desk_answer(desk, ticket)->settings;
	assert_non_null(list);
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->rows[i].name, name) == 0) {
			assert_string_equal(list->rows[i].value, value);
			return;
		}
	}
	fail_msg("%s is not listed", name);
}

static bool limit_is_three(struct desk *desk, const void *context)
{
	(void)context;
	return desk_vm(desk, "box")->snapshot_limit == 3;
}

/* The details of the newest row of this kind. */
static void assert_logged(struct desk *desk, const char *what, const char *details)
{
	uint64_t ticket = desk_ticket(desk);
	const struct hv_log_query query = {.what = what};
	hv_list_log(desk->backend, ticket, &query);
	const struct hv_log_page *log = desk_answer(desk, ticket)->log;
	assert_non_null(log);
	assert_true(log->count >= 1);
	assert_string_equal(log->rows[0].details, details);
}

static void test_settings__the_limit_is_changed_shown_in_the_picture_and_logged__C3_A2(void **state)
{
	struct desk desk;
	desk_open(&desk, *state, HV_CONNECT_ALL);
	desk_until_loaded(&desk);
	assert_value(&desk, "vmsnapshot.max", "10");
	assert_int_equal(change(&desk, "vmsnapshot.max", "3")->kind, HV_EVENT_ACCEPTED);
	desk_until(&desk, limit_is_three, NULL);
	assert_value(&desk, "vmsnapshot.max", "3");
	assert_logged(&desk, "ChangeSetting", "vmsnapshot.max: 3, was 10");
	assert_int_equal(change(&desk, "vmsnapshot.max", NULL)->kind, HV_EVENT_ACCEPTED);
	assert_value(&desk, "vmsnapshot.max", "10");
	desk_close(&desk);
}

static void test_settings__what_is_no_setting_or_no_value_of_it_is_refused_and_changes_nothing__C3(void **state)
{
	static const struct {
		const char *name, *value;
		enum hv_status status;
	} cases[] = {
		{"vmsnapshot.max", "51", HV_ERR_INVALID},
		{"vmsnapshot.max", "-1", HV_ERR_INVALID},
		{"vmsnapshot.max", "many", HV_ERR_INVALID},
		{"vmsnapshot.max", "", HV_ERR_INVALID},
		{"demo", "1", HV_ERR_NOT_FOUND},
		{"\033[31m", "1", HV_ERR_NOT_FOUND},
	};
	struct desk desk;
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		const struct hv_event *answer = change(&desk, cases[i].name, cases[i].value);
		assert_int_equal(answer->kind, HV_EVENT_REFUSED);
		assert_int_equal(answer->error.status, cases[i].status);
		assert_null(strchr(answer->error.text, '\033'));
	}
	assert_value(&desk, "vmsnapshot.max", "10");
	desk_close(&desk);
}

static void test_notes__of_a_console_stand_in_the_log_before_they_are_accepted__A2(void **state)
{
	struct desk desk;
	desk_open(&desk, *state, HV_CONNECT_ON_DEMAND);
	uint64_t ticket = desk_ticket(&desk);
	hv_note(desk.backend, ticket, HV_NOTE_ALLOW_WRITING, "group 'prod' for 10m: CHG-1");
	assert_int_equal(desk_answer(&desk, ticket)->kind, HV_EVENT_ACCEPTED);
	assert_logged(&desk, "AllowWriting", "group 'prod' for 10m: CHG-1");
	desk_close(&desk);
}

static void test_hold__a_held_backend_keeps_no_other_console_from_the_store_and_goes_on_when_released(void **state)
{
	struct desk held, other;
	desk_open(&held, *state, HV_CONNECT_ALL);
	desk_until_up(&held, "alpha");
	desk_open(&other, *state, HV_CONNECT_ON_DEMAND);
	for (int i = 0; i < 20; i++) {
		/* it may be anywhere in its work when it is held */
		uint64_t ticket = desk_ticket(&held);
		hv_note(held.backend, ticket, HV_NOTE_ALLOW_WRITING, "before");
		assert_true(hv_backend_hold(held.backend));
		assert_int_equal(change(&other, "vmsnapshot.max", i % 2 ? "7" : "8")->kind, HV_EVENT_ACCEPTED);
		hv_backend_release(held.backend);
		assert_int_equal(desk_answer(&held, ticket)->kind, HV_EVENT_ACCEPTED);
	}
	desk_close(&other);
	desk_close(&held);
}

int main(void)
{
#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		DESK_TEST(test_settings__the_limit_is_changed_shown_in_the_picture_and_logged__C3_A2),
		DESK_TEST(test_settings__what_is_no_setting_or_no_value_of_it_is_refused_and_changes_nothing__C3),
		DESK_TEST(test_notes__of_a_console_stand_in_the_log_before_they_are_accepted__A2),
		DESK_TEST(test_hold__a_held_backend_keeps_no_other_console_from_the_store_and_goes_on_when_released),
	};
	return cmocka_run_group_tests_name("backend/store_settings", tests, NULL, NULL) ? 1 : 0;
}
