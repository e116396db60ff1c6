/* uthash as the house uses it: memory that cannot fail, and a hash function that every compiler takes without a word. */
#ifndef HV_BASE_HASH_H
#define HV_BASE_HASH_H

#include "backend/base/memory.h"

#define uthash_malloc(size) hv_alloc(size)
#define HASH_FUNCTION(key, length, hash) HASH_FNV(key, length, hash)
#include <uthash.h>

#endif
