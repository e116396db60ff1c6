#include "tui/input/keymap.h"

#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/memory.h"

#define BLANKS " \t\r"

void keymap_clear(struct keymap *map)
{
	free(map->items);
	*map = (struct keymap)KEYMAP_INIT;
}

static void bind_key(struct keymap *map, struct key key, enum tui_action action)
{
	HV_GROW(map->items, map->count, map->capacity);
	map->items[map->count++] = (struct keymap_binding){key, action};
}

static void unbind_action(struct keymap *map, enum tui_action action)
{
	size_t kept = 0;
	for (size_t i = 0; i < map->count; i++) {
		if (map->items[i].action != action) {
			map->items[kept++] = map->items[i];
		}
	}
	map->count = kept;
}

static char *trim(char *text)
{
	text += strspn(text, BLANKS);
	size_t length = strlen(text);
	while (length > 0 && strchr(BLANKS, text[length - 1])) {
		text[--length] = '\0';
	}
	return text;
}

/* "name = key key". An '=' that is itself a key stands after the first one. */
static enum hv_status parse_line(struct keymap *map, char *line, int number, struct hv_error *err)
{
	char *text = trim(line);
	if (text[0] == '\0' || text[0] == ';' || text[0] == '#') {
		return HV_OK;
	}
	char *keys = strchr(text, '=');
	if (!keys) {
		return hv_error_set(err, HV_ERR_INVALID, "line %d: no '=' after the name of an action", number);
	}
	*keys++ = '\0';
	enum tui_action action;
	if (!tui_action_parse(trim(text), &action)) {
		return hv_error_set(err, HV_ERR_INVALID, "line %d: no action is called '%s'", number, trim(text));
	}
	unbind_action(map, action);
	char *rest = NULL;
	for (char *word = strtok_r(keys, BLANKS, &rest); word; word = strtok_r(NULL, BLANKS, &rest)) {
		struct key key;
		if (!key_parse(word, &key)) {
			return hv_error_set(err, HV_ERR_INVALID, "line %d: '%s' is not a key", number, word);
		}
		bind_key(map, key, action);
	}
	return HV_OK;
}

static enum hv_status refuse_collisions(const struct keymap *map, struct hv_error *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct tui_action_info *one = tui_action_info(map->items[i].action);
		for (size_t j = i + 1; j < map->count; j++) {
			const struct tui_action_info *other = tui_action_info(map->items[j].action);
			if ((one->place & other->place) && key_equal(map->items[i].key, map->items[j].key)) {
				char key[16];
				return hv_error_set(err, HV_ERR_INVALID, "key %s is bound to '%s' and to '%s'",
					key_format(map->items[i].key, key), one->name, other->name);
			}
		}
	}
	return HV_OK;
}

static enum hv_status parse_lines(struct keymap *map, char *text, struct hv_error *err)
{
	int number = 0;
	while (text) {
		char *end = strchr(text, '\n');
		if (end) {
			*end++ = '\0';
		}
		enum hv_status status = parse_line(map, text, ++number, err);
		if (status != HV_OK) {
			return status;
		}
		text = end;
	}
	return refuse_collisions(map, err);
}

static bool is_after(const struct keymap_binding *one, const struct keymap_binding *other)
{
	return one->action > other->action;
}

/* Insertion sort: stable, so the order of an action's keys stays as written. */
static void sort_by_action(struct keymap *map)
{
	for (size_t i = 1; i < map->count; i++) {
		struct keymap_binding item = map->items[i];
		size_t at = i;
		for (; at > 0 && is_after(&map->items[at - 1], &item); at--) {
			map->items[at] = map->items[at - 1];
		}
		map->items[at] = item;
	}
}

enum hv_status keymap_parse(struct keymap *map, const char *text, struct hv_error *err)
{
	struct keymap changed = KEYMAP_INIT;
	for (size_t i = 0; i < map->count; i++) {
		bind_key(&changed, map->items[i].key, map->items[i].action);
	}
	char *copy = hv_strdup(text);
	enum hv_status status = parse_lines(&changed, copy, err);
	free(copy);
	if (status != HV_OK) {
		keymap_clear(&changed);
		return status;
	}
	sort_by_action(&changed);
	keymap_clear(map);
	*map = changed;
	return HV_OK;
}

void keymap_default_text(struct hv_text *out)
{
	for (int i = 0; i < TUI_ACTION_COUNT; i++) {
		const struct tui_action_info *info = tui_action_info((enum tui_action)i);
		hv_text_printf(out, "%s = %s\n", info->name, info->keys);
	}
}

void keymap_set_defaults(struct keymap *map)
{
	struct hv_text text = HV_TEXT_INIT;
	keymap_default_text(&text);
	keymap_clear(map);
	enum hv_status status = keymap_parse(map, hv_text_get(&text), NULL);
	assert(status == HV_OK); /* tests/unit/tui parses the table */
	(void)status;
	hv_text_clear(&text);
}

enum tui_action keymap_find(const struct keymap *map, unsigned place, struct key key)
{
	for (size_t i = 0; i < map->count; i++) {
		enum tui_action action = map->items[i].action;
		if ((tui_action_info(action)->place & place) && key_equal(map->items[i].key, key)) {
			return action;
		}
	}
	return TUI_ACTION_COUNT;
}

const char *keymap_keys(
	const struct keymap *map, enum tui_action action, size_t most, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < map->count && most > 0; i++) {
		if (map->items[i].action != action) {
			continue;
		}
		char key[16];
		int length = snprintf(
			text + used, size - used, "%s%s", used ? " " : "", key_format(map->items[i].key, key));
		if (length < 0 || (size_t)length >= size - used) {
			text[used] = '\0';
			break;
		}
		used += (size_t)length;
		most--;
	}
	return text;
}
