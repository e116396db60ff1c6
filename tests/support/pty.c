#include "tests/support/pty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <ftw.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tests/support/pty_keys.h"

#define TEST_FD 9

struct pty {
	pid_t child;
	int child_fd; /* readable when the child has ended */
	int master, slave, idle;
	bool ended;
	struct termios modes_before;
	char home[32];
	VTerm *vterm;
	VTermScreen *screen;
	int width, height;
	bool alternate, cursor_visible;
	struct hv_text written;
	struct hv_text idle_lines; /* not read to the end yet */
	size_t sent, idle_bytes;
	int idle_width, idle_height;
	size_t idle_count;
	int64_t longest_turn_us;
	bool half_drawn; /* output came after the last idle line */
	bool has_no_idle;
	char *screen_at_idle; /* for failures */
};

/* ---- the child ---- */

static void set_environment(const struct pty_options *options, const char *home)
{
	static const char *const kept[] = {
		"PATH", "HVTREE_BIN_DIR", "HVTREE_SOURCE_DIR", "LD_LIBRARY_PATH"};
	const char *values[HV_ARRAY_LEN(kept)];
	for (size_t i = 0; i < HV_ARRAY_LEN(kept); i++) {
		values[i] = hv_strdup_null(getenv(kept[i]));
	}
	clearenv();
	for (size_t i = 0; i < HV_ARRAY_LEN(kept); i++) {
		if (values[i] != NULL) {
			setenv(kept[i], values[i], 1);
		}
	}
	setenv("TERM", options->term ? options->term : "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("HOME", home, 1);
	setenv("TMPDIR", home, 1);
	setenv("HVTREE_TEST_FD", "9", 1);
	/* our own handler of crashes must be the one that runs */
	setenv("ASAN_OPTIONS",
		"allow_user_segv_handler=1:handle_segv=1:handle_abort=0:detect_leaks=1:exitcode=99",
		1);
	setenv("UBSAN_OPTIONS", "print_stacktrace=1", 1);
	for (size_t i = 0; options->environment != NULL && options->environment[i] != NULL; i++) {
		putenv(hv_strdup(options->environment[i]));
	}
}

static void become_program(const struct pty_options *options, int slave, int idle, const char *home)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsid();
	(void)ioctl(slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++) {
		(void)dup2(slave, fd);
	}
	(void)dup2(idle, TEST_FD);
	for (int fd = 3; fd < 256; fd++) {
		if (fd != TEST_FD) {
			(void)close(fd);
		}
	}
	set_environment(options, home);
	(void)execv(options->argv[0], (char *const *)(uintptr_t)options->argv);
	_exit(127);
}

/* ---- the judge ---- */

static int on_property(VTermProp property, VTermValue *value, void *user)
{
	struct pty *pty = user;
	if (property == VTERM_PROP_ALTSCREEN) {
		pty->alternate = value->boolean != 0;
	} else if (property == VTERM_PROP_CURSORVISIBLE) {
		pty->cursor_visible = value->boolean != 0;
	}
	return 1;
}

static const VTermScreenCallbacks screen_callbacks = {.settermprop = on_property};

static void start_judge(struct pty *pty)
{
	pty->vterm = vterm_new(pty->height, pty->width);
	vterm_set_utf8(pty->vterm, 1);
	pty->screen = vterm_obtain_screen(pty->vterm);
	vterm_screen_set_callbacks(pty->screen, &screen_callbacks, pty);
	vterm_screen_enable_altscreen(pty->screen, 1);
	vterm_screen_reset(pty->screen, 1);
	pty->cursor_visible = true;
}

