/*
 * How long to wait before a lost host is tried again: 1, 2, 4 ... 60 s, less up to a quarter of it, so that fifty hosts
 * behind one switch do not come back in the same instant.
 */
#ifndef HV_AGENT_BACK_OFF_H
#define HV_AGENT_BACK_OFF_H

#include <stdbool.h>
#include <stdint.h>
#include "backend/base/clock.h"

#define BACK_OFF_MOST_US (60 * HV_SECOND_US)
#define BACK_OFF_GOOD_US (30 * HV_SECOND_US) /* Up for so long: what was before is forgotten */

struct back_off {
	int64_t first_us;
	unsigned failures;
	uint64_t random; /* state of the jitter */
};

void back_off_init(struct back_off *back_off, int64_t first_us, uint64_t seed);
/** How long to wait now; longer next time. `hopeless`: trying soon would not help, wait as long as ever. */
int64_t back_off_next_us(struct back_off *back_off, bool hopeless);
void back_off_reset(struct back_off *back_off);

#endif
