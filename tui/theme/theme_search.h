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

/* Made by the build from themes/, in the order of its list; the last one has no name. */
struct theme_builtin {
	const char *name;
	const char *text;
};
extern const struct theme_builtin theme_builtins[];

#endif
