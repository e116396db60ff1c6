/*
 * Screens as text with roles against tests/screen/NAME.txt. UPDATE_SCREENS=1 writes them anew; review reads the diff. A
 * golden whose text a theme could change does not exist: letters stand for roles, not for colours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/console_fixture.h"
#include "tests/screen/golden.h"
#include "tui/state/app_state.h"

static const struct app_config utf8 = {.title = "prod-eu", .user = "op-anna"};
static const struct app_config ascii = {.title = "prod-eu", .user = "op-anna", .ascii = true};

static struct fixture *open_db(const struct app_config *config)
{
	struct fixture *fixture = fixture_fleet(config);
	fixture_go_to(fixture, "db-primary");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "db-primary", fixture_db_tree);
	return fixture;
}

static void revert_runs_on_web_02(struct fixture *fixture)
{
	struct hv_operation revert =
		fixture_operation_value("revert-1", OPERATION_REVERT_SNAPSHOT, "web-02", "golden-3");
	revert.percent = 63;
	revert.phase = "restoring";
	fixture_operation(fixture, &revert);
}

static void test_tree__shows_groups_hosts_vms_snapshots_and_now_at_80_columns__U1(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	revert_runs_on_web_02(fixture);
	fixture_go_to(fixture, "pre-upgrade-v7");
	check_screen(fixture, "tree_80x24_ascii", 80, 24);
	fixture_free(fixture);
}

static void test_tree__shows_details_beside_it_at_160_columns__U1(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&utf8);
	revert_runs_on_web_02(fixture);
	fixture_go_to(fixture, "pre-upgrade-v7");
	check_screen(fixture, "tree_160x50_utf8", 160, 50);
	fixture_free(fixture);
}

static void test_tree__same_in_utf8_at_80_columns__U5(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&utf8);
	fixture_go_to(fixture, "web-01");
	check_screen(fixture, "tree_80x24_utf8", 80, 24);
	fixture_free(fixture);
}

static void test_tree__drops_columns_on_a_narrow_screen__U5(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	check_screen(fixture, "tree_60x20", 60, 20);
	check_screen(fixture, "tree_41x11", 41, 11);
	fixture_free(fixture);
}

static void test_too_small__is_said_and_the_tree_comes_back__U5(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	char *before = fixture_screen(fixture, 80, 24);
	check_screen(fixture, "too_small_40x10", 40, 10);
	char *after = fixture_screen(fixture, 80, 24);
	assert_string_equal(before, after);
	free(before);
	free(after);
	fixture_free(fixture);
}

static void test_lost_host__is_stale_with_age_reason_and_countdown__U3(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "files-01");
	check_screen(fixture, "lost_host", 80, 24);
	fixture_go_to(fixture, "hv03.prod");
	check_screen(fixture, "lost_host_wide", 140, 40);
	fixture_free(fixture);
}

static void test_unknown_operation__is_neither_success_nor_failure__Y4(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	struct hv_operation revert =
		fixture_operation_value("revert-1", OPERATION_REVERT_SNAPSHOT, "files-01", "clean");
	fixture_operation(fixture, &revert);
	revert.unknown = true;
	fixture_operation(fixture, &revert);
	fixture_go_to(fixture, "files-01");
	check_screen(fixture, "unknown_operation", 80, 24);
	fixture_keys(fixture, "J");
	check_screen(fixture, "unknown_operation_jobs", 80, 24);
	fixture_free(fixture);
}

static void test_states__each_has_a_sign_and_a_word__U5(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new(&ascii);
	fixture_host(fixture, "hv01", "lab", HOST_UP, NULL);
	for (int i = 0; i < VM_STATE_COUNT; i++) {
		char *name = hv_sprintf("vm-%02d", i);
		fixture_vm(fixture, "hv01", name, (enum vm_state)i, i % 3);
		free(name);
	}
	fixture_loaded(fixture);
	check_screen(fixture, "states", 80, 28);
	fixture_free(fixture);
}

static void test_two_roots__and_a_current_in_neither__T1_T2(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&utf8);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web-01", "one 9d\n  one-a 8d\nafter-rebuild 2d m\n  tuned 1d error\n  tried 0d creating\n");
	check_screen(fixture, "two_roots", 80, 24);
	fixture_free(fixture);
}

static void test_untracked__is_marked_and_its_actions_are_off__T6(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&utf8);
	struct hv_vm vm = fixture_vm_value("hv02.prod", "mail-01", VM_RUNNING, 1);
	vm.untracked = 2;
	fixture_put_vm(fixture, &vm);
	fixture_go_to(fixture, "mail-01");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "mail-01", "base 9d\n  backup-1 2d u\n    by-hand 1d u m *\n");
	fixture_go_to(fixture, "by-hand");
	check_screen(fixture, "untracked", 80, 24);
	fixture_free(fixture);
}

static void test_deep_chain__has_a_capped_indent__U1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	struct hv_text text = HV_TEXT_INIT;
	for (int i = 0; i < 40; i++) {
		hv_text_printf(&text, "%*sstep-%02d %dd%s\n", i * 2, "", i, 50 - i, i == 39 ? " *" : "");
	}
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "web-01", hv_text_get(&text));
	hv_text_clear(&text);
	fixture_keys(fixture, "j j");
	check_screen(fixture, "folded_chain", 80, 24);
	fixture_keys(fixture, "Enter j j j j j j j j j j j j");
	check_screen(fixture, "deep_chain", 80, 30);
	fixture_free(fixture);
}

static void test_names__wide_combining_and_hostile_ones_stay_in_their_cells(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new(&utf8);
	fixture_host(fixture, "hv\033[31m01", "labor\xC3\xA4torium", HOST_UP, NULL);
	fixture_vm(fixture, "hv\033[31m01", "\xE4\xBB\xAE\xE6\x83\xB3\xE3\x83\x9E\xE3\x82\xB7\xE3\x83\xB3"
		"-with-a-name-that-is-far-too-long-for-its-column", VM_RUNNING, 2);
	fixture_vm(fixture, "hv\033[31m01", "e\xCC\x81t\xC3\xA9-combining", VM_STOPPED, 1);
	fixture_vm(fixture, "hv\033[31m01", "bidi-\xE2\x80\xAEgnp.exe", VM_RUNNING, 0);
	fixture_vm(fixture, "hv\033[31m01", "line\nbreak\tand\x01" "bell\x07", VM_RUNNING, 0);
	fixture_loaded(fixture);
	check_screen(fixture, "names_utf8", 80, 16);
	fixture_free(fixture);
}

static void test_read_only__shows_no_action_that_changes__U2(void **state)
{
	(void)state;
	struct app_config config = ascii;
	config.read_only = true;
	struct fixture *fixture = open_db(&config);
	fixture_go_to(fixture, "pre-upgrade-v7");
	check_screen(fixture, "read_only", 80, 24);
	fixture_keys(fixture, "?");
	check_screen(fixture, "read_only_help", 80, 40);
	fixture_free(fixture);
}

static void test_take_dialog__is_a_form_and_memory_says_why_not__T4(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "s");
	check_screen(fixture, "dialog_take", 80, 24);
	fixture_keys(fixture, "Escape");
	fixture_go_to(fixture, "build-07");
	fixture_keys(fixture, "s End '-x Tab 'note Tab Tab");
	check_screen(fixture, "dialog_take_stopped", 80, 24);
	fixture_free(fixture);
}

static struct hv_preview revert_preview(void)
{
	static const char *const risks[] = {
		"the VM is running: the guest is cut off, not shut down",
		"older than 30 days: a Windows guest may lose its trust in the domain",
	};
	return (struct hv_preview){
		.kind = OPERATION_REVERT_SNAPSHOT,
		.vm = hv_uuid_from_text("db-primary"),
		.target = hv_uuid_from_text("pre-patch-july"),
		.lost_since_us = FIXTURE_NOW - 41 * FIXTURE_DAY,
		.lost_bytes = INT64_C(18) << 30,
		.kept_snapshots = 4,
		.state_before = VM_RUNNING,
		.state_after = VM_RUNNING,
		.risks = risks,
		.risk_count = 2,
		.current = hv_uuid_from_text("pre-upgrade-v7"),
	};
}

static void send_preview(struct fixture *fixture, const struct hv_preview *value)
{
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_non_null(asked);
	const struct hv_preview *preview = hv_preview_new(value);
	fixture_event(fixture,
		&(struct hv_event){.kind = HV_EVENT_PREVIEW, .ticket = asked->ticket, .preview = preview});
	hv_preview_unref(preview);
	fixture_take_effects(fixture);
}

static void test_revert_dialog__says_why_there_is_no_safety_snapshot__U4_C3(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	fixture_go_to(fixture, "pre-patch-july");
	fixture_keys(fixture, "r");
	static const char *const risks[] = {"the state of the VM now is in no snapshot: take one first to keep it"};
	struct hv_preview preview = revert_preview();
	preview.risks = risks;
	preview.risk_count = 1;
	preview.safety_refusal = "'db-primary' has 10 snapshots and the limit is 10; delete old ones first";
	send_preview(fixture, &preview);
	check_screen(fixture, "dialog_revert_no_safety", 80, 24);
	fixture_free(fixture);
}

static void test_undo_dialog__shows_what_the_undo_itself_would_lose__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	fixture_go_to(fixture, "db-primary");
	fixture_tree(fixture, "db-primary",
		"base-2026-06-01 82d\n  pre-patch-july 41d m\n    before-revert 0d m\n    pre-upgrade-v7 12d *\n");
	fixture_keys(fixture, "u");
	struct hv_preview preview = revert_preview();
	preview.target = hv_uuid_from_text("before-revert");
	preview.target_name = "before-revert 2026-08-22 03:09";
	preview.target_type = SNAPSHOT_DISK_AND_MEMORY;
	preview.target_created_us = FIXTURE_NOW - 180 * HV_SECOND_US;
	preview.lost_since_us = FIXTURE_NOW - 150 * HV_SECOND_US;
	preview.lost_bytes = -1;
	preview.risk_count = 1;
	send_preview(fixture, &preview);
	check_screen(fixture, "dialog_undo", 80, 24);
	fixture_free(fixture);
}

static void test_revert_dialog__shows_lost_kept_after_and_risk_with_cancel_first__U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	fixture_go_to(fixture, "pre-patch-july");
	fixture_keys(fixture, "r");
	check_screen(fixture, "dialog_revert_asking", 80, 24);
	struct hv_preview preview = revert_preview();
	send_preview(fixture, &preview);
	check_screen(fixture, "dialog_revert", 80, 24);
	check_screen(fixture, "dialog_revert_41x11", 41, 11);
	fixture_vm(fixture, "hv01.prod", "db-primary", VM_STOPPED, 4);
	check_screen(fixture, "dialog_revert_changed", 80, 24);
	fixture_free(fixture);
}

static void test_delete_dialog__chooses_the_scope_and_all_needs_the_name__D4(void **state)
{
	(void)state;
	struct app_config config = ascii;
	config.demo = true;
	struct fixture *fixture = open_db(&config);
	const char *names[] = {"pre-upgrade-v7", "try-index-rebuild", "pre-patch-july", "base-2026-06-01"};
	struct hv_uuid ids[4];
	for (size_t i = 0; i < 4; i++) {
		ids[i] = hv_uuid_from_text(names[i]);
	}
	struct hv_preview preview = {.kind = OPERATION_DELETE_SNAPSHOT, .vm = hv_uuid_from_text("db-primary"),
		.deleted = &ids[2], .deleted_names = &names[2], .deleted_count = 1, .reparented = 2,
		.merged_bytes = INT64_C(9) << 30, .current = ids[0], .state_before = VM_RUNNING};
	fixture_go_to(fixture, "pre-patch-july");
	fixture_keys(fixture, "d");
	send_preview(fixture, &preview);
	check_screen(fixture, "dialog_delete_one", 80, 24);
	fixture_keys(fixture, "Up Up Enter"); /* from Cancel over "all" ... */
	fixture_keys(fixture, "Tab");
	assert_non_null(fixture_effect(fixture, APP_EFFECT_PREVIEW));
	preview.deleted = ids;
	preview.deleted_names = names;
	preview.deleted_count = 3;
	preview.reparented = 0;
	preview.deletes_current = true;
	preview.new_current = ids[3];
	send_preview(fixture, &preview);
	check_screen(fixture, "dialog_delete_subtree", 80, 24);
	fixture_keys(fixture, "Backtab Tab Enter");
	preview.deleted_count = 4;
	preview.new_current = (struct hv_uuid){0};
	send_preview(fixture, &preview);
	fixture_keys(fixture, "Tab 'db-pri");
	check_screen(fixture, "dialog_delete_all", 80, 24);
	fixture_free(fixture);
}

