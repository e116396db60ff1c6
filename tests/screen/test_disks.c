/*
 * Disks, volume snapshots and offerings in the console (U2, X2, X3, X4): what the dialogs show, what they let be done,
 * and what is then asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/screen/golden.h"
#include "tui/state/app_state.h"

static const struct app_config ascii = {.title = "prod-eu", .user = "op-anna", .ascii = true};

/* Two disks and two copies of them. */
static void tell_disks(struct fixture *fixture, const char *vm)
{
	const struct hv_volume volumes[] = {
		{.id = hv_uuid_from_text("root"), .name = "root", .root = true, .path = "D:\\vm\\root.vhdx",
			.size_bytes = INT64_C(64) << 30, .chain_bytes = INT64_C(30) << 30},
		{.id = hv_uuid_from_text("data"), .name = "data", .path = "D:\\vm\\data\x1b[2J.vhdx",
			.size_bytes = INT64_C(200) << 30, .chain_bytes = INT64_C(90) << 30},
	};
	const struct hv_volume_snapshot copies[] = {
		{.id = hv_uuid_from_text("copy 2"), .name = "before the move", .state = SNAPSHOT_READY, .volume_name = "root",
			.path = "D:\\copies\\2.vhdx", .size_bytes = INT64_C(30) << 30,
			.created_us = FIXTURE_NOW - FIXTURE_DAY},
		{.id = hv_uuid_from_text("copy 1"), .name = "first", .state = SNAPSHOT_READY, .volume_name = "data",
			.path = "D:\\copies\\1.vhdx", .size_bytes = INT64_C(90) << 30,
			.created_us = FIXTURE_NOW - 9 * FIXTURE_DAY},
	};
	struct hv_tree value = {.vm = hv_uuid_from_text(vm), .current = -1, .volumes = volumes, .volume_count = 2,
		.volume_snapshots = copies, .volume_snapshot_count = 2};
	const struct hv_tree *tree = hv_tree_new(&value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_TREE, .tree = tree});
	hv_tree_unref(tree);
}

/* The form of a stopped VM without snapshots, whose row cannot be opened. */
static struct fixture *at_disks(void)
{
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "build-07");
	fixture_take_effects(fixture);
	fixture_keys(fixture, "a");
	assert_non_null(fixture_effect(fixture, APP_EFFECT_OPEN_VM));
	fixture_take_effects(fixture);
	return fixture;
}

static const struct hv_act *act_of(struct fixture *fixture)
{
	const struct app_effect *effect = fixture_effect(fixture, APP_EFFECT_ACT);
	assert_non_null(effect);
	return &effect->act;
}

static void test_disks__have_a_form_with_every_act_and_why_it_is_off__U2_X2_X3(void **state)
{
	(void)state;
	struct fixture *fixture = at_disks();
	check_screen(fixture, "dialog_disks_reading", 80, 24);
	tell_disks(fixture, "build-07");
	check_screen(fixture, "dialog_disks", 80, 24);
	check_screen(fixture, "dialog_disks_160x50", 160, 50);
	check_screen(fixture, "dialog_disks_41x11", 41, 11);
	fixture_keys(fixture, "Escape");
	assert_non_null(fixture_effect(fixture, APP_EFFECT_CLOSE_VM));
	fixture_free(fixture);
}

static void test_disks__of_a_vm_with_snapshots_are_only_copied__X2(void **state)
{
	(void)state;
	struct fixture *fixture = at_disks();
	tell_disks(fixture, "build-07");
	struct hv_vm value = fixture_vm_value("hv01.prod", "build-07", VM_STOPPED, 3);
	fixture_put_vm(fixture, &value);
	check_screen(fixture, "dialog_disks_snapshots", 80, 24);
	fixture_free(fixture);
}

