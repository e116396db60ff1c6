/* What each action does to the state: one handler a row. Handlers draw nothing and ask the world by effects only. */
#include <assert.h>
#include <stdlib.h>

#include "tui/state/app_state.h"
#include "tui/state/words.h"

#define TO_THE_END (INT64_C(1) << 40)

static void scroll(struct app *app, size_t *top, int64_t rows, int64_t most)
{
	int64_t to = (int64_t)*top + rows;
	to = to > most ? most : to;
	*top = (size_t)(to < 0 ? 0 : to);
	app->dirty = true;
}

/* Where moves go: the list that is in front. */
static void move(struct app *app, int64_t rows)
{
	if (app->help_open) {
		app_move_help(app, rows);
	} else if (app->screen == APP_SCREEN_JOBS) {
		app_move_job(app, rows);
	} else if (app->screen == APP_SCREEN_SETTINGS) {
		app_move_setting(app, rows);
	} else if (app->screen == APP_SCREEN_AGES) {
		app_move_age(app, rows);
	} else if (app->screen == APP_SCREEN_MESSAGES) {
		const struct message *lines[MESSAGES_MAX];
		scroll(app, &app->messages_top, rows, (int64_t)app_log_lines(app, lines) - 1);
	} else if (app->details_focused) {
		scroll(app, &app->details_scroll, rows, APP_DETAILS_MAX);
	} else {
		app_move_cursor(app, rows);
	}
}

static int64_t page(const struct app *app)
{
	int rows = app->layout.tree.height;
	if (app->help_open) {
		rows = app_help_page(app);
	} else if (app->screen == APP_SCREEN_JOBS) {
		rows = app_jobs_page(app);
	} else if (app->screen == APP_SCREEN_SETTINGS) {
		rows = app_settings_page(app);
	} else if (app->screen == APP_SCREEN_AGES) {
		rows = app_ages_page(app);
	} else if (app->screen == APP_SCREEN_MESSAGES) {
		rows = app->layout.body.height - 1;
	} else if (app->details_focused) {
		rows = app->layout.details.height;
	}
	return rows > 1 ? rows - 1 : 1;
}

static void move_up(struct app *app)
{
	move(app, -1);
}

static void move_down(struct app *app)
{
	move(app, 1);
}

static void page_up(struct app *app)
{
	move(app, -page(app));
}

static void page_down(struct app *app)
{
	move(app, page(app));
}

static void first(struct app *app)
{
	move(app, -TO_THE_END);
}

static void last(struct app *app)
{
	move(app, TO_THE_END);
}

static void toggle(struct app *app)
{
	app_toggle_row(app);
	app_relayout(app);
}

static void details(struct app *app)
{
	app->details_focused = !app->details_focused;
	app->details_scroll = 0;
	app_relayout(app);
}

static void cancel_job(struct app *app)
{
	const struct hv_operation *operation = app->model.operations[app_job_index(app)]->operation;
	char what[160];
	char *text = hv_sprintf("%s: %s", operation->vm_name, words_what(operation, what, sizeof what));
	(void)app_request(app, APP_EFFECT_CANCEL, &operation->uuid, NULL, text);
	free(text);
}

/* Reach the host now instead of at the end of the back-off, and settle what is not known. */
static void verify(struct app *app)
{
	const struct hv_operation *operation = app->model.operations[app_job_index(app)]->operation;
	const struct host_entry *host = model_host(&app->model, &operation->host);
	app_effect(app, APP_EFFECT_RETRY, &operation->host);
	(void)app_request(app, APP_EFFECT_SYNC, &operation->host, NULL, host ? host->host->name : operation->vm_name);
	app_say(app, ROLE_INFO, "asking %s what became of it", host ? host->host->name : "its host");
}

