/* One key, or one whole unknown sequence, at the front of bytes from a terminal. Stateless; used by the decoder only. */
#ifndef HV_TUI_INPUT_KEY_SEQUENCE_H
#define HV_TUI_INPUT_KEY_SEQUENCE_H

#include <stddef.h>
#include "tui/input/key.h"

enum key_sequence {
	KEY_SEQUENCE_KEY,       /* *ret_key and *ret_used are set */
	KEY_SEQUENCE_PASTE,     /* a paste begins after *ret_used bytes */
	KEY_SEQUENCE_UNKNOWN,   /* *ret_used bytes mean nothing here: drop them */
	KEY_SEQUENCE_NEED_MORE, /* the bytes may be the beginning of something */
};

/** `length` at least 1, the first byte is not ESC. */
enum key_sequence key_sequence_plain(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used);
/** `length` at least 1, the first byte is ESC. */
enum key_sequence key_sequence_escape(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used);
/** What answered NEED_MORE will not get more: a lone ESC is Escape, anything else is dropped. */
enum key_sequence key_sequence_cut_short(
	const char *bytes, size_t length, struct key *ret_key, size_t *ret_used);

#endif
