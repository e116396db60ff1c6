/* The dialog: a box in the middle with its text, its choices and fields, why a button is off, and the buttons. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/view/dialog_text.h"

#define BOX_WIDTH_MAX 78
#define LABEL_CELLS 9

struct parts {
	struct control controls[DIALOG_CONTROLS_MAX];
	size_t control_count;
	struct sheet text;
	struct sheet notes;
	struct sheet reasons; /* why buttons are off */
	int input_rows;       /* of fields and choices */
	int button_rows;
	int width;            /* inside the box */
};

static int button_cells(const struct control *control)
{
	return canvas_text_width(control->label) + 4;
}

static int count_button_rows(const struct parts *parts)
{
	int rows = 0, x = parts->width;
	for (size_t i = 0; i < parts->control_count; i++) {
		if (parts->controls[i].kind != CONTROL_BUTTON) {
			continue;
		}
		int cells = button_cells(&parts->controls[i]);
		if (x + cells > parts->width) {
			rows++;
			x = 0;
		}
		x += cells + 3;
	}
	return rows;
}

static bool is_said_before(const struct parts *parts, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		const struct control *control = &parts->controls[i];
		if (!control->enabled && strcmp(control->reason, parts->controls[at].reason) == 0) {
			return true;
		}
	}
	return false;
}

/* Why something is off. A reason that several controls share is said once, with all their names. */
static void add_reasons(struct parts *parts)
{
	for (size_t at = 0; at < parts->control_count; at++) {
		const struct control *first = &parts->controls[at];
		if (first->enabled || is_said_before(parts, at)) {
			continue;
		}
		struct hv_text labels = HV_TEXT_INIT;
		for (size_t i = at; i < parts->control_count; i++) {
			const struct control *control = &parts->controls[i];
			if (!control->enabled && strcmp(control->reason, first->reason) == 0) {
				hv_text_printf(&labels, "%s%s", i > at ? ", " : "",
					control->kind == CONTROL_CHECK ? "No safety snapshot" : control->label);
			}
		}
		sheet_add(&parts->reasons, ROLE_DIM, NULL, "%s: %s", hv_text_get(&labels), first->reason);
		hv_text_clear(&labels);
	}
}

static void parts_make(const struct app *app, struct parts *parts)
{
	int width = app->width - 4 < BOX_WIDTH_MAX - 4 ? app->width - 4 : BOX_WIDTH_MAX - 4;
	*parts = (struct parts){.width = width};
	parts->control_count = dialog_controls(app, parts->controls);
	sheet_init(&parts->text, width);
	sheet_init(&parts->notes, width);
	sheet_init(&parts->reasons, width);
	dialog_text(app, &parts->text);
	dialog_notes(app, &parts->notes);
	add_reasons(parts);
	for (size_t i = 0; i < parts->control_count; i++) {
		parts->input_rows += parts->controls[i].kind != CONTROL_BUTTON ? 1 : 0;
	}
	parts->button_rows = count_button_rows(parts);
}

static void parts_clear(struct parts *parts)
{
	sheet_clear(&parts->text);
	sheet_clear(&parts->notes);
	sheet_clear(&parts->reasons);
}

/* ---- controls ---- */

/* Of a secret nothing, unless the host says that it may be seen. */
static const char *shown_of_field(const struct dialog *dialog, enum control_id id, size_t *ret_cursor)
{
	if (id != CONTROL_SECRET) {
		const struct text_field *field = dialog_field(dialog, id);
		*ret_cursor = field->cursor;
		return text_field_get(field);
	}
	*ret_cursor = dialog->question->echo ? dialog->secret.length : 0;
	return dialog->question->echo ? dialog->secret.bytes : "";
}

static void draw_field(const struct app *app, struct canvas *canvas, struct canvas_rect rect,
	const struct control *control)
{
	size_t cursor;
	bool focused = app->dialog.focus == control->id;
	int x = rect.x + LABEL_CELLS;
	int cells = rect.width - LABEL_CELLS;
	const char *text = shown_of_field(&app->dialog, control->id, &cursor);
	enum role role = control->id == CONTROL_TYPED ? ROLE_DANGER_FIELD : ROLE_INPUT;
	(void)canvas_text(canvas, rect.x, rect.y, LABEL_CELLS - 1, ROLE_HEADER, control->label);
	canvas_fill(canvas, (struct canvas_rect){x, rect.y, cells, 1}, '_', role);
	view_typed(canvas, (struct canvas_rect){x, rect.y, cells, 1}, text, focused ? cursor : VIEW_NO_CURSOR, role);
}

static void draw_choice(const struct app *app, struct canvas *canvas, struct canvas_rect rect,
	const struct control *control)
{
	int right = rect.x + rect.width;
	bool focused = app->dialog.focus == control->id;
	enum role role = focused ? ROLE_BUTTON_FOCUS : control->enabled ? ROLE_TEXT : ROLE_DIM;
	int x = view_put(canvas, rect.x, rect.y, right, role, "(");
	x = view_put(canvas, x, rect.y, x + 1, role,
		canvas_glyph(canvas, control->chosen ? GLYPH_RADIO_ON : GLYPH_RADIO_OFF));
	if (!control->chosen) { /* empty, whatever the sign: it must not look chosen */
		(void)view_put(canvas, x - 1, rect.y, x, role, " ");
	}
	x = view_put(canvas, x, rect.y, right, role, ") ");
	(void)view_put(canvas, x, rect.y, right, role, control->label);
	if (focused) {
		canvas->cursor_x = rect.x + 1;
		canvas->cursor_y = rect.y;
	}
}

