/*
 * Time is handed in. Wall-clock microseconds since 1970 UTC are for records; monotonic microseconds are for
 * deadlines. The product uses hv_clock_system(); tests and the simulation hand in their own.
 */
#ifndef HV_BASE_CLOCK_H
#define HV_BASE_CLOCK_H

#include <stdint.h>

#define HV_SECOND_US INT64_C(1000000)
#define HV_NEVER INT64_MAX

struct hv_clock {
	int64_t (*wall_us)(void *context);
	int64_t (*monotonic_us)(void *context);
	void *context;
};

struct hv_clock hv_clock_system(void);
static inline int64_t hv_clock_wall_us(const struct hv_clock *clock)
{
	return clock->wall_us(clock->context);
}
static inline int64_t hv_clock_monotonic_us(const struct hv_clock *clock)
{
	return clock->monotonic_us(clock->context);
}

#endif