static void test_attach__asks_for_the_file_and_size_that_were_typed__X2(void **state)
{
	(void)state;
	struct fixture *fixture = at_disks();
	tell_disks(fixture, "build-07");
	while (fixture->app->dialog.focus != CONTROL_NAME) {
		fixture_keys(fixture, "Tab");
	}
	fixture_paste(fixture, "D:\\disks\\new.vhdx");
	fixture_keys(fixture, "Enter 4 0 G");
	while (fixture->app->dialog.focus != CONTROL_ATTACH) {
		fixture_keys(fixture, "Tab");
	}
	fixture_keys(fixture, "Enter");
	const struct hv_act *act = act_of(fixture);
	assert_int_equal(act->kind, OPERATION_ATTACH_VOLUME);
	assert_string_equal(act->path, "D:\\disks\\new.vhdx");
	assert_int_equal(act->size_bytes, INT64_C(40) << 30);
	fixture_refuse(fixture, fixture_effect(fixture, APP_EFFECT_ACT)->ticket, HV_ERR_REFUSED, "it has a checkpoint");
	check_screen(fixture, "dialog_disks_refused", 80, 24); /* and what was typed is there still */
	fixture_free(fixture);
}

static void test_detach_enlarge_and_copy__are_about_the_disk_that_is_shown__X2_X3(void **state)
{
	(void)state;
	static const struct {
		enum control_id button;
		enum operation_kind kind;
	} acts[] = {
		{CONTROL_DETACH, OPERATION_DETACH_VOLUME},
		{CONTROL_RESIZE, OPERATION_RESIZE_VOLUME},
		{CONTROL_COPY, OPERATION_CREATE_VOLUME_SNAPSHOT},
	};
	struct hv_uuid data = hv_uuid_from_text("data");
	for (size_t i = 0; i < HV_ARRAY_LEN(acts); i++) {
		struct fixture *fixture = at_disks();
		tell_disks(fixture, "build-07");
		fixture_keys(fixture, "Tab"); /* round to the choice of the disk */
		while (fixture->app->dialog.focus != CONTROL_PICK) {
			fixture_keys(fixture, "Tab");
		}
		fixture_keys(fixture, "Space Tab Tab 3 0 0 G");
		while (fixture->app->dialog.focus != acts[i].button) {
			fixture_keys(fixture, "Tab");
		}
		tell_disks(fixture, "build-07"); /* the choice stays when they are told again */
		fixture_keys(fixture, "Enter");
		const struct hv_act *act = act_of(fixture);
		assert_int_equal(act->kind, acts[i].kind);
		assert_true(hv_uuid_equal(&act->volume, &data));
		assert_int_equal(act->size_bytes, acts[i].kind == OPERATION_RESIZE_VOLUME ? INT64_C(300) << 30 : 0);
		fixture_free(fixture);
	}
}

static void answer_preview(struct fixture *fixture, const struct hv_preview *value)
{
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_non_null(asked);
	const struct hv_preview *preview = hv_preview_new(value);
	fixture_event(fixture,
		&(struct hv_event){.kind = HV_EVENT_PREVIEW, .ticket = asked->ticket, .preview = preview});
	hv_preview_unref(preview);
}

static void test_volume_snapshot__is_deleted_after_a_dialog_of_its_own_with_cancel_first__U2_X3(void **state)
{
	(void)state;
	struct fixture *fixture = at_disks();
	tell_disks(fixture, "build-07");
	while (fixture->app->dialog.focus != CONTROL_PICK_COPY) {
		fixture_keys(fixture, "Tab");
	}
	fixture_keys(fixture, "Space");
	while (fixture->app->dialog.focus != CONTROL_DELETE_COPY) {
		fixture_keys(fixture, "Tab");
	}
	fixture_keys(fixture, "Enter");
	answer_preview(fixture, &(struct hv_preview){
					.kind = OPERATION_DELETE_VOLUME_SNAPSHOT, .vm = hv_uuid_from_text("build-07")});
	assert_int_equal(fixture->app->dialog.focus, CONTROL_CANCEL);
	check_screen(fixture, "dialog_copy_delete", 80, 24);
	assert_null(fixture_effect(fixture, APP_EFFECT_ACT));
	fixture_keys(fixture, "Tab Enter");
	struct hv_uuid first = hv_uuid_from_text("copy 1");
	assert_int_equal(act_of(fixture)->kind, OPERATION_DELETE_VOLUME_SNAPSHOT);
	assert_true(hv_uuid_equal(&act_of(fixture)->volume_snapshot, &first));
	fixture_free(fixture);
}

