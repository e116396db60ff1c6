#include "backend/base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t now_us(clockid_t clock_id)
{
	struct timespec now;
	(void)clock_gettime(clock_id, &now);
	return (int64_t)now.tv_sec * HV_SECOND_US + now.tv_nsec / 1000;
}

static int64_t system_wall_us(void *context)
{
	(void)context;
	return now_us(CLOCK_REALTIME);
}

static int64_t system_monotonic_us(void *context)
{
	(void)context;
	return now_us(CLOCK_MONOTONIC);
}

struct hv_clock hv_clock_system(void)
{
	return (struct hv_clock){system_wall_us, system_monotonic_us, NULL};
}
