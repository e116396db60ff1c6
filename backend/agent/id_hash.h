/*
 * uthash with 64-bit ids for keys: the ids are ours, so their bits need spreading, not secrecy. Included instead of
 * uthash.h by agent.c and in_flight.c; every table of a file that includes it has int64_t keys.
 */
#ifndef HV_AGENT_ID_HASH_H
#define HV_AGENT_ID_HASH_H

#include <stdint.h>
#include <string.h>

static inline unsigned id_hash(const void *key)
{
	uint64_t id;
	memcpy(&id, key, sizeof id);
	return (unsigned)((id * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

#define HASH_FUNCTION(key, length, hash)                                                                   \
	do {                                                                                               \
		(void)(length);                                                                            \
		(hash) = id_hash(key);                                                                     \
	} while (0)

#include <uthash.h>

#endif
