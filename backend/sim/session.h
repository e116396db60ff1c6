/*
 * One agent: bytes of a client in, bytes for it out, the protocol between. Driven by calls; the clock is the host's.
 * Several sessions on one state file, in one process or in many, are several agents of one host.
 */
#ifndef HV_SIM_SESSION_H
#define HV_SIM_SESSION_H

#include <stddef.h>
#include "backend/sim/sim.h"

#define SESSION_LINE_MAX (16u << 20)
#define SESSION_IDLE_US (90 * HV_SECOND_US)
#define SESSION_BUSY_US (600 * HV_SECOND_US)
#define SESSION_POLL_US (HV_SECOND_US / 4)

enum session_end {
	SESSION_LIVES,
	SESSION_ENDED,   /* Quit, end of input, or idle: orderly */
	SESSION_DROPPED, /* a fault closed the connection */
	SESSION_DIED,    /* a fault killed the agent */
	SESSION_DOWN,    /* a fault: the host cannot be reached */
	SESSION_FAILED   /* the state file failed; session_error() says how */
};

struct session;

/** Begin to serve; Ready is the first thing in the output. `sim` must outlive the session. */
enum hv_status session_new(struct sim *sim, struct session **ret_session, struct hv_error *err) HV_MUST_CHECK;
/** In order: what it held is given up. */
void session_free(struct session *session);
/** As if the process had been killed: nothing is given up, the kernel drops the lock. */
void session_abandon(struct session *session);

void session_feed(struct session *session, const char *bytes, size_t length);
void session_end_of_input(struct session *session);
/** Do all that can be done now. */
void session_pump(struct session *session);
/** Microseconds until session_pump() is wanted anyway; 0: now. */
int64_t session_wait_us(struct session *session);
enum session_end session_state(const struct session *session);
const struct hv_error *session_error(const struct session *session);

/** What may be written to the client now; valid until the next call. */
const char *session_output(struct session *session, size_t *ret_length);
void session_output_written(struct session *session, size_t length);
/** Whether more input is welcome: false while the client does not read what it asked for. */
bool session_wants_input(const struct session *session);

#endif
