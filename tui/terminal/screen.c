#include "tui/terminal/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tui/terminal/crash.h"
#include "tui/terminal/screen_internal.h"

#include <term.h>

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"
#define ASK_BACKGROUND "\033]11;?\033\\"

/* tigetstr() wants a writable name and answers failure in two ways. */
static const char *capability(const char *name)
{
	char copy[16];
	snprintf(copy, sizeof copy, "%s", name);
	const char *value = tigetstr(copy);
	return value == NULL || (intptr_t)value == -1 ? NULL : value;
}

enum hv_status screen_check(struct hv_error *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		return hv_error_set(
			err, HV_ERR_INVALID, "standard input and output are not a terminal");
	}
	const char *type = getenv("TERM");
	HV_CLEANUP_FREE char *printable =
		hv_text_printable(type ? type : "", type ? strlen(type) : 0);
	if (type == NULL || type[0] == '\0') {
		return hv_error_set(err, HV_ERR_INVALID,
			"TERM is not set, so the type of this terminal is not known");
	}
	int problem = 0;
	if (setupterm(type, STDOUT_FILENO, &problem) != OK) {
		return hv_error_set(err, HV_ERR_INVALID,
			"TERM is '%s', a type of terminal that is not known here", printable);
	}
	bool can_move = capability("cup") != NULL;
	del_curterm(cur_term);
	if (!can_move) {
		return hv_error_set(err, HV_ERR_INVALID,
			"TERM is '%s', a type of terminal that cannot place its cursor", printable);
	}
	return HV_OK;
}

void screen_write(const struct screen *screen, const char *bytes)
{
	size_t left = strlen(bytes);
	while (left > 0) {
		ssize_t written = write(screen->output_fd, bytes, left);
		if (written < 0 && errno != EINTR) {
			return;
		}
		if (written > 0) {
			bytes += written;
			left -= (size_t)written;
		}
	}
}

/* Append a capability without its padding ("$<50/>"), which only curses itself can carry out. */
static void append_capability(struct hv_text *text, const char *name)
{
	const char *value = capability(name);
	while (value != NULL && *value != '\0') {
		const char *end = strncmp(value, "$<", 2) == 0 ? strchr(value, '>') : NULL;
		if (end != NULL) {
			value = end + 1;
		} else {
			hv_text_append(text, value, 1);
			value++;
		}
	}
}

static void guard_against_crash(struct screen *screen)
{
	static const char *const last_words[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};
	struct hv_text text = HV_TEXT_INIT;
	hv_text_puts(&text, PASTE_OFF MOUSE_OFF);
	for (size_t i = 0; i < HV_ARRAY_LEN(last_words); i++) {
		append_capability(&text, last_words[i]);
	}
	crash_guard(screen->output_fd, &screen->shell_modes, hv_text_get(&text));
	hv_text_clear(&text);
}

/* Whatever is printed to standard error meanwhile (libraries, sanitizers) must not spoil the screen. */
static int redirect_stderr(int log_fd)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	int target = log_fd >= 0 ? log_fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (saved >= 0 && target >= 0) {
		dup2(target, STDERR_FILENO);
	}
	if (target >= 0 && target != log_fd) {
		close(target);
	}
	return saved;
}

static void set_modes(struct screen *screen, bool no_color)
{
	raw();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	typeahead(-1); /* a frame is never left half-drawn */
	scrollok(stdscr, FALSE);
	leaveok(stdscr, TRUE);
	curs_set(0);
	screen->depth = THEME_DEPTH_MONO;
	if (!no_color && has_colors() && start_color() == OK) {
		screen->depth = theme_depth_of_colours(COLORS);
		screen->has_default_colours = use_default_colors() == OK;
	}
}

enum hv_status screen_open(
	const struct screen_config *config, struct screen **ret_screen, struct hv_error *err)
{
	enum hv_status status = screen_check(err);
	if (status != HV_OK) {
		return status;
	}
	/* they would stand in for the real size */
	unsetenv("LINES");
	unsetenv("COLUMNS");
	struct screen *screen = hv_alloc(sizeof *screen);
	screen->input_fd = STDIN_FILENO;
	screen->output_fd = STDOUT_FILENO;
	screen->saved_stderr = -1;
	tcgetattr(screen->input_fd, &screen->shell_modes);
	screen->curses = newterm(NULL, stdout, stdin);
	if (screen->curses == NULL) {
		free(screen);
		return hv_error_set(err, HV_ERR_INVALID, "the terminal cannot be set up");
	}
	guard_against_crash(screen);
	set_modes(screen, config->no_color);
	screen->decoder = key_decoder_new();
	input_define_keys(screen->decoder);
	screen->saved_stderr = redirect_stderr(config->log_fd);
	screen_write(screen, PASTE_ON);
	*ret_screen = screen;
	return HV_OK;
}

void screen_close(struct screen *screen)
{
	if (screen == NULL) {
		return;
	}
	screen_leave(screen);
	crash_unguard();
	delscreen(screen->curses);
	if (screen->saved_stderr >= 0) {
		dup2(screen->saved_stderr, STDERR_FILENO);
		close(screen->saved_stderr);
	}
	key_decoder_free(screen->decoder);
	canvas_free(screen->shown);
	free(screen->row);
	free(screen);
}

int screen_width(const struct screen *screen)
{
	(void)screen;
	return COLS;
}

int screen_height(const struct screen *screen)
{
	(void)screen;
	return LINES;
}

void screen_resize(struct screen *screen)
{
	struct winsize size;
	if (ioctl(screen->output_fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
		size.ws_col > 0) {
		resizeterm(size.ws_row, size.ws_col);
	}
	screen_repaint(screen); /* the terminal has moved its text about */
}

void screen_leave(struct screen *screen)
{
	screen_write(screen, screen->mouse ? MOUSE_OFF PASTE_OFF : PASTE_OFF);
	if (!isendwin()) {
		curs_set(1);
		endwin();
	}
	/* curses keeps its own idea of the modes; ours is older than it */
	tcsetattr(screen->input_fd, TCSADRAIN, &screen->shell_modes);
}

void screen_resume(struct screen *screen)
{
	if (!isendwin()) {
		endwin(); /* so that curses sets everything again */
	}
	wnoutrefresh(stdscr);
	doupdate();
	screen->cursor_shown = false;
	curs_set(0);
	screen_write(screen, screen->mouse ? PASTE_ON MOUSE_ON : PASTE_ON);
	screen_resize(screen);
}

void screen_use_mouse(struct screen *screen, bool on)
{
	if (screen->mouse != on) {
		screen->mouse = on;
		screen_write(screen, on ? MOUSE_ON : MOUSE_OFF);
	}
}

/* Terminals that understand control strings, or at least do not print them. */
static bool takes_questions(const char *type)
{
	static const char *const families[] = {"xterm", "tmux", "screen", "rxvt", "vte", "gnome", "konsole", "kitty",
		"alacritty", "foot", "wezterm", "ghostty", "contour", "st-", "mintty"};
	for (size_t i = 0; type != NULL && i < HV_ARRAY_LEN(families); i++) {
		if (strncmp(type, families[i], strlen(families[i])) == 0) {
			return true;
		}
	}
	return false;
}

bool screen_ask_background(struct screen *screen)
{
	if (!takes_questions(getenv("TERM"))) {
		return false;
	}
	key_decoder_expect_reply(screen->decoder, true);
	screen_write(screen, ASK_BACKGROUND);
	return true;
}

void screen_stop_asking(struct screen *screen)
{
	key_decoder_expect_reply(screen->decoder, false);
}