struct pty *pty_start(const struct pty_options *options)
{
	struct pty *pty = hv_alloc(sizeof *pty);
	pty->width = options->width ? options->width : 80;
	pty->height = options->height ? options->height : 24;
	strcpy(pty->home, "/tmp/hvtree-pty-XXXXXX");
	assert_non_null(mkdtemp(pty->home));
	struct winsize size = {
		.ws_row = (unsigned short)pty->height, .ws_col = (unsigned short)pty->width};
	assert_int_equal(openpty(&pty->master, &pty->slave, NULL, NULL, &size), 0);
	tcgetattr(pty->slave, &pty->modes_before);
	int idle[2];
	assert_int_equal(pipe2(idle, O_CLOEXEC), 0);
	pty->idle = idle[0];
	pty->has_no_idle = options->has_no_idle;
	start_judge(pty);
	fcntl(pty->master, F_SETFD, FD_CLOEXEC);
	fcntl(pty->slave, F_SETFD, FD_CLOEXEC);
	pty->child = fork();
	assert_true(pty->child >= 0);
	if (pty->child == 0) {
		become_program(options, pty->slave, idle[1], pty->home);
	}
	pty->child_fd = pidfd_open(pty->child, 0);
	assert_true(pty->child_fd >= 0);
	close(idle[1]);
	fcntl(pty->master, F_SETFL, O_NONBLOCK);
	fcntl(pty->idle, F_SETFL, O_NONBLOCK);
	return pty;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void pty_free(struct pty *pty)
{
	if (pty == NULL) {
		return;
	}
	if (!pty->ended) {
		kill(pty->child, SIGKILL);
		waitpid(pty->child, NULL, 0);
	}
	close(pty->child_fd);
	if (pty->master >= 0) {
		close(pty->master);
		close(pty->slave);
	}
	close(pty->idle);
	vterm_free(pty->vterm);
	nftw(pty->home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	hv_text_clear(&pty->written);
	hv_text_clear(&pty->idle_lines);
	free(pty->screen_at_idle);
	free(pty);
}

int64_t pty_longest_turn_us(const struct pty *pty)
{
	return pty->longest_turn_us;
}

const char *pty_home(const struct pty *pty)
{
	return pty->home;
}

/* ---- reading ---- */

/* What the program wrote before now has been judged when this returns: reading the master flushes the line. */
static void read_output(struct pty *pty)
{
	char bytes[8192];
	ssize_t length;
	while ((length = read(pty->master, bytes, sizeof bytes)) > 0) {
		hv_text_append(&pty->written, bytes, (size_t)length);
		vterm_input_write(pty->vterm, bytes, (size_t)length);
		pty->half_drawn = true;
	}
}

static void read_idle(struct pty *pty)
{
	char bytes[4096];
	ssize_t length;
	while ((length = read(pty->idle, bytes, sizeof bytes)) > 0) {
		hv_text_append(&pty->idle_lines, bytes, (size_t)length);
	}
	char *line = pty->idle_lines.bytes, *end;
	size_t used = 0;
	while (line != NULL && (end = strchr(line, '\n')) != NULL) {
		if (sscanf(line, "idle %zu %dx%d", &pty->idle_bytes, &pty->idle_width,
			    &pty->idle_height) == 3) {
			pty->idle_count++;
		}
		(void)sscanf(line, "turn %" SCNd64, &pty->longest_turn_us);
		used += (size_t)(end + 1 - line);
		line = end + 1;
	}
	if (used > 0) {
		char *rest = hv_strdup(line);
		hv_text_clear(&pty->idle_lines);
		hv_text_puts(&pty->idle_lines, rest);
		free(rest);
	}
}

static void fail_with_screens(struct pty *pty, const char *waited_for)
{
	char *screen = pty_screen(pty);
	/* not print_error(): cmocka cuts what is longer than a line or two */
	(void)fprintf(stderr,
		"waited %d ms for %s (sent %zu bytes, %zu taken at the last of %zu idle lines%s)\n",
		PTY_DEADLINE_MS, waited_for, pty->sent, pty->idle_bytes, pty->idle_count,
		pty->ended ? ", the program has ended" : "");
	(void)fprintf(stderr, "---- screen when last at rest\n%s---- screen now\n%s----\n",
		pty->screen_at_idle ? pty->screen_at_idle : "", screen);
	free(screen);
	fail();
}

static bool is_ended(struct pty *pty, const void *unused)
{
	(void)unused;
	struct pollfd child = {.fd = pty->child_fd, .events = POLLIN};
	return poll(&child, 1, 0) > 0;
}

/* Read all that is there: first what it says, then what it drew before saying so, until both are silent. */
static void read_all(struct pty *pty)
{
	for (;;) {
		size_t idle_before = pty->idle_count, written_before = pty->written.length;
		read_idle(pty);
		read_output(pty);
		if (pty->idle_count != idle_before) {
			pty->half_drawn = false;
			free(pty->screen_at_idle);
			pty->screen_at_idle = pty_screen(pty);
		} else if (pty->written.length == written_before) {
			return;
		}
	}
}

/*
 * Wait for `is_there`, looking whenever the program has come to rest: a frame may arrive in parts, and half a frame shows
 * what never was. A program that says nothing of rest (a shell, one that has ended) is looked at whenever it has written.
 */
static void wait_until(struct pty *pty, bool (*is_there)(struct pty *pty, const void *what),
	const void *what, const char *name)
{
	struct hv_clock clock = hv_clock_system();
	int64_t end = hv_clock_monotonic_us(&clock) + PTY_DEADLINE_MS * INT64_C(1000);
	for (;;) {
		struct pollfd fds[] = {
			{.fd = pty->master, .events = POLLIN},
			{.fd = pty->idle, .events = POLLIN},
			{.fd = pty->child_fd, .events = POLLIN},
		};
		read_all(pty);
		if ((!pty->half_drawn || pty->has_no_idle || pty->ended || is_ended(pty, NULL)) &&
			is_there(pty, what)) {
			return;
		}
		int64_t left_ms = (end - hv_clock_monotonic_us(&clock)) / 1000;
		if (left_ms <= 0 || pty->ended) {
			fail_with_screens(pty, name);
		}
		poll(fds, 3, (int)left_ms);
		if (fds[2].revents != 0) {
			pty->ended = true;
		} else if (fds[1].revents & POLLHUP) { /* closed: the end is near */
			struct pollfd child = {.fd = pty->child_fd, .events = POLLIN};
			poll(&child, 1, (int)left_ms);
			pty->ended = true;
		}
	}
}

static bool is_at_rest(struct pty *pty, const void *idle_before)
{
	return pty->idle_count > *(const size_t *)idle_before && pty->idle_bytes >= pty->sent;
}

void pty_wait_idle(struct pty *pty)
{
	size_t none = 0;
	wait_until(pty, is_at_rest, &none, "the program to be at rest");
}

static bool is_at_rest_or_ended(struct pty *pty, const void *context)
{
	size_t none = 0;
	(void)context;
	return is_ended(pty, NULL) || is_at_rest(pty, &none);
}

bool pty_wait_idle_or_end(struct pty *pty)
{
	wait_until(pty, is_at_rest_or_ended, NULL, "the program to be at rest, or to end");
	return !pty_has_ended(pty);
}

bool pty_has_ended(struct pty *pty)
{
	return is_ended(pty, NULL);
}

static bool is_shown(struct pty *pty, const void *text)
{
	return pty_find(pty, text, NULL, NULL);
}

void pty_wait_text(struct pty *pty, const char *text)
{
	HV_CLEANUP_FREE char *name = hv_sprintf("'%s' on the screen", text);
	wait_until(pty, is_shown, text, name);
}

static bool is_not_shown(struct pty *pty, const void *text)
{
	return !pty_find(pty, text, NULL, NULL);
}

void pty_wait_no_text(struct pty *pty, const char *text)
{
	HV_CLEANUP_FREE char *name = hv_sprintf("'%s' to leave the screen", text);
	wait_until(pty, is_not_shown, text, name);
}

static bool is_row_shown(struct pty *pty, const void *parts)
{
	const char *const *both = parts;
	HV_CLEANUP_FREE char *screen = pty_screen(pty);
	char *rest = screen, *row;
	while ((row = strsep(&rest, "\n")) != NULL) {
		if (strstr(row, both[0]) != NULL && strstr(row, both[1]) != NULL) {
			return true;
		}
	}
	return false;
}

void pty_wait_row(struct pty *pty, const char *first, const char *second)
{
	const char *const both[] = {first, second};
	HV_CLEANUP_FREE char *name = hv_sprintf("a row with '%s' and '%s'", first, second);
	wait_until(pty, is_row_shown, both, name);
}

int pty_wait_exit(struct pty *pty)
{
	wait_until(pty, is_ended, NULL, "the program to end");
	int status = 0;
	waitpid(pty->child, &status, 0);
	pty->ended = true;
	read_output(pty);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- writing ---- */

/* The program may be writing while we do: take it, or both wait for ever. */
static void send_bytes(struct pty *pty, const char *bytes, size_t length)
{
	pty->sent += length;
	while (length > 0) {
		struct pollfd fds = {.fd = pty->master, .events = POLLIN | POLLOUT};
		assert_true(poll(&fds, 1, PTY_DEADLINE_MS) > 0);
		read_output(pty);
		ssize_t written = write(pty->master, bytes, length);
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		} else if (errno == EIO && is_ended(pty, NULL)) {
			return; /* nobody is there to press keys for */
		} else {
			assert_int_equal(errno, EAGAIN);
		}
	}
}

void pty_send(struct pty *pty, const char *bytes)
{
	send_bytes(pty, bytes, strlen(bytes));
}

void pty_keys(struct pty *pty, const char *keys)
{
	struct hv_text bytes = HV_TEXT_INIT;
	if (!pty_keys_to_bytes(keys, &bytes)) {
		fail_msg("no such key in \"%s\"", keys);
	}
	send_bytes(pty, hv_text_get(&bytes), bytes.length);
	hv_text_clear(&bytes);
}

void pty_type(struct pty *pty, const char *keys)
{
	pty_keys(pty, keys);
	pty_wait_idle(pty);
}

pid_t pty_process(const struct pty *pty)
{
	return pty->child;
}

void pty_signal(struct pty *pty, int number)
{
	kill(pty->child, number);
}

void pty_hang_up(struct pty *pty)
{
	read_output(pty);
	close(pty->slave);
	close(pty->master);
	pty->slave = pty->master = -1;
}

static bool has_size(struct pty *pty, const void *unused)
{
	(void)unused;
	return pty->idle_width == pty->width && pty->idle_height == pty->height;
}

void pty_resize(struct pty *pty, int width, int height)
{
	pty->width = width;
	pty->height = height;
	read_output(pty);
	vterm_set_size(pty->vterm, height, width);
	struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};
	ioctl(pty->master, TIOCSWINSZ, &size);
	wait_until(pty, has_size, NULL, "the new size to be taken");
}

/* ---- looking ---- */

static void append_cell(const VTermScreenCell *cell, struct hv_text *out)
{
	if (cell->chars[0] == 0) {
		hv_text_puts(out, " ");
		return;
	}
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i] != 0; i++) {
		char bytes[8];
		size_t length = pty_encode_utf8(cell->chars[i], bytes);
		hv_text_append(out, bytes, length);
	}
}

