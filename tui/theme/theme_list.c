/* Which themes there are. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tui/theme/theme.h"
#include "tui/theme/theme_file.h"
#include "tui/theme/theme_search.h"

#define SUFFIX ".ini"
#define FILES_MAX 200 /* of one folder */

void theme_list_clear(struct theme_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].file);
	}
	free(list->items);
	*list = (struct theme_list){.items = NULL};
}

static bool is_listed(const struct theme_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* As it is found by its name: a file of the user shadows the others. */
static void add(struct theme_list *list, const char *name)
{
	struct theme_text text;
	if (is_listed(list, name) || !theme_find(name, &text)) {
		return;
	}
	struct theme_source source;
	theme_source_init(&source);
	theme_source_read(&source, text.file, text.text, NULL);
	HV_GROW(list->items, list->count, list->capacity);
	list->items[list->count++] = (struct theme_item){
		.name = hv_strdup(name), .file = hv_strdup(text.file), .overlay = source.overlay};
	theme_source_clear(&source);
	theme_text_clear(&text);
}

static int is_theme_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > strlen(SUFFIX) && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static void add_folder(struct theme_list *list, const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_theme_file, alphasort);
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;
		name[strlen(name) - strlen(SUFFIX)] = '\0';
		if (i < FILES_MAX) {
			add(list, name);
		}
		free(entries[i]);
	}
	if (count >= 0) {
		free(entries);
	}
}

void theme_list_read(struct theme_list *ret_list)
{
	*ret_list = (struct theme_list){.items = NULL};
	for (size_t i = 0; theme_builtin_name(i) != NULL; i++) {
		add(ret_list, theme_builtin_name(i));
	}
	for (size_t i = 0; i < THEME_FOLDER_COUNT; i++) {
		HV_CLEANUP_FREE char *folder = theme_folder(i);
		if (folder != NULL) {
			add_folder(ret_list, folder);
		}
	}
}

const char *theme_list_next(const struct theme_list *list, const char *name)
{
	size_t at = 0;
	while (at < list->count && strcmp(list->items[at].name, name) != 0) {
		at++;
	}
	size_t first = at < list->count ? at + 1 : 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct theme_item *item = &list->items[(first + i) % list->count];
		if (!item->overlay) {
			return item->name;
		}
	}
	return theme_builtin_name(0);
}
