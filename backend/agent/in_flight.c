#include "backend/agent/in_flight.h"

#include <stdlib.h>

#include "backend/agent/id_hash.h"
#include "backend/base/memory.h"

struct in_flight {
	int64_t id;
	struct wire_question question;
	bool internal;
	UT_hash_handle hh;
};

void in_flight_add(struct in_flight_table *table, int64_t id, const struct agent_command *command, bool internal)
{
	struct in_flight *entry = hv_alloc(sizeof *entry);
	entry->id = id;
	entry->question =
		(struct wire_question){command->kind, command->operation, command->query_kind, command->mark};
	entry->internal = internal;
	table->waiting += internal ? 0 : 1;
	HASH_ADD(hh, table->entries, id, sizeof entry->id, entry);
}

static void drop(struct in_flight_table *table, struct in_flight *entry)
{
	table->waiting -= entry->internal ? 0 : 1;
	HASH_DEL(table->entries, entry);
	free(entry);
}

bool in_flight_take(struct in_flight_table *table, int64_t id, struct wire_question *ret_question,
	bool *ret_internal)
{
	struct in_flight *entry = NULL;
	HASH_FIND(hh, table->entries, &id, sizeof id, entry);
	if (!entry) {
		return false;
	}
	*ret_question = entry->question;
	*ret_internal = entry->internal;
	drop(table, entry);
	return true;
}

void in_flight_clear(struct in_flight_table *table)
{
	while (table->entries) {
		drop(table, table->entries);
	}
}
