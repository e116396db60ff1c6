/* The commands of one connection that wait for their answers, by id. */
#ifndef HV_AGENT_IN_FLIGHT_H
#define HV_AGENT_IN_FLIGHT_H

#include "backend/agent/wire.h"

struct in_flight;

struct in_flight_table {
	struct in_flight *entries;
	size_t waiting; /* of them, those that somebody else than ourselves waits for */
};

/** `internal`: our own ping. `id` must be new. */
void in_flight_add(struct in_flight_table *table, int64_t id, const struct agent_command *command, bool internal);
/** Take the command of `id` out of the table; false when there is none. */
bool in_flight_take(struct in_flight_table *table, int64_t id, struct wire_question *ret_question,
	bool *ret_internal);
void in_flight_clear(struct in_flight_table *table);

#endif
