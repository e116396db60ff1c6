/*
 * A program in a pseudo terminal, with libvterm as the judge of what it draws.
 *
 * Nothing sleeps: the program says when it is at rest (tui/loop/idle_report.h), and every wait has a deadline, after which the
 * running cmocka test fails with the last two screens. The environment is fixed: TERM, LC_ALL=C.UTF-8, TZ=UTC, HOME and
 * XDG folders in a folder of its own, and what the options add.
 */
#ifndef HV_TESTS_SUPPORT_PTY_H
#define HV_TESTS_SUPPORT_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

#define PTY_DEADLINE_MS 30000

struct pty;

struct pty_options {
	const char *const *argv;        /* NULL-terminated; argv[0] is a path */
	const char *const *environment; /* NULL, or NULL-terminated "NAME=value" */
	const char *term;               /* NULL: xterm-256color */
	int width, height;              /* 0: 80x24 */
	bool has_no_idle;               /* a program that does not say when it is at rest, such as a shell */
};

struct pty_cell {
	char text[24];
	uint32_t foreground, background;             /* 0xRRGGBB, as libvterm mixes palette colours */
	int foreground_number, background_number; /* of the palette; -1: an RGB colour or the default */
	bool bold, underline, reverse;
};

struct pty *pty_start(const struct pty_options *options);
/** Kills what still runs and removes its folder. */
void pty_free(struct pty *pty);
/** The folder that is the program's HOME. */
const char *pty_home(const struct pty *pty);

/** Keys in the user's syntax: "jj<Enter>dy<PageDown><^C>"; "<lt>" is '<'. */
void pty_keys(struct pty *pty, const char *keys);
void pty_send(struct pty *pty, const char *bytes);
/** Change the size and wait until the program is at rest with it. */
void pty_resize(struct pty *pty, int width, int height);
void pty_signal(struct pty *pty, int number);
pid_t pty_process(const struct pty *pty);

/** Close both ends of the terminal; the program has it no more. */
void pty_hang_up(struct pty *pty);

/** The most CPU time that its UI thread took for one turn of its loop so far, as of the last wait. */
int64_t pty_longest_turn_us(const struct pty *pty);

/** Wait until the program has taken everything that was sent and is at rest. */
void pty_wait_idle(struct pty *pty);
/** The same; false when it ended instead. */
bool pty_wait_idle_or_end(struct pty *pty);
/** Whether the program has ended; pty_wait_exit() tells how. */
bool pty_has_ended(struct pty *pty);
/** pty_keys(), then pty_wait_idle(). */
void pty_type(struct pty *pty, const char *keys);
/** Wait until the screen shows `text`, or does not show it any more. */
void pty_wait_text(struct pty *pty, const char *text);
void pty_wait_no_text(struct pty *pty, const char *text);
/** Wait until a row of the screen shows both. */
void pty_wait_row(struct pty *pty, const char *first, const char *second);
/** Wait for the end; the exit code, or 128 + the signal. What it wrote last has been read then. */
int pty_wait_exit(struct pty *pty);

/** Whether the screen shows `text` in one row; where, if ret_x and ret_y are not NULL. Rows are without trailing blanks. */
bool pty_find(const struct pty *pty, const char *text, int *ret_x, int *ret_y);
void pty_assert_text(const struct pty *pty, const char *text);
void pty_assert_no_text(const struct pty *pty, const char *text);
struct pty_cell pty_cell(const struct pty *pty, int x, int y);
/** All rows, each ended by a newline. Caller frees. */
char *pty_screen(const struct pty *pty);

/** Modes of the terminal now. */
struct termios pty_modes(const struct pty *pty);
bool pty_is_alternate(const struct pty *pty);
bool pty_is_cursor_visible(const struct pty *pty);
/** Bytes that the program has written so far, and whether `bytes` is among those from `from` on. */
size_t pty_written(const struct pty *pty);
bool pty_wrote(const struct pty *pty, size_t from, const char *bytes);
/** Fails unless modes, cursor, alternate screen and bracketed paste are as before the program started. */
void pty_assert_restored(const struct pty *pty);

#endif
