/* The line that is typed into, at the foot of the screen: a filter, a command, a file's name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/view/view.h"

#define OFFERED_MAX 8 /* commands shown above the line */
#define NAME_CELLS 16
#define KEY_CELLS 10

/* The first byte shown, so that the cursor is inside: the text moves by whole characters. */
static size_t first_shown(const char *text, size_t cursor, int cells)
{
	size_t from = 0;
	for (;;) {
		char *head = hv_strndup(text + from, cursor - from);
		int width = canvas_text_width(head);
		free(head);
		if (width < cells) {
			return from;
		}
		do {
			from++;
		} while (((unsigned char)text[from] & 0xC0) == 0x80);
	}
}

void view_typed(struct canvas *canvas, struct canvas_rect rect, const char *text, size_t cursor, enum role role)
{
	bool focused = cursor != VIEW_NO_CURSOR;
	size_t from = first_shown(text, focused ? cursor : 0, rect.width);
	(void)canvas_text(canvas, rect.x, rect.y, rect.width, role, text + from);
	if (focused) {
		char *head = hv_strndup(text + from, cursor - from);
		canvas->cursor_x = rect.x + canvas_text_width(head);
		canvas->cursor_y = rect.y;
		free(head);
	}
}

/* How many rows fit, and that Enter keeps them. */
static void find_words(const struct app *app, char *text, size_t size)
{
	const struct find *find = &app->find;
	char snapshots[64] = "";
	if (find->terms.problem) {
		(void)snprintf(text, size, "%s", find->terms.problem);
		return;
	}
	if (!terms_are_given(&find->terms)) {
		(void)snprintf(text, size, "words, key>value, !not");
		return;
	}
	if (find->snapshots > 0) {
		(void)snprintf(snapshots, sizeof snapshots, ", %zu%s snapshots", find->snapshots, find->cut ? "+" : "");
	}
	if (app->model.wanted_vms == 0) {
		(void)snprintf(text, size, "no match%s", find->question_count > 0 ? " yet" : "");
	} else {
		(void)snprintf(text, size, "%zu of %zu VMs%s", app->model.wanted_vms, app->model.vm_count, snapshots);
	}
}

static void words_beside(const struct app *app, char *text, size_t size)
{
	char found[96];
	switch (app->prompt.kind) {
	case PROMPT_FIND:
		find_words(app, found, sizeof found);
		(void)snprintf(text, size, "%s  Esc clear  Enter keep", found);
		return;
	case PROMPT_LOG:
		(void)snprintf(text, size, "Esc clear  Enter keep");
		return;
	case PROMPT_HELP:
		(void)snprintf(text, size, "Esc clear  Enter runs the line");
		return;
	case PROMPT_COMMAND:
		(void)snprintf(text, size, "Tab complete  Up history  Esc leave");
		return;
	case PROMPT_SETTING:
		(void)snprintf(text, size, "Enter keeps  Esc leaves it as it is");
		return;
	case PROMPT_WRITE:
		(void)snprintf(text, size, "Enter asks; it is logged  Esc leave");
		return;
	case PROMPT_FILE:
		(void)snprintf(text, size, "Enter writes a new file  Esc leave");
		return;
	case PROMPT_NONE:
	case PROMPT_KIND_COUNT:
		break;
	}
	text[0] = '\0';
}

static void draw_offer(const struct app *app, struct canvas *canvas, int y, enum tui_action action)
{
	char reason[400], keys[32];
	const struct tui_action_info *info = tui_action_info(action);
	const char *why_not = app_why_not(app, action, reason, sizeof reason);
	int right = app->width - 1;
	(void)keymap_keys(&app->keymap, action, 2, keys, sizeof keys);
	canvas_fill(canvas, (struct canvas_rect){0, y, app->width, 1}, ' ', ROLE_TEXT);
	(void)view_put(canvas, 2, y, 2 + NAME_CELLS, why_not ? ROLE_DIM : ROLE_HINT_KEY, info->name);
	(void)view_put(canvas, 3 + NAME_CELLS, y, 2 + NAME_CELLS + KEY_CELLS, ROLE_DIM, keys);
	int x = view_put(canvas, 3 + NAME_CELLS + KEY_CELLS, y, right, why_not ? ROLE_DIM : ROLE_TEXT, info->help);
	if (why_not) {
		(void)canvas_printf(canvas, x, y, right > x ? right - x : 0, ROLE_DIM, " - %s", why_not);
	}
}

static void draw_offers(const struct app *app, struct canvas *canvas)
{
	enum tui_action actions[TUI_ACTION_COUNT];
	size_t count = app_palette_matches(app, text_field_get(&app->prompt.field), actions);
	size_t most = app->height > 12 ? OFFERED_MAX : 3;
	size_t shown = count < most ? count : most;
	int y = app->layout.hints.y - (int)shown;
	if (shown > 0) {
		canvas_hline(canvas, 0, y - 1, app->width, ROLE_FRAME);
	}
	for (size_t i = 0; i < shown; i++) {
		draw_offer(app, canvas, y + (int)i, actions[i]);
	}
	if (count > shown) {
		(void)canvas_text(canvas, app->width - 2, y + (int)shown - 1, 1, ROLE_HINT_KEY,
			canvas_glyph(canvas, GLYPH_MORE_BELOW));
	}
}

void view_prompt(const struct app *app, struct canvas *canvas)
{
	const struct prompt *prompt = &app->prompt;
	const struct canvas_rect *line = &app->layout.hints;
	char beside[160];
	canvas_fill(canvas, *line, ' ', ROLE_HINT_TEXT);
	if (prompt->kind == PROMPT_COMMAND) {
		draw_offers(app, canvas);
	}
	words_beside(app, beside, sizeof beside);
	int typed = canvas_text_width(text_field_get(&prompt->field));
	int room = line->width - canvas_text_width(beside) - 3;
	int x = view_put(canvas, 0, line->y, line->width, ROLE_HINT_KEY, prompt_label(prompt->kind));
	int right = x + typed < room ? room : line->width - 1;
	if (right == room) {
		(void)canvas_text_right(canvas, line->width - 1, line->y, canvas_text_width(beside), ROLE_DIM, beside);
	}
	struct canvas_rect field = {x, line->y, right - x, 1};
	canvas_fill(canvas, field, ' ', ROLE_INPUT);
	view_typed(canvas, field, text_field_get(&prompt->field), prompt->field.cursor, ROLE_INPUT);
}
