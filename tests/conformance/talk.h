/* A program that is spoken to in lines: an agent under test, or the hands inside a host. Fails the test when it hangs. */
#ifndef HV_TESTS_CONFORMANCE_TALK_H
#define HV_TESTS_CONFORMANCE_TALK_H

#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>
#include "backend/base/text.h"

struct talk {
	pid_t pid; /* 0: none */
	int in, out;
	struct hv_text part; /* what came and is not yet a line */
	const char *beat;    /* NULL, or a line that is said every 20 s while something is waited for */
	int64_t beaten_us;
};

void talk_open(struct talk *talk, const char *const *argv);
/** Ends its input and waits for its end; returns the exit code, 128 + the signal that ended it. */
int talk_close(struct talk *talk);
/** The same without ending its input: it must end by itself. */
int talk_wait(struct talk *talk);
void talk_kill(struct talk *talk);
void talk_write(struct talk *talk, const char *bytes, size_t length);
/** A line; the newline is added. */
void talk_say(struct talk *talk, const char *line);
/** The next line, owned by the caller; NULL at the end of output. */
char *talk_hear_text(struct talk *talk);
/** The next line that is JSON; others are noise. NULL at the end of output. */
json_t *talk_hear(struct talk *talk);
/** Where the source tree is; static. */
const char *source_folder(void);

#endif
