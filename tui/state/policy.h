/*
 * What the configuration says of a group of hosts: read-only, how acts are confirmed, what the screen wears. A read-only
 * group can be written to for a time that somebody gives a reason for; that is in the audit log before it holds.
 */
#ifndef HV_TUI_STATE_POLICY_H
#define HV_TUI_STATE_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include "tui/config/config.h"
#include "tui/state/model.h"

struct app;

/* Somebody may write to a read-only group. */
struct write_window {
	char *group;
	int64_t until_us; /* wall; 0: asked for, not allowed yet */
	int64_t length_us;
	uint64_t ticket;
};

struct policy_state {
	struct write_window *windows;
	size_t window_count, window_capacity;
};

void policy_clear(struct app *app);
/** The group that an action would be for now: of the row under the cursor, or of the job. NULL: none. */
const char *policy_group_here(const struct app *app);
/** Whether nothing may be changed in the group (NULL: in what belongs to none). */
bool policy_is_read_only(const struct app *app, const char *group);
enum confirm_level policy_confirm(const struct app *app, const char *group);
/** Why nothing may be changed in the group. Returns `text` or a static string. */
const char *policy_sentence(const struct app *app, const char *group, char *text, size_t size);

/**
 * "15m REASON" or "REASON" (then the time of the settings), as typed after ":write": ask that the group under the cursor
 * can be written to. What is wrong with it is said; it holds when the store has it.
 */
void policy_write(struct app *app, const char *words);
/** End the time early, as ":readonly" does. */
void policy_end_write(struct app *app);
/** True: the ticket was one of these, and the time begins. */
bool policy_accepted(struct app *app, uint64_t ticket);
/** True: the ticket was one of these, and nothing is allowed. */
bool policy_refused(struct app *app, uint64_t ticket);
/** Returns the wall time at which the next window ends, HV_NEVER when there is none. */
int64_t policy_tick(struct app *app);

#endif