static struct fixture *at_offering(size_t discards)
{
	static const struct hv_offering rows[] = {
		{"medium", 4, INT64_C(8) << 30, 12}, {"large", 8, INT64_C(32) << 30, 3}, {"huge", 32, INT64_C(256) << 30, 0}};
	static const char *const names[] = {"nightly", "before patch"};
	const struct hv_uuid ids[] = {hv_uuid_from_text("nightly"), hv_uuid_from_text("before patch")};
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "build-07");
	fixture_take_effects(fixture);
	fixture_keys(fixture, "z");
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_OFFERINGS);
	assert_non_null(asked);
	const struct hv_offering_list *list = hv_offering_list_new(&(struct hv_offering_list){rows, 3});
	fixture_event(fixture,
		&(struct hv_event){.kind = HV_EVENT_OFFERINGS, .ticket = asked->ticket, .offerings = list});
	hv_offering_list_unref(list);
	answer_preview(fixture, &(struct hv_preview){.kind = OPERATION_SCALE_VM,
					.vm = hv_uuid_from_text("build-07"),
					.deleted = ids,
					.deleted_names = names,
					.deleted_count = discards});
	return fixture;
}

static void test_offering__names_what_it_discards_and_asks_for_the_vms_name_then__U2_X4(void **state)
{
	(void)state;
	struct fixture *fixture = at_offering(2);
	check_screen(fixture, "dialog_offering", 80, 24);
	check_screen(fixture, "dialog_offering_160x50", 160, 50);
	while (fixture->app->dialog.focus != CONTROL_TYPED) {
		fixture_keys(fixture, "Tab");
	}
	fixture_paste(fixture, "build-07");
	while (fixture->app->dialog.focus != CONTROL_GO) {
		fixture_keys(fixture, "Tab");
	}
	fixture_keys(fixture, "Enter");
	const struct hv_act *act = act_of(fixture);
	struct hv_uuid nightly = hv_uuid_from_text("nightly");
	assert_int_equal(act->kind, OPERATION_SCALE_VM);
	assert_string_equal(act->offering, "large"); /* the first that is not its own */
	assert_true(act->expect_discards);
	assert_int_equal(act->discard_count, 2);
	assert_true(hv_uuid_equal(&act->discards[0], &nightly));
	fixture_free(fixture);
}

static void test_offering__that_discards_nothing_only_confirms_and_another_one_is_previewed_anew__U2_X4(void **state)
{
	(void)state;
	struct fixture *fixture = at_offering(0);
	check_screen(fixture, "dialog_offering_nothing_lost", 80, 24);
	fixture_take_effects(fixture);
	while (fixture->app->dialog.focus != CONTROL_PICK) {
		fixture_keys(fixture, "Tab");
	}
	fixture_keys(fixture, "Space");
	const struct app_effect *again = fixture_effect(fixture, APP_EFFECT_PREVIEW);
	assert_non_null(again);
	assert_string_equal(again->act.offering, "huge");
	fixture_free(fixture);
}

static void test_disks_and_offering__say_why_not_on_a_running_vm__U2(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_fleet(&ascii);
	fixture_go_to(fixture, "web-01");
	fixture_keys(fixture, "z");
	assert_int_equal(fixture->app->dialog.kind, DIALOG_NONE);
	assert_true(fixture_shows(fixture, "the offering of a stopped VM can be changed"));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disks__have_a_form_with_every_act_and_why_it_is_off__U2_X2_X3),
		cmocka_unit_test(test_disks__of_a_vm_with_snapshots_are_only_copied__X2),
		cmocka_unit_test(test_attach__asks_for_the_file_and_size_that_were_typed__X2),
		cmocka_unit_test(test_detach_enlarge_and_copy__are_about_the_disk_that_is_shown__X2_X3),
		cmocka_unit_test(test_volume_snapshot__is_deleted_after_a_dialog_of_its_own_with_cancel_first__U2_X3),
		cmocka_unit_test(test_offering__names_what_it_discards_and_asks_for_the_vms_name_then__U2_X4),
		cmocka_unit_test(
			test_offering__that_discards_nothing_only_confirms_and_another_one_is_previewed_anew__U2_X4),
		cmocka_unit_test(test_disks_and_offering__say_why_not_on_a_running_vm__U2),
	};
	return cmocka_run_group_tests_name("screens/disks", tests, NULL, NULL);
}
