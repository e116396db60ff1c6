/* What a login asks: dialogs as golden text, and that they never take keys that were meant for something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/screen/console_fixture.h"
#include "tests/screen/golden.h"
#include "tui/state/app_state.h"

#define HOST "hv03.prod" /* it is lost */

static const struct app_config utf8 = {.title = "prod-eu", .user = "op-anna"};

static struct fixture *at_lost_host(void)
{
	struct fixture *fixture = fixture_fleet(&utf8);
	fixture_go_to(fixture, HOST);
	return fixture;
}

static void ask(struct fixture *fixture, const struct hv_question *from)
{
	struct hv_question question = *from;
	question.host = hv_uuid_from_text(HOST);
	struct hv_event event = {.kind = HV_EVENT_QUESTION, .question = hv_question_new(&question)};
	fixture_event(fixture, &event);
	hv_question_unref(event.question);
}

static const struct hv_question key = {
	.number = 7,
	.kind = HV_QUESTION_KEY,
	.key_name = "[hv03.prod]:2222",
	.key_type = "ssh-ed25519",
	.fingerprint = "SHA256:tohWsX/ROdmBCMY4/47XKJ5c9KVxrPLZdzOHTb+Hiko",
	.known_types = "",
};
static const struct hv_question passphrase = {
	.number = 8, .kind = HV_QUESTION_SECRET, .prompt = "Passphrase of the key '/home/anna/.ssh/id_ed25519'"};

static void gone(struct fixture *fixture)
{
	fixture_event(
		fixture, &(struct hv_event){.kind = HV_EVENT_QUESTION_GONE, .id = hv_uuid_from_text(HOST)});
}

static void test_host_key__is_shown_with_cancel_first(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	fixture_keys(fixture, "c");
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_RETRY), 1);
	ask(fixture, &key);
	check_screen(fixture, "dialog_host_key", 80, 24);
	fixture_keys(fixture, "Enter");
	const struct app_effect *effect = fixture_effect(fixture, APP_EFFECT_ANSWER_KEY);
	assert_non_null(effect);
	assert_int_equal(effect->key_answer, HV_KEY_REFUSE);
	assert_int_equal(effect->question->number, 7);
	fixture_take_effects(fixture);
	fixture_keys(fixture, "c");
	ask(fixture, &key);
	fixture_keys(fixture, "Tab Tab Enter");
	assert_int_equal(fixture_effect(fixture, APP_EFFECT_ANSWER_KEY)->key_answer, HV_KEY_REMEMBER);
	fixture_free(fixture);
}

static void test_host_key__of_another_type_is_a_warning(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	struct hv_question other = key;
	other.known_types = "ecdsa-sha2-nistp256";
	fixture_keys(fixture, "c");
	ask(fixture, &other);
	check_screen(fixture, "dialog_host_key_other_type", 80, 24);
	fixture_free(fixture);
}

static void test_secret__is_not_shown_and_goes_with_enter(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	fixture_keys(fixture, "c");
	ask(fixture, &passphrase);
	fixture_keys(fixture, "'geheimx Backspace"); /* and a mistake */
	check_screen(fixture, "dialog_secret", 80, 24);
	fixture_keys(fixture, "Enter");
	const struct app_effect *effect = fixture_effect(fixture, APP_EFFECT_ANSWER_SECRET);
	assert_non_null(effect);
	assert_string_equal(effect->secret, "geheim");
	fixture_free(fixture);
}

static void test_secret__of_the_hosts_own_words_says_so_and_cannot_draw(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	const struct hv_question code = {.number = 9, .kind = HV_QUESTION_SECRET, .from_host = true, .echo = true,
		.prompt = "Verification\x1b[2J code:"};
	fixture_keys(fixture, "c");
	ask(fixture, &code);
	fixture_keys(fixture, "'123");
	check_screen(fixture, "dialog_secret_of_host", 80, 24);
	fixture_keys(fixture, "Escape");
	assert_null(fixture_effect(fixture, APP_EFFECT_ANSWER_SECRET)->secret);
	fixture_free(fixture);
}

static void test_secret__field_is_emptied_by_one_key_and_takes_a_pasted_line(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	fixture_keys(fixture, "c");
	ask(fixture, &passphrase);
	fixture_keys(fixture, "'wrong ^U");
	fixture_paste(fixture, "p\xC3\xA4ss\r\nmore");
	fixture_keys(fixture, "Enter");
	assert_string_equal(fixture_effect(fixture, APP_EFFECT_ANSWER_SECRET)->secret, "p\xC3\xA4ss");
	fixture_free(fixture);
}

/* Whoever goes on with something else is not interrupted: a message tells, and `c` opens the dialog. */
static void test_question__opens_no_dialog_under_keys_that_are_typed(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	fixture_keys(fixture, "c k");
	ask(fixture, &passphrase);
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_true(fixture_shows(fixture, "asks for a secret to log in"));
	fixture_go_to(fixture, HOST);
	fixture_keys(fixture, "c");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_SECRET);
	fixture_free(fixture);
}

static void test_question__that_is_gone_keeps_the_keys_from_the_tree(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	fixture_keys(fixture, "c");
	ask(fixture, &passphrase);
	fixture_keys(fixture, "'geh");
	gone(fixture);
	assert_int_equal(fixture->app->dialog.secret.length, 0);
	fixture_keys(fixture, "'eimd"); /* d would delete */
	assert_int_equal(fixture->app->dialog.kind, DIALOG_SECRET);
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ANSWER_SECRET), 0);
	fixture_keys(fixture, "Enter");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_int_equal(fixture_effect_count(fixture, APP_EFFECT_ANSWER_SECRET), 0);
	fixture_free(fixture);
}

static void test_retry__that_fails_is_told_with_its_reason(void **state)
{
	(void)state;
	struct fixture *fixture = at_lost_host();
	fixture_keys(fixture, "c");
	fixture_host(fixture, HOST, "prod", HOST_CONNECTING, NULL);
	fixture_host(fixture, HOST, "prod", HOST_LOST, "THE KEY OF THE HOST HAS CHANGED");
	assert_true(fixture_shows(fixture, "NOT CONNECTED"));
	assert_true(fixture_shows(fixture, "HAS CHANGED"));
	fixture_keys(fixture, "Enter");
	fixture_host(fixture, HOST, "prod", HOST_CONNECTING, NULL); /* a try that came by itself */
	fixture_host(fixture, HOST, "prod", HOST_LOST, "THE KEY OF THE HOST HAS CHANGED");
	assert_false(fixture_shows(fixture, "NOT CONNECTED"));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_key__is_shown_with_cancel_first),
		cmocka_unit_test(test_host_key__of_another_type_is_a_warning),
		cmocka_unit_test(test_secret__is_not_shown_and_goes_with_enter),
		cmocka_unit_test(test_secret__of_the_hosts_own_words_says_so_and_cannot_draw),
		cmocka_unit_test(test_secret__field_is_emptied_by_one_key_and_takes_a_pasted_line),
		cmocka_unit_test(test_question__opens_no_dialog_under_keys_that_are_typed),
		cmocka_unit_test(test_question__that_is_gone_keeps_the_keys_from_the_tree),
		cmocka_unit_test(test_retry__that_fails_is_told_with_its_reason),
	};
	return cmocka_run_group_tests_name("screen/questions", tests, NULL, NULL);
}