static void test_edit_and_commands__have_their_dialogs__T5_U4(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	fixture_go_to(fixture, "pre-patch-july");
	fixture_keys(fixture, "e");
	check_screen(fixture, "dialog_edit", 80, 24);
	fixture_keys(fixture, "Escape r");
	struct hv_preview preview = revert_preview();
	send_preview(fixture, &preview);
	fixture_keys(fixture, "x");
	check_screen(fixture, "dialog_commands", 80, 24);
	check_screen(fixture, "dialog_commands_41x11", 41, 11);
	fixture_free(fixture);
}

/* Two snapshots of two VMs are marked, and one of a host that is lost. */
static struct fixture *marked(const struct app_config *config)
{
	struct fixture *fixture = open_db(config);
	fixture_go_to(fixture, "files-01");
	fixture_keys(fixture, "Enter");
	fixture_tree(fixture, "files-01", "clean 9d *\n");
	fixture_go_to(fixture, "clean");
	fixture_keys(fixture, "Space");
	fixture_go_to(fixture, "pre-patch-july");
	fixture_keys(fixture, "Space");
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "Space");
	return fixture;
}

static void test_set__has_one_check_a_row_and_one_result_a_row__U2(void **state)
{
	(void)state;
	struct fixture *fixture = marked(&ascii);
	check_screen(fixture, "marks", 80, 24);
	fixture_keys(fixture, "r");
	check_screen(fixture, "set_checking", 80, 24);
	struct hv_preview preview = revert_preview();
	send_preview(fixture, &preview);
	check_screen(fixture, "set_revert", 80, 24);
	check_screen(fixture, "set_revert_160x50", 160, 50);
	check_screen(fixture, "set_revert_41x11", 41, 11);
	app_resize(fixture->app, 80, 24);
	fixture_keys(fixture, "x");
	check_screen(fixture, "set_commands", 80, 24);
	fixture_keys(fixture, "x Backtab '1 Tab Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_ACCEPTED, .ticket = act->ticket,
					 .id = hv_uuid_from_text("group")});
	check_screen(fixture, "set_running", 80, 24);
	fixture_keys(fixture, "Escape s");
	check_screen(fixture, "set_take", 80, 24);
	fixture_keys(fixture, "Escape p");
	check_screen(fixture, "set_power", 80, 24);
	fixture_free(fixture);
}

