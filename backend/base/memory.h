/*
 * Allocation that cannot fail.
 *
 * The program is crash-only: every step of every workflow is in the store before it is acted on, so running out
 * of memory is handled like a power cut. These functions abort through the handler set here (the console
 * restores the terminal first). Nothing remote decides how much is allocated: protocol lines are bounded.
 */
#ifndef HV_BASE_MEMORY_H
#define HV_BASE_MEMORY_H

#include <stddef.h>
#include "backend/base/attributes.h"

void *hv_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *hv_realloc_array(void *pointer, size_t count, size_t size) __attribute__((returns_nonnull));
char *hv_strdup(const char *text) __attribute__((malloc, returns_nonnull));
/** Like hv_strdup; NULL stays NULL. */
char *hv_strdup_null(const char *text);
char *hv_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *hv_sprintf(const char *format, ...) HV_PRINTF(1, 2) __attribute__((malloc, returns_nonnull));
/** free(*owner), then *owner = strdup(text) (NULL stays NULL). */
void hv_replace_string(char **owner, const char *text);

/** Overwrites the string before it is released: for secrets. NULL is legal. */
void hv_wipe_string(char *take_secret);

/** Grow *items so that one more element fits: amortised doubling. Type-checked use: HV_GROW(items, count, capacity). */
void hv_grow(void **items, size_t count, size_t *capacity, size_t element_size);
#define HV_GROW(items, count, capacity)                                                                    \
	do {                                                                                               \
		void *hv_grow_items_ = (items);                                                            \
		hv_grow(&hv_grow_items_, (count), &(capacity), sizeof *(items));                           \
		(items) = hv_grow_items_;                                                                  \
	} while (0)

#endif
