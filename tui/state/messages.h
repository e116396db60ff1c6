/* The last messages, newest first, each with its wall time. */
#ifndef HV_TUI_STATE_MESSAGES_H
#define HV_TUI_STATE_MESSAGES_H

#include <stddef.h>
#include <stdint.h>
#include "tui/theme/role.h"

#define MESSAGES_MAX 500

struct message {
	int64_t wall_us;
	enum role role;
	char *text; /* printable */
};

struct messages {
	struct message items[MESSAGES_MAX]; /* a ring */
	uint64_t added;
};

void messages_clear(struct messages *messages);
void messages_add(struct messages *messages, int64_t wall_us, enum role role, const char *text);
/** Other words for the newest one. */
void messages_replace_newest(struct messages *messages, enum role role, const char *text);
size_t messages_count(const struct messages *messages);
/** 0: the newest. NULL past the end. */
const struct message *messages_at(const struct messages *messages, size_t index);

#endif