static void test_ages__oldest_first_with_who_and_why_and_how_many_of_which_age__L1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_take_effects(fixture);
	fixture_keys(fixture, "A");
	check_screen(fixture, "ages_reading", 80, 24);
	fixture_snapshots(fixture, "db-primary base-2026-06-01 82\nmail-02 before-cu14 41\nweb-01 golden-3 9\nweb-02 golden-3 1\n",
		false);
	static const int64_t older[] = {19, 12, 5, 1};
	for (size_t i = 0; i < HV_ARRAY_LEN(older); i++) {
		fixture_count(fixture, fixture->app->ages.class_tickets[i], older[i]);
	}
	fixture_keys(fixture, "j");
	check_screen(fixture, "ages_80x24", 80, 24);
	check_screen(fixture, "ages_160x50", 160, 50);
	check_screen(fixture, "ages_41x11", 41, 11);
	check_screen(fixture, "ages_40x10", 40, 10);
	fixture_free(fixture);
}

static void test_destroy__says_what_goes_before_the_name_is_typed__D6(void **state)
{
	(void)state;
	static const char *const names[] = {"third", "second", "first"};
	struct hv_uuid ids[3];
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		ids[i] = hv_uuid_from_text(names[i]);
	}
	struct hv_preview preview = {.kind = OPERATION_DESTROY_VM, .vm = hv_uuid_from_text("web-01"), .deleted = ids,
		.deleted_names = names, .deleted_count = 3, .state_before = VM_RUNNING};
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "p Tab Tab Tab Enter");
	send_preview(fixture, &preview);
	fixture_keys(fixture, "Backtab 'web");
	check_screen(fixture, "dialog_destroy", 80, 24);
	fixture_free(fixture);
}

