/*
 * A store in front of another one, that can fail or die at the n-th call. Tests use it to be everywhere once: a
 * workflow is run with n = 1, 2, 3 ... until it gets through without meeting the fault.
 */
#ifndef HV_TESTS_SUPPORT_CUT_STORE_H
#define HV_TESTS_SUPPORT_CUT_STORE_H

#include "backend/store/store.h"

struct cut_store {
	struct store base;
	struct store *inner; /* borrowed */
	int64_t calls;       /* so far, of every function that can fail */
	int64_t commits;     /* so far, that changed something or not */
	int64_t fail_at;     /* this call fails once with HV_ERR_STORE; 0: none */
	bool dead;           /* every call fails from here on */
	/* asked before and after each commit: true kills the console at that point */
	bool (*cut)(void *context);
	void *cut_context;
};

void cut_store_init(struct cut_store *cut, struct store *inner);

#endif
