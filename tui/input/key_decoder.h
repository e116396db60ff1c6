/*
 * Bytes from a terminal to keys. Pure: no curses, no descriptor, no clock; so it can be fed anything (fuzz) and never
 * waits. What it does not know is swallowed whole, so that the tail of an unknown sequence never becomes commands.
 *
 * Escape alone and the beginning of a sequence look the same: when key_decoder_is_waiting(), the caller waits
 * KEY_DECODER_WAIT_MS for more and then calls key_decoder_expire().
 */
#ifndef HV_TUI_INPUT_KEY_DECODER_H
#define HV_TUI_INPUT_KEY_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include "tui/input/key.h"

#define KEY_DECODER_WAIT_MS 25
#define KEY_DECODER_PASTE_MAX (64 * 1024) /* bytes; the rest of a longer paste is dropped */

struct key_decoder;

struct key_decoder *key_decoder_new(void);
void key_decoder_free(struct key_decoder *decoder);
/** What this terminal sends for a key (its terminfo entry), beside what all terminals send. At most 32, each short. */
void key_decoder_define(struct key_decoder *decoder, const char *sequence, struct key key);
void key_decoder_feed(struct key_decoder *decoder, const char *bytes, size_t length);
/**
 * The next key, or false when no whole one has come. *ret_paste is the text of a KEY_CODE_PASTE, NULL with other
 * keys; borrowed until the next call.
 */
bool key_decoder_next(struct key_decoder *decoder, struct key *ret_key, const char **ret_paste);
/**
 * The terminal has been asked something (true), or the time for its answer is over (false). Meanwhile the beginning of an
 * answer waits for its end however slow the link is: its tail must never be taken for keys.
 */
void key_decoder_expect_reply(struct key_decoder *decoder, bool expected);
/** True when bytes wait that may be the beginning of something. Never during a paste. */
bool key_decoder_is_waiting(const struct key_decoder *decoder);
/** Nothing more is coming: take what waits for what it is now. */
void key_decoder_expire(struct key_decoder *decoder);

#endif
