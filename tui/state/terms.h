/*
 * The language of the filter: words by blanks, all of which must hold.
 *
 *	web            the text occurs in the name or the note, or in the name of the VM, host or group above
 *	!web           it does not
 *	state:off      of that property only: state type vm host group account domain offering name note by
 *	age>7d         older than that; also age<, size> size< (500M, 2G), snaps> snaps< snaps:3, chain> chain< chain:5
 *
 * Letter case is ignored. A property that a row does not have is never matched, also not by its negation: "!type:memory"
 * finds snapshots without memory, not hosts. What cannot be understood is told and left out.
 */
#ifndef HV_TUI_STATE_TERMS_H
#define HV_TUI_STATE_TERMS_H

#include "backend/backend.h"

#define TERMS_MAX 16

enum term_key {
	TERM_WORD,
	TERM_STATE,
	TERM_TYPE,
	TERM_VM,
	TERM_HOST,
	TERM_GROUP,
	TERM_ACCOUNT,
	TERM_DOMAIN,
	TERM_OFFERING,
	TERM_NAME,
	TERM_NOTE,
	TERM_BY,
	TERM_AGE,
	TERM_SIZE,
	TERM_SNAPS,
	TERM_CHAIN,
	TERM_KEY_COUNT
};

enum term_relation { TERM_HAS, TERM_MORE, TERM_LESS };

struct term {
	enum term_key key;
	enum term_relation relation;
	bool negated;
	char *text;     /* as typed, without key and sign */
	char *folded;   /* its form without letter case */
	int64_t number; /* of a property that is counted */
};

struct terms {
	struct term items[TERMS_MAX];
	size_t count;
	char *problem; /* what was not understood; NULL: all was */
};

/* What a row has: NULL or TERM_NO_NUMBER where it has no such property. */
#define TERM_NO_NUMBER INT64_MIN
struct term_subject {
	const char *texts[TERM_KEY_COUNT];
	int64_t numbers[TERM_KEY_COUNT];
};

void terms_parse(struct terms *terms, const char *text);
void terms_clear(struct terms *terms);
/** Whether there is anything to match. */
bool terms_are_given(const struct terms *terms);

/* Subjects borrow from the values; `host` may be NULL. */
void terms_host(const struct hv_host *host, struct term_subject *ret_subject);
void terms_vm(const struct hv_vm *vm, const struct hv_host *host, int64_t now_us, struct term_subject *ret_subject);
void terms_node(const struct hv_node *node, const struct hv_vm *vm, const struct hv_host *host, int64_t now_us,
	struct term_subject *ret_subject);
void terms_snapshot(const struct hv_snapshot *snapshot, const struct hv_vm *vm, const struct hv_host *host,
	int64_t now_us, struct term_subject *ret_subject);

/** Every term holds. */
bool terms_match(const struct terms *terms, const struct term_subject *subject);
/** Every term holds, and one that is not negated by the row's own name or property, not by what stands above it. */
bool terms_match_itself(const struct terms *terms, const struct term_subject *subject);

/** Where the next word of the filter occurs in `text` from `from` on: byte offset and length; false when nowhere. */
bool terms_find(const struct terms *terms, const char *text, size_t from, size_t *ret_at, size_t *ret_length);

#endif
