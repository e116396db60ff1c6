/* All snapshots, oldest first: age, who, why; and how many there are of which age. */
#include <inttypes.h>
#include <stdio.h>

#include "tui/view/view.h"

struct age_columns {
	int size_right, name, vm, by, note;
};

static struct age_columns columns_for(int width)
{
	int room = width - 16;
	if (width >= 100) {
		return (struct age_columns){.size_right = 14, .name = 16, .vm = 16 + room * 3 / 10, .by = 16 + room * 5 / 10,
			.note = 16 + room * 6 / 10};
	}
	if (width >= 60) {
		return (struct age_columns){.size_right = 14, .name = 16, .vm = 16 + room * 4 / 10, .by = 16 + room * 7 / 10,
			.note = 0};
	}
	return (struct age_columns){.size_right = 0, .name = 8, .vm = 8 + (width - 8) * 6 / 10};
}

static void draw_header(const struct app *app, struct canvas *canvas, const struct age_columns *columns)
{
	const struct canvas_rect *body = &app->layout.body;
	int y = body->y;
	char total[48] = "";
	if (app->ages.older[0] >= 0 && app->ages.asked) {
		(void)snprintf(total, sizeof total, "  %" PRId64, app->ages.older[0]);
	}
	canvas_fill(canvas, (struct canvas_rect){0, y, body->width, 2}, ' ', ROLE_HEADER);
	(void)canvas_printf(canvas, 1, y, body->width - 1, ROLE_HEADER, "AGES%s snapshots, oldest first%s", total,
		app->ages.snapshots_then != app->model.snapshot_count ? "   changed since: F5 reads again" : "");
	y++;
	(void)canvas_text_right(canvas, 6, y, 4, ROLE_HEADER, "AGE");
	if (columns->size_right) {
		(void)canvas_text_right(canvas, columns->size_right, y, 6, ROLE_HEADER, "SIZE");
	}
	(void)canvas_text(canvas, columns->name, y, 8, ROLE_HEADER, "SNAPSHOT");
	(void)canvas_text(canvas, columns->vm, y, 2, ROLE_HEADER, "VM");
	if (columns->by) {
		(void)canvas_text(canvas, columns->by, y, 2, ROLE_HEADER, "BY");
	}
	if (columns->note) {
		(void)canvas_text(canvas, columns->note, y, 4, ROLE_HEADER, "WHY");
	}
}

static void draw_row(const struct app *app, struct canvas *canvas, const struct age_columns *columns, int y,
	const struct hv_snapshot *row)
{
	char age[16], size[16];
	int right = app->width - 1;
	int64_t since_us = app->wall_us ? app->wall_us - row->created_us : 0;
	int after_vm = columns->by ? columns->by - 1 : right;
	int after_by = columns->note ? columns->note - 1 : right;
	bool memory = row->type == SNAPSHOT_DISK_AND_MEMORY;
	(void)canvas_text_right(canvas, 6, y, 5, since_us > app->age_warn_us ? ROLE_AGE_WARN : ROLE_TEXT,
		words_age(since_us, age));
	if (columns->size_right && row->size_bytes > 0) {
		(void)canvas_text_right(canvas, columns->size_right, y, 6, ROLE_TEXT, hv_format_bytes(row->size_bytes, size));
	}
	(void)view_put(canvas, columns->name - 1 - (columns->size_right ? 0 : 1), y, columns->name, ROLE_TEXT, "");
	(void)view_put(canvas, columns->name, y, columns->vm - 1, memory ? ROLE_SNAP_MEMORY : ROLE_SNAP, row->display_name);
	(void)view_put(canvas, columns->vm, y, after_vm, ROLE_TEXT, row->vm_name);
	if (columns->by) {
		(void)view_put(canvas, columns->by, y, after_by, ROLE_TEXT, row->created_by ? row->created_by : "-");
	}
	if (columns->note) {
		(void)view_put(canvas, columns->note, y, right, ROLE_DIM, row->description ? row->description : "");
	}
}

static void draw_chosen(const struct app *app, struct canvas *canvas, int y)
{
	char time[32];
	const struct hv_snapshot *row = app_age_row(app, app->ages.cursor);
	int right = app->width - 1;
	canvas_hline(canvas, 0, y, app->width, ROLE_FRAME);
	if (!row) {
		return;
	}
	(void)canvas_printf(canvas, 1, y + 1, right - 1, ROLE_TEXT, "%s @ %s  taken %s by %s  %s%s: %s", row->vm_name,
		row->host_name, view_time(row->created_us, time), row->created_by ? row->created_by : "-",
		words_type(row->type), row->current ? ", current" : "", row->description ? row->description : "no note");
}

/* "4-30d  ######  58": the class of an age is what is that old and not older. */
static void draw_histogram(const struct app *app, struct canvas *canvas, int y)
{
	static const char *const names[AGES_CLASSES] = {"0-3d", "4-30d", "31-90d", ">90d"};
	const int64_t *older = app->ages.older;
	int bar = app->width - 24 < 60 ? app->width - 24 : 60;
	for (int i = 0; i < AGES_CLASSES; i++) {
		int64_t next = i + 1 < AGES_CLASSES ? older[i + 1] : 0;
		int x = view_put(canvas, 1, y + i, 9, ROLE_HEADER, names[i]);
		x = 9;
		if (older[i] < 0 || next < 0 || older[0] <= 0) {
			continue;
		}
		int64_t count = older[i] - next;
		int cells = (int)(count * bar / older[0]);
		cells = cells == 0 && count > 0 ? 1 : cells;
		for (int cell = 0; cell < cells; cell++) {
			x = view_put(canvas, x, y + i, x + 1, i == AGES_CLASSES - 1 ? ROLE_AGE_WARN : ROLE_PROGRESS,
				canvas_glyph(canvas, GLYPH_PROGRESS_FULL));
		}
		(void)canvas_printf(canvas, x + 1, y + i, 12, ROLE_TEXT, "%" PRId64, count);
	}
}

void view_ages(const struct app *app, struct canvas *canvas)
{
	const struct canvas_rect *body = &app->layout.body;
	struct age_columns columns = columns_for(body->width);
	int page = app_ages_page(app);
	int y = body->y + 2;
	const struct hv_snapshot *row;
	draw_header(app, canvas, &columns);
	for (int i = 0; i < page && (row = app_age_row(app, app->ages.top + (size_t)i)) != NULL; i++) {
		draw_row(app, canvas, &columns, y + i, row);
		if (app->ages.top + (size_t)i == app->ages.cursor) {
			canvas_tint(canvas, (struct canvas_rect){0, y + i, body->width, 1}, ROLE_SELECT);
			canvas->cursor_x = 0;
			canvas->cursor_y = y + i;
		}
	}
	if (app->ages.count == 0) {
		(void)canvas_text(canvas, 1, y, body->width - 1, ROLE_DIM,
			app->ages.ticket != 0 ? "reading ..." : "there are no snapshots");
	}
	draw_chosen(app, canvas, y + page);
	if (body->height > 20) {
		canvas_hline(canvas, 0, y + page + 2, body->width, ROLE_FRAME);
		draw_histogram(app, canvas, y + page + 3);
	}
}
