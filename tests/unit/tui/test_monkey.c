/*
 * Somebody who presses anything, on a fleet where anything happens, at any size (reference: the rules of the console).
 * What must hold whatever comes: an act leaves the console only when a dialog was open for that very VM and the key that
 * confirms was pressed; nothing leaves a read-only console or a read-only group; every screen can be drawn.
 *
 * test_unit_tui_monkey [SECONDS [SEED]]: for a minute from a seed of one's own; without arguments for CI.
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
#include "tui/state/app_state.h"

#define CI_US (3 * HV_SECOND_US)
#define STEPS 400 /* of one console */
#define VM_COUNT 6

static uint64_t first_seed = 20260822;
static int64_t budget_us = CI_US;

struct monkey {
	struct fixture *fixture;
	uint64_t random;
	uint64_t seed;
	bool read_only;
	bool set_was_confirmed; /* several acts were: the later ones are sent as the earlier ones end */
	bool keys_waited; /* for a tree: an event, or time, may press them now */
	struct key last;
	struct dialog before; /* as it was when the key came; only ids and kinds are looked at */
	size_t acts;
	struct canvas *canvas;
};

static const char *const vm_names[VM_COUNT] = {"db-primary", "web-01", "web-02", "mail-01", "files-01", "db-lab"};
static const char *const hosts[][2] = {{"hv01.prod", "prod"}, {"hv02.prod", "prod"}, {"hv03.prod", "prod"}, {"hv04.lab", "lab"}};

static uint64_t dice(struct monkey *monkey, uint64_t sides)
{
	monkey->random ^= monkey->random << 13;
	monkey->random ^= monkey->random >> 7;
	monkey->random ^= monkey->random << 17;
	return monkey->random % sides;
}

/* ---- what must hold ---- */

static bool group_is_locked(const struct monkey *monkey, const struct hv_uuid *vm)
{
	struct vm_entry *entry = model_vm(&monkey->fixture->app->model, vm);
	const struct group_entry *group = entry ? model_group_of(&entry->node) : NULL;
	return group && policy_is_read_only(monkey->fixture->app, group->name);
}

static void check_act(struct monkey *monkey, const struct hv_act *act, bool by_key)
{
	const char *what = NULL;
	bool of_set = monkey->before.kind == DIALOG_SET || monkey->set_was_confirmed;
	if (monkey->read_only) {
		what = "an act left a read-only console";
	} else if (group_is_locked(monkey, &act->vm)) {
		what = "an act left for a read-only group";
	} else if (!by_key && !of_set && !monkey->keys_waited) {
		what = "an act left without a key";
	} else if (by_key && monkey->before.kind == DIALOG_NONE && !of_set && !monkey->keys_waited) {
		what = "an act left without a dialog";
	} else if (by_key && !of_set && !monkey->keys_waited && !hv_uuid_equal(&monkey->before.vm, &act->vm)) {
		what = "an act left for another VM than the dialog's";
	} else if (by_key && monkey->last.code != KEY_CODE_ENTER) {
		what = "an act left by another key than Enter";
	}
	if (what) {
		fail_msg("seed %llu: %s", (unsigned long long)monkey->seed, what);
	}
	monkey->acts++;
	monkey->set_was_confirmed = monkey->set_was_confirmed || monkey->before.kind == DIALOG_SET;
}

static void draw(struct monkey *monkey)
{
	struct app *app = monkey->fixture->app;
	if (!monkey->canvas || monkey->canvas->width != app->width || monkey->canvas->height != app->height) {
		canvas_free(monkey->canvas);
		monkey->canvas = canvas_new(app->width, app->height, dice(monkey, 2) == 0);
	}
	(void)app_tick(app, monkey->fixture->now_us);
	app_view(app, monkey->canvas);
}

/* ---- the world answers ---- */

