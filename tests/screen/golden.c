#include "tests/screen/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file) {
		return NULL;
	}
	struct hv_text text = HV_TEXT_INIT;
	char part[4096];
	size_t length;
	while ((length = fread(part, 1, sizeof part, file)) > 0) {
		hv_text_append(&text, part, length);
	}
	(void)fclose(file);
	return hv_text_detach(&text);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_not_equal(fputs(text, file), EOF);
	assert_int_equal(fclose(file), 0);
}

void check_screen(struct fixture *fixture, const char *name, int width, int height)
{
	const char *folder = getenv("HVTREE_SOURCE_DIR");
	char *path = hv_sprintf("%s/tests/screen/%s.txt", folder ? folder : ".", name);
	char *screen = fixture_screen(fixture, width, height);
	if (getenv("UPDATE_SCREENS")) {
		write_file(path, screen);
	}
	char *expected = read_file(path);
	if (!expected || strcmp(expected, screen) != 0) {
		print_message("--- %s is now:\n%s", path, screen);
	}
	assert_non_null(expected);
	assert_string_equal(screen, expected);
	free(expected);
	free(screen);
	free(path);
}