static void test_power_menu__has_cancel_first_and_reasons__P7(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "p");
	check_screen(fixture, "dialog_power", 80, 24);
	check_screen(fixture, "dialog_power_41x11", 41, 11);
	fixture_keys(fixture, "Escape");
	fixture_go_to(fixture, "build-07");
	fixture_keys(fixture, "p");
	check_screen(fixture, "dialog_power_stopped", 80, 24);
	fixture_free(fixture);
}

/* X1: what it would wait for, who asked for that and how far it is; Cancel first. */
static void test_queue__is_offered_while_another_operation_runs__X1(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	revert_runs_on_web_02(fixture);
	fixture_go_to(fixture, "web-02");
	fixture_keys(fixture, "s");
	check_screen(fixture, "dialog_take_queued", 80, 24);
	fixture_free(fixture);
}

/* P6: never missing, never running. */
static void test_exports__show_beside_what_the_vm_does__P2_P6(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	struct hv_vm vm = fixture_vm_value("hv01.prod", "web-01", VM_EXPORTING, 2);
	struct hv_operation value = fixture_operation_value("export", OPERATION_EXPORT_VM, "web-01", NULL);
	vm.power_state = VM_STOPPED;
	vm.exporting = true;
	vm.export_state = EXPORT_RUNNING;
	vm.export_percent = value.percent = 34;
	vm.operation = value.uuid;
	fixture_put_vm(fixture, &vm);
	fixture_operation(fixture, &value);
	vm = fixture_vm_value("hv04.lab", "build-07", VM_STOPPED, 0);
	vm.unregistered = true;
	vm.export_state = EXPORT_COMPLETE;
	fixture_put_vm(fixture, &vm);
	fixture_go_to(fixture, "web-01");
	check_screen(fixture, "exports", 100, 24);
	fixture_free(fixture);
}