static struct hv_preview preview_of(struct monkey *monkey, const struct hv_act *act)
{
	return (struct hv_preview){
		.kind = act->kind,
		.vm = act->vm,
		.target = act->snapshot,
		.target_name = "target",
		.lost_bytes = -1,
		.current = dice(monkey, 3) ? act->snapshot : (struct hv_uuid){{0}},
		.state_before = VM_RUNNING,
		.state_after = dice(monkey, 2) ? VM_RUNNING : VM_STOPPED,
		.refusal = dice(monkey, 5) ? NULL : "it is not allowed now",
		.safety_refusal = dice(monkey, 4) ? NULL : "there is no room",
	};
}

static void answer(struct monkey *monkey, enum app_effect_kind kind, uint64_t ticket, const struct hv_act *act)
{
	struct hv_event event = {.kind = HV_EVENT_ACCEPTED, .ticket = ticket, .id = {{(uint8_t)dice(monkey, 255)}}};
	if (dice(monkey, 6) == 0) {
		event.kind = HV_EVENT_REFUSED;
		hv_error_set(&event.error, HV_ERR_REFUSED, "no, says the monkey");
	} else if (kind == APP_EFFECT_PREVIEW) {
		struct hv_preview preview = preview_of(monkey, act);
		event.kind = HV_EVENT_PREVIEW;
		event.preview = hv_preview_new(&preview);
	} else if (kind == APP_EFFECT_LIST) {
		struct hv_snapshot_page page = {.rows = NULL};
		event.kind = HV_EVENT_SNAPSHOTS;
		event.page = hv_snapshot_page_new(&page);
	} else if (kind == APP_EFFECT_SYNC) {
		event.kind = HV_EVENT_SYNCED;
	}
	fixture_event(monkey->fixture, &event);
	hv_preview_unref(event.preview);
	hv_snapshot_page_unref(event.page);
}

/* Take what the console asks, check it, and answer it now or never. */
static void take_effects(struct monkey *monkey, bool by_key)
{
	struct waiting {
		enum app_effect_kind kind;
		uint64_t ticket;
		struct hv_act act;
	} waiting[64];
	size_t count, answered = 0;
	const struct app_effect *effects = app_effects(monkey->fixture->app, &count);
	for (size_t i = 0; i < count; i++) {
		if (effects[i].kind == APP_EFFECT_ACT) {
			check_act(monkey, &effects[i].act, by_key);
		}
		if (effects[i].ticket != 0 && answered < HV_ARRAY_LEN(waiting) && dice(monkey, 8) != 0) {
			waiting[answered++] = (struct waiting){effects[i].kind, effects[i].ticket,
				{.kind = effects[i].act.kind, .vm = effects[i].act.vm, .snapshot = effects[i].act.snapshot}};
		}
	}
	fixture_take_effects(monkey->fixture);
	for (size_t i = 0; i < answered; i++) {
		answer(monkey, waiting[i].kind, waiting[i].ticket, &waiting[i].act);
	}
}

static void tree_comes(struct monkey *monkey)
{
	static const char *const trees[] = {"base 3d *\n", "base 9d\n  left 4d m\n  right 2d *\n", "by-hand 1d u *\n",
		"a 9d\n  b 8d\n    c 7d\n      d 6d\n        e 5d\n          f 4d *\n", "old 90d error\nnew 1d creating *\n"};
	fixture_tree(monkey->fixture, vm_names[dice(monkey, VM_COUNT)], trees[dice(monkey, HV_ARRAY_LEN(trees))]);
}

static void vm_changes(struct monkey *monkey)
{
	static const size_t homes[VM_COUNT] = {0, 0, 0, 1, 2, 3};
	size_t vm = dice(monkey, VM_COUNT);
	enum vm_state state = dice(monkey, 4) ? VM_RUNNING : (enum vm_state)dice(monkey, VM_STATE_COUNT);
	size_t host = dice(monkey, 10) ? homes[vm] : dice(monkey, 4);
	fixture_vm(monkey->fixture, hosts[host][0], vm_names[vm], state, (int64_t)dice(monkey, 7));
}

static void host_changes(struct monkey *monkey)
{
	size_t host = dice(monkey, 4);
	bool lost = dice(monkey, 5) == 0;
	fixture_host(monkey->fixture, hosts[host][0], hosts[host][1], lost ? HOST_LOST : HOST_UP, lost ? "gone" : NULL);
}