static void sync(struct app *app)
{
	const struct host_entry *host = rows_host(&app->cursor);
	const struct hv_uuid *id = host ? &host->node.uuid : NULL;
	(void)app_request(app, APP_EFFECT_SYNC, id, NULL, host ? host->host->name : "all hosts");
	app_say(app, ROLE_INFO, "reading again: %s", host ? host->host->name : "all hosts");
}

static void retry(struct app *app)
{
	const struct host_entry *host = rows_host(&app->cursor);
	const struct hv_question *question = questions_find(app, &host->node.uuid);
	if (question) {
		dialog_open_question(app, question);
		return;
	}
	app->awaited_host = host->node.uuid;
	app_effect(app, APP_EFFECT_RETRY, &host->node.uuid);
	if (host->host->state != HOST_CONNECTING) { /* of one that is being reached, the backend tells what goes on */
		app_say(app, ROLE_INFO, "connecting to %s", host->host->name);
	}
}

static void show(struct app *app, enum app_screen screen)
{
	app->screen = !app->help_open && app->screen == screen ? APP_SCREEN_TREE : screen;
	app->help_open = false;
	app->messages_top = 0;
	app_move_job(app, 0);
	app_relayout(app);
}

static void jobs(struct app *app)
{
	show(app, APP_SCREEN_JOBS);
}

static void ages(struct app *app)
{
	show(app, APP_SCREEN_AGES);
	if (app->screen == APP_SCREEN_AGES) {
		app_ages_read(app);
	}
}

static void messages(struct app *app)
{
	show(app, APP_SCREEN_MESSAGES);
}

static void settings(struct app *app)
{
	show(app, APP_SCREEN_SETTINGS);
}

/* Also from the palette, where the words may follow at once. */
static void write_for_a_time(struct app *app)
{
	char *start = hv_sprintf("%s ", config_text(&app->settings, SETTING_WRITE_TIME));
	prompt_open(app, PROMPT_WRITE, start);
	free(start);
}

static void help(struct app *app)
{
	app->help_open = !app->help_open;
	hv_replace_string(&app->help_text, NULL);
	app->help_cursor = 0;
	app->help_top = 0;
	app_move_help(app, 0);
}

/* Enter in the help: close it and do what the line says. */
static void run_line(struct app *app)
{
	struct help_line lines[HELP_LINES_MAX];
	size_t count = app_help_lines(app, lines);
	if (app->help_cursor >= count || lines[app->help_cursor].heading) {
		return;
	}
	app->help_open = false;
	app->dirty = true;
	enum tui_action action = lines[app->help_cursor].action;
	if (tui_action_info(action)->place & app_place(app)) {
		app_run(app, action);
	} else {
		app_say(app, ROLE_INFO, "'%s' works in another view", tui_action_info(action)->name);
	}
}

/* False: nothing is in front of the tree. */
static bool go_back(struct app *app)
{
	if (app->help_open) {
		app->help_open = false;
	} else if (app->screen != APP_SCREEN_TREE) {
		app->screen = APP_SCREEN_TREE;
	} else if (app->details_focused) {
		app->details_focused = false;
	} else {
		return false;
	}
	app_relayout(app);
	return true;
}

/* When nothing is in front of the tree, what narrows it goes. */
static void back(struct app *app)
{
	if (go_back(app)) {
		return;
	}
	if (app_is_filtered(app)) {
		app_find_clear(app);
	} else if (app->problems_only) {
		app->problems_only = false;
		app_show_filtered(app);
	}
}

static void problems(struct app *app)
{
	app->problems_only = !app->problems_only;
	app_show_filtered(app);
	app_say(app, ROLE_INFO, app->problems_only ? "only what needs somebody; ! shows all again" : "everything is shown");
}

static void bare(struct app *app)
{
	app->no_bare = !app->no_bare;
	app_show_filtered(app);
	app_say(app, ROLE_INFO, app->no_bare ? "VMs without snapshots are left out; . shows them again"
					     : "VMs without snapshots are shown");
}

