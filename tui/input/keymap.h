/*
 * Which key runs which action, read from text of the form
 *
 *	; comment
 *	revert = r F8
 *	open-all =
 *
 * A line replaces all keys of its action. Two actions that listen in the same place never share a key: such a text is
 * refused with both names, and the map stays as it was. The defaults are such a text too, made from the action table.
 */
#ifndef HV_TUI_INPUT_KEYMAP_H
#define HV_TUI_INPUT_KEYMAP_H

#include <stddef.h>
#include "backend/base/status.h"
#include "backend/base/text.h"
#include "tui/input/action.h"
#include "tui/input/key.h"

struct keymap_binding {
	struct key key;
	enum tui_action action;
};

struct keymap {
	struct keymap_binding *items; /* by action, then in the order written */
	size_t count;
	size_t capacity;
};
#define KEYMAP_INIT {NULL, 0, 0}

void keymap_clear(struct keymap *map);
/** Make `map` the defaults of the action table. */
void keymap_set_defaults(struct keymap *map);
/** The defaults as text, one line an action. */
void keymap_default_text(struct hv_text *out);
/** Change `map` as `text` says. HV_ERR_INVALID (line and reason in err) leaves it untouched. */
enum hv_status keymap_parse(struct keymap *map, const char *text, struct hv_error *err) HV_MUST_CHECK;
/** The action that `key` runs in `place` (one bit of enum tui_place), TUI_ACTION_COUNT when none. */
enum tui_action keymap_find(const struct keymap *map, unsigned place, struct key key);
/** Keys of an action in the user's syntax, by spaces, at most `most` of them; "" when it has none. Returns `text`. */
const char *keymap_keys(
	const struct keymap *map, enum tui_action action, size_t most, char *text, size_t size);

#endif