static void operation_changes(struct monkey *monkey)
{
	static const char *const ids[] = {"one", "two", "three"};
	struct hv_operation value = fixture_operation_value(ids[dice(monkey, 3)],
		(enum operation_kind)dice(monkey, OPERATION_KIND_COUNT), vm_names[dice(monkey, VM_COUNT)], "base");
	value.state = dice(monkey, 4) ? OPERATION_DONE : (enum operation_state)dice(monkey, OPERATION_STATE_COUNT);
	value.step = (enum operation_step)dice(monkey, STEP_COUNT);
	value.unknown = dice(monkey, 4) == 0;
	value.percent = (int64_t)dice(monkey, 102) - 1;
	value.finished_us = value.state >= OPERATION_DONE ? monkey->fixture->now_us : 0;
	fixture_operation(monkey->fixture, &value);
}

static void something_happens(struct monkey *monkey)
{
	monkey->keys_waited = monkey->fixture->app->held.waiting;
	switch (dice(monkey, 8)) {
	case 0:
		host_changes(monkey);
		break;
	case 1:
		operation_changes(monkey);
		break;
	case 2:
		fixture_vm_gone(monkey->fixture, vm_names[dice(monkey, VM_COUNT)]);
		break;
	case 3:
	case 4:
		vm_changes(monkey);
		break;
	case 5:
		fixture_tick(monkey->fixture, (int64_t)dice(monkey, 900) * HV_SECOND_US);
		break;
	default:
		tree_comes(monkey);
		break;
	}
	take_effects(monkey, false);
	monkey->keys_waited = false;
}

/* ---- the monkey ---- */

static struct key any_key(struct monkey *monkey)
{
	static const enum key_code codes[] = {KEY_CODE_ENTER, KEY_CODE_ENTER, KEY_CODE_TAB, KEY_CODE_BACKTAB, KEY_CODE_DOWN,
		KEY_CODE_UP, KEY_CODE_RIGHT, KEY_CODE_LEFT, KEY_CODE_ESCAPE, KEY_CODE_BACKSPACE, KEY_CODE_DELETE,
		KEY_CODE_PAGE_DOWN, KEY_CODE_PAGE_UP, KEY_CODE_HOME, KEY_CODE_END};
	switch (dice(monkey, 10)) {
	case 0:
	case 1:
	case 2:
		return (struct key){codes[dice(monkey, HV_ARRAY_LEN(codes))], 0};
	case 3:
		return (struct key){KEY_CODE_CONTROL, 'a' + (uint32_t)dice(monkey, 26)};
	case 4:
		return (struct key){KEY_CODE_FUNCTION, 1 + (uint32_t)dice(monkey, 12)};
	case 5:
		return (struct key){dice(monkey, 2) ? KEY_CODE_CLICK : KEY_CODE_DOUBLE_CLICK,
			KEY_PLACE(dice(monkey, 170), dice(monkey, 60))};
	case 6:
		return (struct key){dice(monkey, 2) ? KEY_CODE_WHEEL_UP : KEY_CODE_WHEEL_DOWN, KEY_PLACE(3, 3)};
	default:
		return (struct key){KEY_CODE_CHARACTER, 33 + (uint32_t)dice(monkey, 94)};
	}
}

static bool stands_on(const struct fixture *fixture, const char *name)
{
	const struct vm_entry *vm = rows_vm(&fixture->app->cursor);
	return vm && strcmp(vm->vm->name, name) == 0;
}

