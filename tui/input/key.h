/*
 * A key press as a value, and its spelling in the user's syntax: "j", "Up", "PageDown", "^F", "F5", "Enter", "Space",
 * "Escape", "Tab", "Backtab". No curses here; tui/terminal makes keys, tests make them from text.
 */
#ifndef HV_TUI_INPUT_KEY_H
#define HV_TUI_INPUT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_code {
	KEY_CODE_NONE,
	KEY_CODE_CHARACTER, /* `character` is a Unicode code point, not a control character */
	KEY_CODE_CONTROL,   /* Ctrl with the letter `character`, 'a' to 'z' */
	KEY_CODE_ENTER,
	KEY_CODE_ESCAPE,
	KEY_CODE_TAB,
	KEY_CODE_BACKTAB,
	KEY_CODE_BACKSPACE,
	KEY_CODE_DELETE,
	KEY_CODE_UP,
	KEY_CODE_DOWN,
	KEY_CODE_LEFT,
	KEY_CODE_RIGHT,
	KEY_CODE_HOME,
	KEY_CODE_END,
	KEY_CODE_PAGE_UP,
	KEY_CODE_PAGE_DOWN,
	KEY_CODE_FUNCTION, /* `character` is its number */
	KEY_CODE_PASTE,    /* a bracketed paste; the text comes with the input event */
	KEY_CODE_CLICK,        /* `character` is KEY_PLACE(column, row), from 0; so it is of the next three */
	KEY_CODE_DOUBLE_CLICK,
	KEY_CODE_WHEEL_UP,
	KEY_CODE_WHEEL_DOWN,
	KEY_CODE_BACKGROUND, /* no key: the terminal says that its background is 0xRRGGBB, `character` */
	KEY_CODE_COUNT
};

struct key {
	enum key_code code;
	uint32_t character;
};

#define KEY_PLACE(x, y) ((uint32_t)(y) << 16 | (uint32_t)(x))
#define KEY_X(key) ((int)((key).character & 0xFFFF))
#define KEY_Y(key) ((int)((key).character >> 16))

/** Made by a mouse: it has no spelling and cannot be bound. */
bool key_is_mouse(struct key key);
bool key_parse(const char *text, struct key *ret_key);
/** Returns `text`. */
const char *key_format(struct key key, char text[16]);
bool key_equal(struct key a, struct key b);

#define KEY_UTF8_SIZE 5
/** A character as NUL-terminated UTF-8; returns its length, 0 when it is none. */
size_t key_utf8(uint32_t character, char bytes[KEY_UTF8_SIZE]);

#endif
