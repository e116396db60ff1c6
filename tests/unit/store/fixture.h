/* What the tests of the store share: a folder of their own, rows with sensible values, a second process. */
#ifndef HV_TESTS_STORE_FIXTURE_H
#define HV_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/types.h>
#include "backend/store/store.h"

struct fixture {
	char folder[64];
	char path[128];
	struct store *store;
	const struct store_ops *ops;
	struct hv_error error;
	int64_t host_id;
	int64_t vm_id;
};

/** cmocka set-up: a new folder, no store yet. */
int fixture_folder(void **state);
/** cmocka set-up: a store with one host "hv01" and one VM "web-01". */
int fixture_store(void **state);
/** cmocka tear-down of both. */
int fixture_clean(void **state);

struct store *open_store(struct fixture *fixture);
/** A second connection, as another console has it. */
struct store *open_other(const struct fixture *fixture);

#define must(fixture, call)                                                                                 \
	do {                                                                                               \
		enum hv_status must_status_ = (call);                                                      \
		if (must_status_ != HV_OK) {                                                               \
			fail_msg("%s: %s: %s", #call, hv_status_name(must_status_), (fixture)->error.text);  \
		}                                                                                          \
	} while (0)
#define must_fail(fixture, expected, call)                                                                  \
	do {                                                                                               \
		enum hv_status must_status_ = (call);                                                      \
		if (must_status_ != (expected)) {                                                          \
			fail_msg("%s: %s instead of %s", #call, hv_status_name(must_status_),              \
				hv_status_name(expected));                                                 \
		}                                                                                          \
	} while (0)
#define assert_contains(text, part)                                                                         \
	do {                                                                                               \
		if (!strstr((text), (part))) {                                                             \
			fail_msg("'%s' does not say '%s'", (text), (part));                                \
		}                                                                                          \
	} while (0)

void begin(struct fixture *fixture);
void commit(struct fixture *fixture);

/* Each in its own transaction unless one is open. */
int64_t add_host(struct fixture *fixture, const char *name);
int64_t add_vm(struct fixture *fixture, int64_t host_id, const char *name);

/* Values for a row that is not written yet; clear it. */
struct snapshot make_snapshot(int64_t vm_id, const char *name);
struct operation make_operation(const struct fixture *fixture, const char *name, enum operation_state state);

/** Insert, commit, return the id. */
int64_t add_snapshot(struct fixture *fixture, int64_t vm_id, const char *name, int64_t parent_id);
/** Read a row; clear it. */
struct host get_host(struct fixture *fixture, int64_t id);
struct virtual_machine get_vm(struct fixture *fixture, int64_t id);
struct snapshot get_snapshot(struct fixture *fixture, int64_t id);

/*
 * Another process. It is forked before the parent opens its store, because no connection may be carried across
 * fork(), and runs `body` between the two pipes; peer_end() fails the test when it did not end with 0.
 */
struct peer {
	pid_t pid;
	int to;
	int from;
};
struct peer peer_start(struct fixture *fixture, void (*body)(struct fixture *fixture, int in, int out));
void peer_tell(struct peer *peer);
void peer_await(struct peer *peer);
void peer_end(struct peer *peer);
/** kill -9 and wait. */
void peer_kill(struct peer *peer);
/* For the body. */
void await_parent(int in);
void tell_parent(int out);

/** All bytes of a file; NULL when there is none. Only for files that no connection of this process has open. */
char *read_whole(const char *path, size_t *ret_length);
void write_whole(const char *path, const void *bytes, size_t length);

#endif