static void say_order(struct app *app)
{
	static const char *const orders[MODEL_SORT_COUNT] = {
		[MODEL_SORT_NAME] = "name",
		[MODEL_SORT_AGE] = "age of the oldest snapshot",
		[MODEL_SORT_SIZE] = "size of their snapshots",
		[MODEL_SORT_SNAPSHOTS] = "number of snapshots",
		[MODEL_SORT_CHAIN] = "length of the chain",
	};
	app_show_filtered(app);
	app_say(app, ROLE_INFO, "VMs by %s%s", orders[app->sort], app->reversed ? ", reversed" : "");
}

static void sort(struct app *app)
{
	app->sort = (enum model_sort)((app->sort + 1) % MODEL_SORT_COUNT);
	say_order(app);
}

static void reverse(struct app *app)
{
	app->reversed = !app->reversed;
	say_order(app);
}

static void wide(struct app *app)
{
	app->wide = !app->wide;
	app_relayout(app);
}

static void follow(struct app *app)
{
	app->follow = !app->follow;
	app_say(app, ROLE_INFO, app->follow ? "the cursor's line keeps its place; rows above it come and go"
					    : "the first line keeps its place");
}

static void next_theme(struct app *app)
{
	app_effect(app, APP_EFFECT_NEXT_THEME, NULL);
}

static void repaint(struct app *app)
{
	app->dirty = true;
	app_effect(app, APP_EFFECT_REPAINT, NULL);
}

static void suspend(struct app *app)
{
	app_effect(app, APP_EFFECT_SUSPEND, NULL);
}

static void quit(struct app *app)
{
	if (go_back(app)) {
		return;
	}
	if (app->model.live_count > 0) {
		dialog_open_quit(app);
	} else {
		app_effect(app, APP_EFFECT_QUIT, NULL);
	}
}

static void snapshot(struct app *app)
{
	if (marks_count(app) > 0) {
		dialog_open_set(app, OPERATION_CREATE_SNAPSHOT);
	} else {
		dialog_open_take(app);
	}
}

static void revert(struct app *app)
{
	if (marks_count(app) > 0) {
		dialog_open_set(app, OPERATION_REVERT_SNAPSHOT);
	} else {
		dialog_open_revert(app);
	}
}

static void delete_snapshots(struct app *app)
{
	if (marks_count(app) > 0) {
		dialog_open_set(app, OPERATION_DELETE_SNAPSHOT);
	} else {
		dialog_open_delete(app);
	}
}

static void power(struct app *app)
{
	if (marks_count(app) > 0) {
		dialog_open_set(app, OPERATION_START_VM);
	} else {
		dialog_open_power(app);
	}
}

