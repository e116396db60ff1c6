/* "did you mean": the candidate that is nearest to what was typed. */
#ifndef HV_TUI_BATCH_SUGGEST_H
#define HV_TUI_BATCH_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *typed;
	const char *best; /* NULL until a near one was seen */
	size_t distance;
};

void suggestion_init(struct suggestion *suggestion, const char *typed);
/** Consider one candidate; kept when it is at most two edits (a third of its length for short ones) away and nearer
 * than what was seen. */
void suggestion_try(struct suggestion *suggestion, const char *candidate);

#endif
