/*
 * An agent under test with the host that it works on: the simulated one, the PowerShell agent on the fake Hyper-V, or the
 * PowerShell agent on a real host. What a test does behind the agent's back goes through here; the real host has no hands.
 */
#ifndef HV_TESTS_CONFORMANCE_SUBJECT_H
#define HV_TESTS_CONFORMANCE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

struct subject;

/** NULL, with a word on stdout, when this one cannot be had here: the tests are skipped. */
const struct subject *subject_named(const char *name);

/**
 * A fresh host (a real one: as it is) with the VMs db (Running, two disks), held (Paused), nap (Saved), old (Running, cannot be quiesced) and
 * web (Stopped). `folder` is empty and belongs to the test.
 */
void subject_open(const struct subject *subject, const char *folder);
/** The host is as it was after subject_open(), for the same agent; false when only a new host will do. */
bool subject_renew(void);
bool subject_is_slow_to_start(void);
void subject_close(void);

/** How the agent is started: NULL-terminated, valid until subject_close(). */
const char *const *subject_command(void);
/** What is written to it before the first line; NULL: nothing. */
const char *subject_preamble(size_t *ret_size);

/* Hands inside the host. Each fails the test when it is refused. */
void hand_write(const char *vm, bool memory, const char *key, const char *value);
/** "" when the guest holds nothing under the key; valid until the next call. */
const char *hand_read(const char *vm, bool memory, const char *key);
void hand_foreign(const char *vm, const char *name, const char *kind);
/** The VM leaves the host, as by a migration, or something of it is set; the PowerShell subject only. */
void hand_forget(const char *vm);
void hand_set(const char *vm, const char *member, const char *value);
/** An order in the fake host's own words, NULL-terminated (Hyper-V/guest.ps1); the PowerShell subject only. */
const char *hand_order(const char *const *words);
/** The VM's setting for the kind of checkpoints; NULL when this host has none. */
const char *hand_checkpoint_type(const char *vm);
/** "vss", "disk-full", "storage-gone". */
void hand_fault(const char *name, bool on);
/** The agent dies when the next command of this kind ("Create", "RevertTo", "Delete") is done and not yet answered. */
void hand_die_after(const char *command);
/** Acts and merges take long enough to be watched, or no time. */
void hand_slow(bool slow);

#endif
