/* Bytes of the terminal into the key decoder. curses' own reader is not used: it waits, and it refreshes the screen. */
#include "tui/terminal/screen_internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <term.h>

#define READ_MAX (64 * 1024)

static const struct {
	const char *capability;
	struct key key;
} terminal_keys[] = {
	{"kcuu1", {KEY_CODE_UP, 0}},
	{"kcud1", {KEY_CODE_DOWN, 0}},
	{"kcub1", {KEY_CODE_LEFT, 0}},
	{"kcuf1", {KEY_CODE_RIGHT, 0}},
	{"khome", {KEY_CODE_HOME, 0}},
	{"kend", {KEY_CODE_END, 0}},
	{"kpp", {KEY_CODE_PAGE_UP, 0}},
	{"knp", {KEY_CODE_PAGE_DOWN, 0}},
	{"kdch1", {KEY_CODE_DELETE, 0}},
	{"kcbt", {KEY_CODE_BACKTAB, 0}},
	{"kbs", {KEY_CODE_BACKSPACE, 0}},
	{"kent", {KEY_CODE_ENTER, 0}},
	{"kf1", {KEY_CODE_FUNCTION, 1}},
	{"kf2", {KEY_CODE_FUNCTION, 2}},
	{"kf3", {KEY_CODE_FUNCTION, 3}},
	{"kf4", {KEY_CODE_FUNCTION, 4}},
	{"kf5", {KEY_CODE_FUNCTION, 5}},
	{"kf6", {KEY_CODE_FUNCTION, 6}},
	{"kf7", {KEY_CODE_FUNCTION, 7}},
	{"kf8", {KEY_CODE_FUNCTION, 8}},
	{"kf9", {KEY_CODE_FUNCTION, 9}},
	{"kf10", {KEY_CODE_FUNCTION, 10}},
	{"kf11", {KEY_CODE_FUNCTION, 11}},
	{"kf12", {KEY_CODE_FUNCTION, 12}},
};

void input_define_keys(struct key_decoder *decoder)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(terminal_keys); i++) {
		char name[8];
		strcpy(name, terminal_keys[i].capability);
		const char *sequence = tigetstr(name);
		if (sequence != NULL && (intptr_t)sequence != -1) {
			key_decoder_define(decoder, sequence, terminal_keys[i].key);
		}
	}
}

int screen_input_fd(const struct screen *screen)
{
	return screen->input_fd;
}

/* Returns false when the terminal is gone; *ret_more whether there may be more to read. */
static bool read_some(struct screen *screen, bool *ret_more)
{
	char bytes[4096];
	struct pollfd waiting = {.fd = screen->input_fd, .events = POLLIN};
	*ret_more = false;
	if (poll(&waiting, 1, 0) <= 0) {
		return true;
	}
	ssize_t length = read(screen->input_fd, bytes, sizeof bytes);
	if (length <= 0) {
		return length < 0 && (errno == EINTR || errno == EAGAIN);
	}
	key_decoder_feed(screen->decoder, bytes, (size_t)length);
	explicit_bzero(bytes, (size_t)length); /* a password may be among it */
	screen->bytes_read += (size_t)length;
	*ret_more = true;
	return true;
}

bool screen_read(struct screen *screen)
{
	size_t begin = screen->bytes_read;
	bool more = true;
	while (more && screen->bytes_read - begin < READ_MAX) {
		if (!read_some(screen, &more)) {
			return false;
		}
	}
	return true;
}

bool screen_next_key(struct screen *screen, struct key *ret_key, const char **ret_paste)
{
	return key_decoder_next(screen->decoder, ret_key, ret_paste);
}

int screen_input_wait_ms(const struct screen *screen)
{
	return key_decoder_is_waiting(screen->decoder) ? KEY_DECODER_WAIT_MS : -1;
}

void screen_expire(struct screen *screen)
{
	key_decoder_expire(screen->decoder);
}

size_t screen_bytes_read(const struct screen *screen)
{
	return screen->bytes_read;
}
