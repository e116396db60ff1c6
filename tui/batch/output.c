#include "tui/batch/output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void output_init(struct output *output, int fd)
{
	output->fd = fd;
	output->error = 0;
	output->used = 0;
	output->written = 0;
}

static void drain(struct output *output)
{
	size_t sent = 0;
	while (sent < output->used && output->error == 0) {
		ssize_t count = write(output->fd, output->buffer + sent, output->used - sent);
		if (count >= 0) {
			sent += (size_t)count;
		} else if (errno == EAGAIN) {
			struct pollfd wanted = {.fd = output->fd, .events = POLLOUT};
			(void)poll(&wanted, 1, -1);
		} else if (errno != EINTR) {
			output->error = errno;
		}
	}
	output->used = 0;
}

void output_write(struct output *output, const char *bytes, size_t length)
{
	output->written += length;
	if (length < sizeof output->buffer - output->used && output->error == 0) { /* nearly always */
		memcpy(output->buffer + output->used, bytes, length);
		output->used += length;
		return;
	}
	while (length > 0 && output->error == 0) {
		size_t room = sizeof output->buffer - output->used;
		size_t part = length < room ? length : room;
		memcpy(output->buffer + output->used, bytes, part);
		output->used += part;
		bytes += part;
		length -= part;
		if (output->used == sizeof output->buffer) {
			drain(output);
		}
	}
}

void output_puts(struct output *output, const char *text)
{
	output_write(output, text, strlen(text));
}

void output_printf(struct output *output, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char small[256];
	va_list again;
	va_copy(again, args);
	int length = vsnprintf(small, sizeof small, format, args);
	va_end(args);
	if (length >= 0 && (size_t)length < sizeof small) {
		output_write(output, small, (size_t)length);
	} else if (length >= 0) {
		char *large = hv_alloc((size_t)length + 1);
		(void)vsnprintf(large, (size_t)length + 1, format, again);
		output_write(output, large, (size_t)length);
		free(large);
	}
	va_end(again);
}

void output_fill(struct output *output, char c, size_t count)
{
	char run[64];
	memset(run, c, sizeof run);
	while (count > 0) {
		size_t part = count < sizeof run ? count : sizeof run;
		output_write(output, run, part);
		count -= part;
	}
}

enum hv_status output_flush(struct output *output, struct hv_error *err)
{
	drain(output);
	if (output->error != 0) {
		return hv_error_set(err, HV_ERR_IO, "cannot write the output: %s", strerror(output->error));
	}
	return HV_OK;
}