char *pty_screen(const struct pty *pty)
{
	struct hv_text out = HV_TEXT_INIT;
	for (int y = 0; y < pty->height; y++) {
		size_t end = out.length;
		for (int x = 0; x < pty->width; x++) {
			VTermScreenCell cell;
			memset(&cell, 0, sizeof cell);
			vterm_screen_get_cell(pty->screen, (VTermPos){.row = y, .col = x}, &cell);
			append_cell(&cell, &out);
			end = out.bytes[out.length - 1] != ' ' ? out.length : end;
			x += cell.width > 1 ? cell.width - 1 : 0;
		}
		out.length = end;
		hv_text_puts(&out, "\n");
	}
	return hv_text_detach(&out);
}

bool pty_find(const struct pty *pty, const char *text, int *ret_x, int *ret_y)
{
	HV_CLEANUP_FREE char *screen = pty_screen(pty);
	char *rest = screen, *row;
	for (int y = 0; (row = strsep(&rest, "\n")) != NULL; y++) {
		char *found = strstr(row, text);
		if (found != NULL) {
			*found = '\0';
			if (ret_x != NULL && ret_y != NULL) {
				*ret_x = (int)hv_utf8_length(row);
				*ret_y = y;
			}
			return true;
		}
	}
	return false;
}

void pty_assert_text(const struct pty *pty, const char *text)
{
	if (!pty_find(pty, text, NULL, NULL)) {
		HV_CLEANUP_FREE char *screen = pty_screen(pty);
		(void)fprintf(stderr, "%s", screen);
		fail_msg("'%s' is not on the screen", text);
	}
}

