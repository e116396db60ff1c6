/*
 * Bytes to and from one agent: a child process, or an SSH channel. Non-blocking; the backend's one poll loop drives
 * it; nothing here knows what the bytes mean.
 *
 * Life: transport_*_open() returns at once in CONNECTING; `opened` is called when bytes may flow; `closed` is called
 * exactly once, with the reason, and never from inside open, write or free. After it only free is legal.
 * Callbacks come from handle() only and may call write() and close(), but not free().
 */
#ifndef HV_TRANSPORT_TRANSPORT_H
#define HV_TRANSPORT_TRANSPORT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/clock.h"
#include "backend/base/status.h"

#define TRANSPORT_FDS_MAX 3
#define TRANSPORT_QUEUE_MAX (32u << 20) /* bytes waiting to be written before write() refuses */

/* What lies behind when a connection is made, in this order; a transport that cannot tell them apart leaves some out. */
enum transport_step {
	TRANSPORT_ADDRESS, /* it was found */
	TRANSPORT_CALL,    /* somebody has answered there */
	TRANSPORT_KEY,     /* it is who it should be */
	TRANSPORT_LOGIN,   /* and lets us in */
	TRANSPORT_STEP_COUNT
};

struct transport_callbacks {
	void (*opened)(void *context);
	/** Bytes of the agent's stdout; borrowed during the call. */
	void (*received)(void *context, const char *bytes, size_t length);
	/** Bytes of the agent's stderr: noise for the log; borrowed, untrusted. */
	void (*noise)(void *context, const char *bytes, size_t length);
	/** The sentence says what happened, e.g. "the agent ended with exit code 3". */
	void (*closed)(void *context, const struct hv_error *reason);
	/** A step is done; `details` is printable, borrowed. */
	void (*passed)(void *context, enum transport_step step, const char *details);
	/** What the transport itself has to say, for the log: a printable line, borrowed. */
	void (*note)(void *context, const char *line);
};

struct transport;

struct transport_ops {
	const char *name; /* "process", "libssh2", "openssh", "auto" */
	/** Descriptors and events to wait for now; at most TRANSPORT_FDS_MAX. */
	size_t (*poll_fds)(struct transport *transport, struct pollfd *ret_fds);
	/** Do what is possible now. `fds` are those of poll_fds with revents filled, or count 0 after a deadline. */
	void (*handle)(struct transport *transport, const struct pollfd *fds, size_t count);
	/** Monotonic time at which handle() wants to be called anyway; HV_NEVER when none. */
	int64_t (*deadline_us)(const struct transport *transport);
	/** Queue bytes; copied. HV_ERR_UNREACHABLE when closed, HV_ERR_TIMEOUT when the queue is full. */
	enum hv_status (*write)(
		struct transport *transport, const char *bytes, size_t length, struct hv_error *err);
	/** End the conversation; `closed` follows from handle() (call it at once with count 0). */
	void (*close)(struct transport *transport, const char *reason);
	/** Release everything; a child is killed and reaped. NULL is legal. */
	void (*free)(struct transport *transport);
	/** What is waited for before `opened`, in words, e.g. "the login goes on". NULL, also as a member: nothing to tell. */
	const char *(*waits_for)(const struct transport *transport);
};

struct transport {
	const struct transport_ops *ops;
};

/**
 * Start `argv` as a child with pipes. The child has its own process group, default signals, no descriptor of ours
 * and dies with us (PR_SET_PDEATHSIG).
 *
 * @param argv NULL-terminated, argv[0] is a path; copied
 */
enum hv_status transport_process_open(const char *const *argv, const struct transport_callbacks *callbacks,
	void *context, const struct hv_clock *clock, struct transport **ret_transport,
	struct hv_error *err) HV_MUST_CHECK;

/** The exit code of a child of transport_process_open() that has ended by itself; -1 otherwise. */
int transport_process_exit_code(const struct transport *transport);

#endif