/* What an operator presses who means it, so that the depths are reached. */
static void purpose(struct monkey *monkey)
{
	static const char *const plans[] = {"Enter j r", "Enter j d", "s", "p Tab Enter", "r Tab Enter", "s Tab Tab Tab Tab Enter",
		"Tab Tab Enter", "u", "Space j Space r", "/ 'web Enter", ": 'jobs Enter", "Backtab Enter", "W 'because Enter", "F2 j Enter",
		"? / 'snap Enter", "e Tab Enter", "J v", "A", "Tab Enter"};
	const char *keys = plans[dice(monkey, HV_ARRAY_LEN(plans))];
	if (dice(monkey, 2)) { /* from a place where it makes sense */
		const char *name = vm_names[dice(monkey, VM_COUNT)];
		fixture_keys(monkey->fixture, "Escape Escape Escape Escape g");
		for (int i = 0; i < 40 && !stands_on(monkey->fixture, name); i++) {
			fixture_keys(monkey->fixture, "j");
		}
	}
	monkey->before = monkey->fixture->app->dialog;
	take_effects(monkey, true);
	char *copy = hv_strdup(keys), *rest = NULL;
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		monkey->before = monkey->fixture->app->dialog;
		(void)key_parse(word, &monkey->last);
		fixture_keys(monkey->fixture, word);
		take_effects(monkey, true);
	}
	free(copy);
}

static void press(struct monkey *monkey)
{
	monkey->before = monkey->fixture->app->dialog;
	monkey->last = any_key(monkey);
	app_key(monkey->fixture->app, monkey->last, NULL);
	take_effects(monkey, true);
}

static void step(struct monkey *monkey)
{
	static const int sizes[][2] = {{80, 24}, {160, 50}, {41, 11}, {40, 10}, {1, 1}, {300, 90}, {60, 20}, {120, 12}};
	uint64_t what = dice(monkey, 20);
	if (what < 9) {
		press(monkey);
	} else if (what < 13) {
		purpose(monkey);
	} else if (what < 18) {
		something_happens(monkey);
	} else if (what == 18) {
		const int *size = sizes[dice(monkey, HV_ARRAY_LEN(sizes))];
		app_resize(monkey->fixture->app, size[0], size[1]);
	} else {
		monkey->before = monkey->fixture->app->dialog;
		monkey->last = (struct key){KEY_CODE_PASTE, 0};
		fixture_paste(monkey->fixture, "q\rd\rweb-01\x1b[A\xF0\x9F\x98\x80");
		take_effects(monkey, true);
	}
	draw(monkey);
}

static size_t run(uint64_t seed, bool read_only)
{
	struct config settings = CONFIG_INIT;
	config_read(&settings, "config", seed % 2 ? "[group prod]\nread_only = yes\n" : "[group lab]\nconfirm = name\n", NULL);
	const struct app_config config = {.title = "monkey", .user = "monkey", .read_only = read_only, .settings = &settings};
	struct monkey monkey = {.random = seed * 2654435761u + 88172645463325252u, .seed = seed, .read_only = read_only};
	monkey.fixture = fixture_fleet(&config);
	for (int i = 0; i < STEPS; i++) {
		step(&monkey);
	}
	canvas_free(monkey.canvas);
	fixture_free(monkey.fixture);
	config_clear(&settings);
	return monkey.acts;
}

static void test_monkey__nothing_is_done_that_was_not_confirmed_for_these_very_ids__U2_U4(void **state)
{
	(void)state;
	struct hv_clock clock = hv_clock_system();
	int64_t end_us = hv_clock_monotonic_us(&clock) + budget_us;
	size_t acts = 0;
	uint64_t seed = first_seed;
	for (; hv_clock_monotonic_us(&clock) < end_us || seed < first_seed + 4; seed++) {
		acts += run(seed, false);
		assert_int_equal(run(seed, true), 0);
	}
	print_message("%llu seeds from %llu, %zu acts\n", (unsigned long long)(seed - first_seed),
		(unsigned long long)first_seed, acts);
	assert_true(acts > 0); /* else it proves nothing */
}

int main(int argc, char **argv)
{
	budget_us = argc > 1 ? strtoll(argv[1], NULL, 10) * HV_SECOND_US : CI_US;
	first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monkey__nothing_is_done_that_was_not_confirmed_for_these_very_ids__U2_U4),
	};
	return cmocka_run_group_tests_name("tui/monkey", tests, NULL, NULL) ? 1 : 0;
}