static void (*const handlers[])(struct app *app) = {
	[TUI_ACTION_MOVE_UP] = move_up,
	[TUI_ACTION_MOVE_DOWN] = move_down,
	[TUI_ACTION_PAGE_UP] = page_up,
	[TUI_ACTION_PAGE_DOWN] = page_down,
	[TUI_ACTION_FIRST] = first,
	[TUI_ACTION_LAST] = last,
	[TUI_ACTION_OPEN] = app_open_row,
	[TUI_ACTION_CLOSE] = app_close_row,
	[TUI_ACTION_TOGGLE] = toggle,
	[TUI_ACTION_OPEN_ALL] = app_open_all,
	[TUI_ACTION_GO_NOW] = app_go_now,
	[TUI_ACTION_DETAILS] = details,
	[TUI_ACTION_SNAPSHOT] = snapshot,
	[TUI_ACTION_REVERT] = revert,
	[TUI_ACTION_DELETE] = delete_snapshots,
	[TUI_ACTION_EDIT] = dialog_open_edit,
	[TUI_ACTION_UNDO] = dialog_open_undo,
	[TUI_ACTION_POWER] = power,
	[TUI_ACTION_DISKS] = dialog_open_disks,
	[TUI_ACTION_OFFERING] = dialog_open_offering,
	[TUI_ACTION_CANCEL_JOB] = cancel_job,
	[TUI_ACTION_SYNC] = sync,
	[TUI_ACTION_RETRY] = retry,
	[TUI_ACTION_FIND] = app_find,
	[TUI_ACTION_NEXT_MATCH] = app_find_next,
	[TUI_ACTION_PREVIOUS_MATCH] = app_find_previous,
	[TUI_ACTION_MARK] = app_mark,
	[TUI_ACTION_RANGE] = app_mark_range,
	[TUI_ACTION_MARK_MATCHES] = app_mark_matches,
	[TUI_ACTION_UNMARK] = app_unmark,
	[TUI_ACTION_PROBLEMS] = problems,
	[TUI_ACTION_BARE] = bare,
	[TUI_ACTION_LOG_FIND] = app_log_find,
	[TUI_ACTION_LOG_LEVEL] = app_log_next_level,
	[TUI_ACTION_LOG_FOLLOW] = app_log_follow,
	[TUI_ACTION_HELP_FIND] = app_help_find,
	[TUI_ACTION_WIDE] = wide,
	[TUI_ACTION_SORT] = sort,
	[TUI_ACTION_REVERSE] = reverse,
	[TUI_ACTION_FOLLOW] = follow,
	[TUI_ACTION_PAUSE] = app_pause,
	[TUI_ACTION_LOG_WRITE] = app_log_write,
	[TUI_ACTION_PALETTE] = app_palette,
	[TUI_ACTION_JOBS] = jobs,
	[TUI_ACTION_VERIFY] = verify,
	[TUI_ACTION_AGES] = ages,
	[TUI_ACTION_AGE_SHOW] = app_age_show,
	[TUI_ACTION_AGE_REVERT] = app_age_revert,
	[TUI_ACTION_AGE_DELETE] = app_age_delete,
	[TUI_ACTION_AGE_EDIT] = app_age_edit,
	[TUI_ACTION_AGE_READ] = app_ages_read,
	[TUI_ACTION_MESSAGES] = messages,
	[TUI_ACTION_THEME] = next_theme,
	[TUI_ACTION_SETTINGS] = settings,
	[TUI_ACTION_EDIT_SETTING] = app_edit_setting,
	[TUI_ACTION_WRITE] = write_for_a_time,
	[TUI_ACTION_END_WRITE] = policy_end_write,
	[TUI_ACTION_HELP] = help,
	[TUI_ACTION_RUN] = run_line,
	[TUI_ACTION_BACK] = back,
	[TUI_ACTION_REPAINT] = repaint,
	[TUI_ACTION_SUSPEND] = suspend,
	[TUI_ACTION_INTERRUPT] = dialog_open_quit,
	[TUI_ACTION_QUIT] = quit,
};
static_assert(HV_ARRAY_LEN(handlers) == TUI_ACTION_COUNT, "a handler for every action");

/* A tree that stands still goes on first: nobody decides by an old picture, nor about the row that came under the
 * cursor when the one that was meant left. */
static bool goes_on_with_its_row(struct app *app)
{
	if (!app->paused || !app->cursor.node) {
		paused_resume(app);
		return true;
	}
	struct hv_uuid node = app->cursor.node->uuid;
	struct hv_uuid leaf = app->cursor.leaf;
	paused_resume(app);
	return app->cursor.node && hv_uuid_equal(&node, &app->cursor.node->uuid) &&
	       hv_uuid_equal(&leaf, &app->cursor.leaf);
}

void app_run(struct app *app, enum tui_action action)
{
	char text[400];
	if (tui_action_info(action)->danger != TUI_DANGER_SAFE && !goes_on_with_its_row(app)) {
		app_say(app, ROLE_WARN, "not begun: what the cursor stood on has gone while the tree was paused");
		return;
	}
	const char *reason = app_why_not(app, action, text, sizeof text);
	if (reason) {
		app_say(app, ROLE_WARN, "not possible: %s", reason);
		return;
	}
	handlers[action](app);
}