static void draw_check(const struct app *app, struct canvas *canvas, struct canvas_rect rect,
	const struct control *control)
{
	int right = rect.x + rect.width;
	bool focused = app->dialog.focus == control->id;
	enum role role = focused ? ROLE_BUTTON_FOCUS : control->enabled ? ROLE_TEXT : ROLE_DIM;
	int x = view_put(canvas, rect.x, rect.y, right, role, control->chosen ? "[x] " : "[ ] ");
	(void)view_put(canvas, x, rect.y, right, role, control->label);
	if (focused) {
		canvas->cursor_x = rect.x + 1;
		canvas->cursor_y = rect.y;
	}
}

static void draw_button(
	const struct app *app, struct canvas *canvas, int x, int y, int right, const struct control *control)
{
	bool focused = app->dialog.focus == control->id;
	enum role role = !control->enabled ? ROLE_DIM
			 : focused	   ? ROLE_BUTTON_FOCUS
			 : control->danger ? ROLE_DANGER
					   : ROLE_BUTTON;
	/* brackets say which can be pressed: [ Cancel ] can, ( Revert ) cannot */
	int at = view_put(canvas, x, y, right, role, control->enabled ? "[ " : "( ");
	at = view_put(canvas, at, y, right, role, control->label);
	(void)view_put(canvas, at, y, right, role, control->enabled ? " ]" : " )");
	if (focused) {
		canvas->cursor_x = x + 2;
		canvas->cursor_y = y;
	}
}

static void draw_buttons(
	const struct app *app, struct canvas *canvas, struct canvas_rect rect, const struct parts *parts)
{
	int x = 0, y = rect.y;
	for (size_t i = 0; i < parts->control_count; i++) {
		const struct control *control = &parts->controls[i];
		if (control->kind != CONTROL_BUTTON) {
			continue;
		}
		int cells = button_cells(control);
		if (x > 0 && x + cells > rect.width) {
			x = 0;
			y++;
		}
		draw_button(app, canvas, rect.x + x, y, rect.x + rect.width, control);
		x += cells + 3;
	}
}

static int draw_inputs(
	const struct app *app, struct canvas *canvas, struct canvas_rect rect, const struct parts *parts)
{
	for (size_t i = 0; i < parts->control_count; i++) {
		const struct control *control = &parts->controls[i];
		if (control->kind == CONTROL_FIELD) {
			draw_field(app, canvas, rect, control);
		} else if (control->kind == CONTROL_CHOICE) {
			draw_choice(app, canvas, rect, control);
		} else if (control->kind == CONTROL_CHECK) {
			draw_check(app, canvas, rect, control);
		} else {
			continue;
		}
		rect.y++;
	}
	return rect.y;
}

/* ---- the box ---- */

/* Draws as many lines as the part has been given, from the dialog's scroll on. Returns the row below. */
static int draw_sheet(
	const struct app *app, struct canvas *canvas, struct canvas_rect rect, const struct sheet *sheet, int rows)
{
	size_t last = sheet->count - (size_t)rows;
	rect.height = rows;
	sheet_draw(sheet, app->dialog.scroll < last ? app->dialog.scroll : last, canvas, rect);
	return rect.y + rows;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* How the rows of the box are shared. */
struct share {
	int text, notes, reasons, gap_above, gap_below, height;
};

/*
 * From top to bottom: text, fields and choices, notes, reasons, buttons. On a screen too low for all, what can be operated
 * is always there; reasons, then notes, then text give way, and can be scrolled.
 */
static struct share share_rows(const struct app *app, const struct parts *parts)
{
	struct share share = {0};
	int fixed = 2 + parts->input_rows + parts->button_rows;
	int room = app->height - 2 - fixed;
	room = room < 0 ? 0 : room;
	/* of a revert, what is lost goes before a note about how it is kept */
	int notes_least = app->dialog.kind == DIALOG_REVERT ? 0 : least((int)parts->notes.count, room / 2);
	share.text = least((int)parts->text.count, room - notes_least);
	share.notes = least((int)parts->notes.count, room - share.text);
	share.reasons = least((int)parts->reasons.count, room - share.text - share.notes);
	int left = room - share.text - share.notes - share.reasons;
	share.gap_below = least(1, left);
	share.gap_above = parts->input_rows > 0 ? least(1, left - share.gap_below) : 0;
	share.height = fixed + share.text + share.notes + share.reasons + share.gap_above + share.gap_below;
	return share;
}

void view_dialog(const struct app *app, struct canvas *canvas)
{
	struct parts parts;
	char title[1024];
	parts_make(app, &parts);
	struct share share = share_rows(app, &parts);
	struct canvas_rect box = {(app->width - parts.width - 4) / 2, (app->height - share.height) / 2,
		parts.width + 4, share.height};
	bool severe = dialog_is_severe(&app->dialog);
	canvas->cursor_x = -1;
	canvas->cursor_y = -1;
	canvas_fill(canvas, box, ' ', ROLE_TEXT);
	canvas_box(canvas, box, severe ? ROLE_DANGER : ROLE_FRAME_FOCUS, dialog_title(app, title, sizeof title));
	struct canvas_rect inner = {box.x + 2, box.y + 1, parts.width, 1};
	inner.y = draw_sheet(app, canvas, inner, &parts.text, share.text) + share.gap_above;
	inner.y = draw_inputs(app, canvas, inner, &parts);
	inner.y = draw_sheet(app, canvas, inner, &parts.notes, share.notes);
	inner.y = draw_sheet(app, canvas, inner, &parts.reasons, share.reasons) + share.gap_below;
	draw_buttons(app, canvas, inner, &parts);
	parts_clear(&parts);
}
