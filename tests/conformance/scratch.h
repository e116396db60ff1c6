/*
 * A VM on a real host that somebody gives to the tests by its name, and nothing else of that host. It is refused unless it can
 * be left as it was found: it is off, and has no checkpoint, export or copy of a disk that the tests could take for theirs.
 */
#ifndef HV_TESTS_CONFORMANCE_SCRATCH_H
#define HV_TESTS_CONFORMANCE_SCRATCH_H

#include <stdbool.h>
#include "tests/conformance/scene.h"

/** The checkpoint that keeps what the VM held when a test began. */
#define SCRATCH_FOUND "found"

struct scratch {
	struct scene scene;
	const char *vm;
	json_t *found; /* what is told of it when nobody has done anything */
	bool moves;    /* its disks may have gone to another folder, as somebody has allowed */
};

/** HVTREE_TEST_VM on the host HVTREE_TEST_HOST; false, with a sentence on stdout, when it is not fit: nothing was changed. */
bool scratch_open(struct scratch *scratch, const struct subject *subject);
void scratch_close(struct scratch *scratch);

/** The link is cut, whatever the agent is doing; another agent comes. */
void scratch_cut(struct scratch *scratch);
/** What a test begins with: the VM is as it was found, and the checkpoint SCRATCH_FOUND keeps it. */
void scratch_guard(struct scratch *scratch);
/** What a test ends with, however it ended: the VM is as it was found, or the test fails and says what is not. */
void scratch_restore(struct scratch *scratch);
/** The VM is as it was found. */
void scratch_assert_found(struct scratch *scratch);
bool scratch_can(const struct scratch *scratch, const char *capability);

/* What the guest holds, by the commands HVTREE_TEST_GUEST_WRITE and HVTREE_TEST_GUEST_READ; without them nothing is done. The
 * guest runs while it is asked. */
bool scratch_has_guest(void);
void scratch_write(struct scratch *scratch, const char *value);
/** "" without a guest; caller frees. */
char *scratch_read(struct scratch *scratch);
void scratch_assert_holds(struct scratch *scratch, const char *value);

#endif
