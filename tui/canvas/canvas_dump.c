#include "tui/canvas/canvas.h"

#include <string.h>

static void dump_text_row(const struct canvas *canvas, int y, struct hv_text *out)
{
	const struct canvas_cell *row = &canvas->cells[(size_t)y * (size_t)canvas->width];
	int end = canvas->width;
	while (end > 0 && strcmp(row[end - 1].text, " ") == 0) {
		end--;
	}
	for (int x = 0; x < end; x++) {
		hv_text_puts(out, row[x].text);
	}
	hv_text_puts(out, "\n");
}

static void dump_role_row(const struct canvas *canvas, int y, struct hv_text *out)
{
	const struct canvas_cell *row = &canvas->cells[(size_t)y * (size_t)canvas->width];
	for (int x = 0; x < canvas->width; x++) {
		char letter = role_letter((enum role)row[x].role);
		hv_text_append(out, &letter, 1);
	}
	hv_text_puts(out, "\n");
}

char *canvas_dump(const struct canvas *canvas)
{
	struct hv_text out = HV_TEXT_INIT;
	for (int y = 0; y < canvas->height; y++) {
		dump_text_row(canvas, y, &out);
	}
	for (int y = 0; y < canvas->height; y++) {
		dump_role_row(canvas, y, &out);
	}
	return hv_text_detach(&out);
}
