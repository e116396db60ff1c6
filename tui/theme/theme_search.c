#include "tui/theme/theme_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tui/theme/theme.h"

#define THEME_FILE_MAX (256 * 1024)

void theme_text_clear(struct theme_text *text)
{
	free(text->file);
	free(text->text);
	*text = (struct theme_text){.file = NULL};
}

static bool read_file(const char *path, struct theme_text *ret_text)
{
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return false;
	}
	struct hv_text text = HV_TEXT_INIT;
	char buffer[4096];
	size_t length;
	while ((length = fread(buffer, 1, sizeof buffer, file)) > 0 &&
		text.length < THEME_FILE_MAX) {
		hv_text_append(&text, buffer, length);
	}
	bool failed = ferror(file) != 0;
	fclose(file);
	if (failed) {
		hv_text_clear(&text);
		return false;
	}
	ret_text->file = hv_strdup(path);
	ret_text->text = hv_text_detach(&text);
	return true;
}

char *theme_folder(size_t index)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	if (index > 0) {
		return hv_strdup("/etc/hvtree/themes");
	}
	if (config != NULL && config[0] == '/') {
		return hv_sprintf("%s/hvtree/themes", config);
	}
	return home != NULL && home[0] == '/' ? hv_sprintf("%s/.config/hvtree/themes", home) : NULL;
}

bool theme_find_builtin(const char *name, struct theme_text *ret_text)
{
	for (const struct theme_builtin *builtin = theme_builtins; builtin->name != NULL;
		builtin++) {
		if (strcmp(builtin->name, name) == 0) {
			ret_text->file = hv_sprintf("(built in) %s", name);
			ret_text->text = hv_strdup(builtin->text);
			return true;
		}
	}
	return false;
}

bool theme_find(const char *name, struct theme_text *ret_text)
{
	if (strchr(name, '/') != NULL) {
		return read_file(name, ret_text);
	}
	for (size_t i = 0; i < THEME_FOLDER_COUNT; i++) {
		HV_CLEANUP_FREE char *folder = theme_folder(i);
		HV_CLEANUP_FREE char *path = folder ? hv_sprintf("%s/%s.ini", folder, name) : NULL;
		if (path != NULL && read_file(path, ret_text)) {
			return true;
		}
	}
	return theme_find_builtin(name, ret_text);
}

const char *theme_builtin_name(size_t index)
{
	size_t i = 0;
	while (i < index && theme_builtins[i].name != NULL) {
		i++;
	}
	return theme_builtins[i].name;
}
