#include "tui/batch/table.h"

#include <assert.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

bool locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

char *printable(const char *text)
{
	if (!text) {
		return hv_strdup("-");
	}
	char *safe = hv_text_printable(text, strlen(text));
	if (locale_is_utf8()) {
		return safe;
	}
	char *to = safe;
	for (const char *from = safe; *from; from++) {
		unsigned char byte = (unsigned char)*from;
		if (byte < 0x80) {
			*to++ = *from;
		} else if (byte >= 0xC0) { /* the lead stands for the whole character */
			*to++ = '?';
		}
	}
	*to = '\0';
	return safe;
}

size_t printable_width(const char *text)
{
	size_t width = 0;
	mbstate_t state = {0};
	size_t left = strlen(text);
	while (left > 0) {
		wchar_t c;
		size_t used = mbrtowc(&c, text, left, &state);
		if (used == 0 || used > left) {
			return width + left;
		}
		int cells = wcwidth(c);
		width += cells > 0 ? (size_t)cells : 0;
		text += used;
		left -= used;
	}
	return width;
}

void table_init(struct table *table, struct output *output, const struct table_column *columns,
	size_t column_count)
{
	assert(column_count <= TABLE_COLUMNS_MAX);
	*table = (struct table){.output = output, .columns = columns, .column_count = column_count};
	for (size_t i = 0; i < column_count; i++) {
		table->widths[i] = strlen(columns[i].title);
	}
}

static void write_line(const struct table *table, const char *const *cells)
{
	for (size_t i = 0; i < table->column_count; i++) {
		size_t width = printable_width(cells[i]);
		size_t padding = width < table->widths[i] ? table->widths[i] - width : 0;
		bool last = i + 1 == table->column_count;
		if (table->columns[i].right) {
			output_fill(table->output, ' ', padding);
		}
		output_puts(table->output, cells[i]);
		if (!table->columns[i].right && !last) {
			output_fill(table->output, ' ', padding);
		}
		output_puts(table->output, last ? "\n" : "  ");
	}
}

static void settle(struct table *table)
{
	const char *titles[TABLE_COLUMNS_MAX];
	for (size_t i = 0; i < table->column_count; i++) {
		titles[i] = table->columns[i].title;
	}
	write_line(table, titles);
	for (size_t i = 0; i < table->cell_count; i += table->column_count) {
		write_line(table, (const char *const *)&table->cells[i]);
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		free(table->cells[i]);
	}
	table->cell_count = 0;
	table->settled = true;
}

void table_row(struct table *table, const char *const *cells)
{
	char *safe[TABLE_COLUMNS_MAX] = {NULL};
	for (size_t i = 0; i < table->column_count; i++) {
		safe[i] = printable(cells[i]);
	}
	if (table->settled) {
		write_line(table, (const char *const *)safe);
		for (size_t i = 0; i < table->column_count; i++) {
			free(safe[i]);
		}
		return;
	}
	for (size_t i = 0; i < table->column_count; i++) {
		size_t width = printable_width(safe[i]);
		table->widths[i] = width > table->widths[i] ? width : table->widths[i];
		HV_GROW(table->cells, table->cell_count, table->cell_capacity);
		table->cells[table->cell_count++] = safe[i];
	}
	if (table->cell_count >= TABLE_WINDOW * table->column_count) {
		settle(table);
	}
}

void table_finish(struct table *table)
{
	if (!table->settled) {
		settle(table);
	}
	free(table->cells);
	table->cells = NULL;
	table->cell_capacity = 0;
}