static void test_message_box__says_what_why_and_what_to_do(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "build-07");
	fixture_keys(fixture, "p Tab Enter");
	const struct app_effect *act = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(act);
	fixture_refuse(fixture, act->ticket, HV_ERR_CONFLICT,
		"another operation runs on 'build-07' (Snapshotting); one at a time, try again when it has ended");
	check_screen(fixture, "dialog_message", 80, 24);
	fixture_free(fixture);
}

static void test_quit__asks_while_an_operation_lives(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	revert_runs_on_web_02(fixture);
	fixture_keys(fixture, "q");
	check_screen(fixture, "dialog_quit", 80, 24);
	fixture_free(fixture);
}

static void test_help__comes_from_the_action_table_with_reasons(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_keys(fixture, "? G");
	check_screen(fixture, "help_80x24_end", 80, 24);
	fixture_keys(fixture, "g");
	check_screen(fixture, "help_120x40", 120, 40);
	fixture_free(fixture);
}

static void test_find__is_typed_below_kept_in_the_title_and_marks_what_it_found__U1(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	fixture_keys(fixture, "/ 'up");
	fixture_snapshots(fixture, "db-primary pre-upgrade-v7 12\n", false);
	check_screen(fixture, "find_typing", 80, 24);
	fixture_keys(fixture, "Enter");
	check_screen(fixture, "find_kept", 80, 24);
	check_screen(fixture, "find_kept_wide", 160, 50);
	fixture_keys(fixture, "/ 'zzz");
	check_screen(fixture, "find_no_match", 80, 24);
	fixture_keys(fixture, "Escape / 'age>");
	check_screen(fixture, "find_problem", 80, 24);
	check_screen(fixture, "find_too_small", 40, 10);
	app_resize(fixture->app, 80, 24);
	fixture_keys(fixture, "Escape !");
	check_screen(fixture, "problems_only", 80, 24);
	fixture_free(fixture);
}

static void test_wide__gives_the_tree_the_whole_width__U1(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&utf8);
	fixture_keys(fixture, "w");
	check_screen(fixture, "wide_80x24", 80, 24);
	check_screen(fixture, "wide_160x50", 160, 50);
	fixture_free(fixture);
}

static void test_palette__offers_commands_with_keys_and_reasons__U2(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "build-07");
	fixture_keys(fixture, ": 're");
	check_screen(fixture, "palette", 80, 24);
	check_screen(fixture, "palette_41x11", 41, 11);
	fixture_free(fixture);
}

static void test_help__is_searched(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_keys(fixture, "? / 'snap");
	check_screen(fixture, "help_search", 80, 24);
	fixture_keys(fixture, "'zzz");
	check_screen(fixture, "help_search_nothing", 80, 24);
	fixture_free(fixture);
}

