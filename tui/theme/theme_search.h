/* Where theme files are found: the user's folder, the machine's, and the ones built in. */
#ifndef HV_TUI_THEME_THEME_SEARCH_H
#define HV_TUI_THEME_THEME_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct theme_text {
	char *file; /* path, or "(built in) NAME" */
	char *text;
};
void theme_text_clear(struct theme_text *text);

/** False when there is no readable theme of that name; see theme_load(). */
bool theme_find(const char *name, struct theme_text *ret_text);
bool theme_find_builtin(const char *name, struct theme_text *ret_text);

/* Where files are looked for: the user's own folder, then the machine's. */
#define THEME_FOLDER_COUNT 2
/** NULL when there is none (no home). Caller frees. */
char *theme_folder(size_t index);

/* A theme that can be named. */
struct theme_item {
	char *name;
	char *file;   /* path, or "(built in) NAME" */
	bool overlay; /* not to be chosen alone */
};
struct theme_list {
	struct theme_item *items;
	size_t count, capacity;
};
/** The built-in ones in their order, then those of the machine and the user by name. One name stands once. */
void theme_list_read(struct theme_list *ret_list);
void theme_list_clear(struct theme_list *list);
/** The theme after `name` among those that are no overlays, the first after the last and after one that is not there. */
const char *theme_list_next(const struct theme_list *list, const char *name);

/* Made by the build from themes/, in the order of its list; the last one has no name. */
struct theme_builtin {
	const char *name;
	const char *text;
};
extern const struct theme_builtin theme_builtins[];

#endif