void pty_assert_no_text(const struct pty *pty, const char *text)
{
	if (pty_find(pty, text, NULL, NULL)) {
		HV_CLEANUP_FREE char *screen = pty_screen(pty);
		(void)fprintf(stderr, "%s", screen);
		fail_msg("'%s' is on the screen", text);
	}
}

static uint32_t rgb_of(const struct pty *pty, VTermColor colour)
{
	vterm_screen_convert_color_to_rgb(pty->screen, &colour);
	return (uint32_t)colour.rgb.red << 16 | (uint32_t)colour.rgb.green << 8 | colour.rgb.blue;
}

static int palette_number(const VTermColor *colour, bool is_default)
{
	return !is_default && VTERM_COLOR_IS_INDEXED(colour) ? colour->indexed.idx : -1;
}

struct pty_cell pty_cell(const struct pty *pty, int x, int y)
{
	VTermScreenCell cell;
	memset(&cell, 0, sizeof cell);
	vterm_screen_get_cell(pty->screen, (VTermPos){.row = y, .col = x}, &cell);
	struct pty_cell result = {
		.foreground = rgb_of(pty, cell.fg),
		.background = rgb_of(pty, cell.bg),
		.foreground_number = palette_number(&cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg)),
		.background_number = palette_number(&cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)),
		.bold = cell.attrs.bold,
		.underline = cell.attrs.underline != 0,
		.reverse = cell.attrs.reverse,
	};
	struct hv_text text = HV_TEXT_INIT;
	append_cell(&cell, &text);
	(void)snprintf(result.text, sizeof result.text, "%s", hv_text_get(&text));
	hv_text_clear(&text);
	return result;
}

