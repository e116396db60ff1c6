/*
 * A buffered writer on a descriptor that remembers its first error: a full disk or a closed pipe must end a command
 * with a failure, never with silence.
 */
#ifndef HV_TUI_BATCH_OUTPUT_H
#define HV_TUI_BATCH_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/backend.h"

#define OUTPUT_BUFFER_BYTES 65536

struct output {
	int fd;
	int error; /* errno of the first failure; afterwards nothing is written any more */
	size_t used;
	size_t written; /* bytes handed over so far, the buffered ones included */
	char buffer[OUTPUT_BUFFER_BYTES];
};

void output_init(struct output *output, int fd);
void output_write(struct output *output, const char *bytes, size_t length);
void output_puts(struct output *output, const char *text);
void output_printf(struct output *output, const char *format, ...) HV_PRINTF(2, 3);
/** `count` times the character `c`. */
void output_fill(struct output *output, char c, size_t count);
/** Write what is buffered. HV_ERR_IO with the reason when this, or anything before, could not be written. */
enum hv_status output_flush(struct output *output, struct hv_error *err) HV_MUST_CHECK;
static inline bool output_failed(const struct output *output)
{
	return output->error != 0;
}

#endif
