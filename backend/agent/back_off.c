#include "backend/agent/back_off.h"

#define JITTER_PART 4

/* splitmix64: every seed gives a good sequence, also 0 and neighbours. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

void back_off_init(struct back_off *back_off, int64_t first_us, uint64_t seed)
{
	*back_off = (struct back_off){first_us, 0, seed};
}

void back_off_reset(struct back_off *back_off)
{
	back_off->failures = 0;
}

int64_t back_off_next_us(struct back_off *back_off, bool hopeless)
{
	int64_t wait_us = back_off->first_us;
	for (unsigned i = 0; i < back_off->failures && wait_us < BACK_OFF_MOST_US; i++) {
		wait_us *= 2;
	}
	if (hopeless || wait_us > BACK_OFF_MOST_US) {
		wait_us = BACK_OFF_MOST_US;
	}
	if (back_off->failures < UINT32_MAX) {
		back_off->failures++;
	}
	uint64_t range = (uint64_t)(wait_us / JITTER_PART) + 1;
	return wait_us - (int64_t)(next_random(&back_off->random) % range);
}