static void test_log__is_filtered(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	app_message(fixture->app, true, "web-01: not read: connection timed out");
	app_message(fixture->app, false, "web-02: read again");
	fixture_keys(fixture, "L / 'read");
	check_screen(fixture, "log_filter", 80, 24);
	fixture_keys(fixture, "Enter w");
	check_screen(fixture, "log_write", 80, 24);
	fixture_free(fixture);
}

static void test_jobs__show_running_waiting_unknown_and_ended(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	revert_runs_on_web_02(fixture);
	struct hv_operation operation = fixture_operation_value("d1", OPERATION_DELETE_SNAPSHOT, "mail-02", "before-cu14");
	operation.created_us -= 3600 * HV_SECOND_US;
	fixture_operation(fixture, &operation);
	operation.state = OPERATION_FAILED;
	operation.status = HV_ERR_HOST;
	operation.error = "not enough space on D: (needs 20.3G, 9.1G free); nothing was changed";
	operation.finished_us = operation.created_us + 4 * HV_SECOND_US;
	fixture_operation(fixture, &operation);
	operation = fixture_operation_value("q1", OPERATION_CREATE_SNAPSHOT, "web-02", "next");
	operation.state = OPERATION_QUEUED;
	operation.step = STEP_CHECK;
	fixture_operation(fixture, &operation);
	operation = fixture_operation_value("u1", OPERATION_REVERT_SNAPSHOT, "files-01", "clean");
	operation.unknown = true;
	fixture_operation(fixture, &operation);
	operation = fixture_operation_value("s1", OPERATION_START_VM, "build-07", NULL);
	operation.state = OPERATION_DONE;
	operation.created_us -= 600 * HV_SECOND_US;
	operation.finished_us = operation.created_us + 72 * HV_SECOND_US;
	fixture_operation(fixture, &operation);
	fixture_keys(fixture, "J G");
	check_screen(fixture, "jobs_80x24", 80, 24);
	check_screen(fixture, "jobs_50x16", 50, 16);
	fixture_keys(fixture, "L");
	check_screen(fixture, "messages_80x24", 80, 24);
	fixture_free(fixture);
}

static void test_details__open_wider_when_focused(void **state)
{
	(void)state;
	struct fixture *fixture = open_db(&ascii);
	fixture_go_to(fixture, "pre-patch-july");
	fixture_keys(fixture, "Tab");
	check_screen(fixture, "details_focused", 80, 24);
	fixture_free(fixture);
}

static void test_stopped_backend__is_said_and_everything_is_locked(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	struct hv_event event = {.kind = HV_EVENT_FAILED};
	(void)hv_error_set(&event.error, HV_ERR_STORE, "the store is full; free space on the disk of /var/lib");
	fixture_event(fixture, &event);
	check_screen(fixture, "stopped", 80, 24);
	fixture_free(fixture);
}

static void test_empty__says_what_to_do(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new(&ascii);
	check_screen(fixture, "loading", 60, 16);
	fixture_loaded(fixture);
	check_screen(fixture, "empty", 60, 16);
	fixture_free(fixture);
}

static void test_settings__are_a_list_with_what_each_is_for(void **state)
{
	(void)state;
	struct config settings = CONFIG_INIT;
	config_read(&settings, "config", "[console]\ntheme = solarized-dark\n[tree]\nage_warn = 2w\n", NULL);
	struct app_config config = ascii;
	config.settings = &settings;
	struct fixture *fixture = open_db(&config);
	fixture_keys(fixture, "F2 j j");
	check_screen(fixture, "settings_80x24", 80, 24);
	check_screen(fixture, "settings_41x11", 41, 11);
	fixture_keys(fixture, "G Enter");
	check_screen(fixture, "settings_value", 80, 24);
	fixture_free(fixture);
	config_clear(&settings);
}

static void test_read_only_group__says_so_and_how_changes_are_allowed__U2(void **state)
{
	(void)state;
	struct config settings = CONFIG_INIT;
	config_read(&settings, "config", "[group prod]\nread_only = yes\nconfirm = name\n", NULL);
	struct app_config config = ascii;
	config.settings = &settings;
	struct fixture *fixture = open_db(&config);
	fixture_go_to(fixture, "pre-upgrade-v7");
	fixture_keys(fixture, "r");
	check_screen(fixture, "read_only_group", 80, 24);
	fixture_keys(fixture, "W 'CHG-4411");
	check_screen(fixture, "read_only_write", 80, 24);
	fixture_free(fixture);
	config_clear(&settings);
}