struct termios pty_modes(const struct pty *pty)
{
	struct termios modes;
	memset(&modes, 0, sizeof modes);
	tcgetattr(pty->slave, &modes);
	return modes;
}

bool pty_is_alternate(const struct pty *pty)
{
	return pty->alternate;
}

bool pty_is_cursor_visible(const struct pty *pty)
{
	return pty->cursor_visible;
}

size_t pty_written(const struct pty *pty)
{
	return pty->written.length;
}

bool pty_wrote(const struct pty *pty, size_t from, const char *bytes)
{
	return from < pty->written.length &&
	       memmem(pty->written.bytes + from, pty->written.length - from, bytes,
		       strlen(bytes)) != NULL;
}

/* The place of the last of two sequences decides which one holds. */
static bool last_is(const struct pty *pty, const char *wanted, const char *other)
{
	const char *last_wanted = NULL, *last_other = NULL;
	for (const char *at = hv_text_get(&pty->written); (at = strstr(at, wanted)) != NULL; at++) {
		last_wanted = at;
	}
	for (const char *at = hv_text_get(&pty->written); (at = strstr(at, other)) != NULL; at++) {
		last_other = at;
	}
	return last_other == NULL || (last_wanted != NULL && last_wanted > last_other);
}

void pty_assert_restored(const struct pty *pty)
{
	struct termios now = pty_modes(pty);
	assert_int_equal(now.c_iflag, pty->modes_before.c_iflag);
	assert_int_equal(now.c_oflag, pty->modes_before.c_oflag);
	assert_int_equal(now.c_cflag, pty->modes_before.c_cflag);
	assert_int_equal(now.c_lflag, pty->modes_before.c_lflag);
	assert_memory_equal(now.c_cc, pty->modes_before.c_cc, sizeof now.c_cc);
	assert_false(pty->alternate);
	assert_true(pty->cursor_visible);
	assert_true(last_is(pty, "\033[?2004l", "\033[?2004h"));
	assert_true(last_is(pty, "\033[?1l", "\033[?1h"));
}