static void test_first_run__offers_a_host_or_the_demo(void **state)
{
	(void)state;
	struct app_config config = ascii;
	config.first_run = true;
	struct fixture *fixture = fixture_new(&config);
	fixture_loaded(fixture);
	check_screen(fixture, "dialog_first_run", 80, 24);
	fixture_keys(fixture, "Escape");
	check_screen(fixture, "empty", 60, 16);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree__shows_groups_hosts_vms_snapshots_and_now_at_80_columns__U1),
		cmocka_unit_test(test_tree__shows_details_beside_it_at_160_columns__U1),
		cmocka_unit_test(test_tree__same_in_utf8_at_80_columns__U5),
		cmocka_unit_test(test_tree__drops_columns_on_a_narrow_screen__U5),
		cmocka_unit_test(test_too_small__is_said_and_the_tree_comes_back__U5),
		cmocka_unit_test(test_lost_host__is_stale_with_age_reason_and_countdown__U3),
		cmocka_unit_test(test_unknown_operation__is_neither_success_nor_failure__Y4),
		cmocka_unit_test(test_states__each_has_a_sign_and_a_word__U5),
		cmocka_unit_test(test_two_roots__and_a_current_in_neither__T1_T2),
		cmocka_unit_test(test_untracked__is_marked_and_its_actions_are_off__T6),
		cmocka_unit_test(test_deep_chain__has_a_capped_indent__U1),
		cmocka_unit_test(test_names__wide_combining_and_hostile_ones_stay_in_their_cells),
		cmocka_unit_test(test_read_only__shows_no_action_that_changes__U2),
		cmocka_unit_test(test_take_dialog__is_a_form_and_memory_says_why_not__T4),
		cmocka_unit_test(test_revert_dialog__says_why_there_is_no_safety_snapshot__U4_C3),
		cmocka_unit_test(test_undo_dialog__shows_what_the_undo_itself_would_lose__U4),
		cmocka_unit_test(test_revert_dialog__shows_lost_kept_after_and_risk_with_cancel_first__U4),
		cmocka_unit_test(test_delete_dialog__chooses_the_scope_and_all_needs_the_name__D4),
		cmocka_unit_test(test_edit_and_commands__have_their_dialogs__T5_U4),
		cmocka_unit_test(test_set__has_one_check_a_row_and_one_result_a_row__U2),
		cmocka_unit_test(test_ages__oldest_first_with_who_and_why_and_how_many_of_which_age__L1),
		cmocka_unit_test(test_destroy__says_what_goes_before_the_name_is_typed__D6),
		cmocka_unit_test(test_power_menu__has_cancel_first_and_reasons__P7),
		cmocka_unit_test(test_queue__is_offered_while_another_operation_runs__X1),
		cmocka_unit_test(test_exports__show_beside_what_the_vm_does__P2_P6),
		cmocka_unit_test(test_message_box__says_what_why_and_what_to_do),
		cmocka_unit_test(test_quit__asks_while_an_operation_lives),
		cmocka_unit_test(test_help__comes_from_the_action_table_with_reasons),
		cmocka_unit_test(test_find__is_typed_below_kept_in_the_title_and_marks_what_it_found__U1),
		cmocka_unit_test(test_wide__gives_the_tree_the_whole_width__U1),
		cmocka_unit_test(test_palette__offers_commands_with_keys_and_reasons__U2),
		cmocka_unit_test(test_help__is_searched),
		cmocka_unit_test(test_log__is_filtered),
		cmocka_unit_test(test_jobs__show_running_waiting_unknown_and_ended),
		cmocka_unit_test(test_details__open_wider_when_focused),
		cmocka_unit_test(test_stopped_backend__is_said_and_everything_is_locked),
		cmocka_unit_test(test_empty__says_what_to_do),
		cmocka_unit_test(test_first_run__offers_a_host_or_the_demo),
		cmocka_unit_test(test_settings__are_a_list_with_what_each_is_for),
		cmocka_unit_test(test_read_only_group__says_so_and_how_changes_are_allowed__U2),
	};
	return cmocka_run_group_tests_name("screen/screens", tests, NULL, NULL);
}
