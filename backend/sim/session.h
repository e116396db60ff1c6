/*
 * One agent: bytes of a client in, bytes for it out, the protocol between. Driven by calls; the clock is the host's.
 * Several sessions on one state file, in one process or in many, are several agents of one host.
 */
#ifndef HV_SIM_SESSION_H
#define HV_SIM_SESSION_H

#include <stddef.h>
#include "backend/sim/sim.h"

#define SIM_SESSION_LINE_MAX (16u << 20)
#define SIM_SESSION_IDLE_US (90 * HV_SECOND_US)
#define SIM_SESSION_BUSY_US (600 * HV_SECOND_US)
#define SIM_SESSION_POLL_US (HV_SECOND_US / 4)

enum sim_session_end {
	SIM_SESSION_LIVES,
	SIM_SESSION_ENDED,   /* Quit, end of input, or idle: orderly */
	SIM_SESSION_DROPPED, /* a fault closed the connection */
	SIM_SESSION_DIED,    /* a fault killed the agent */
	SIM_SESSION_DOWN,    /* a fault: the host cannot be reached */
	SIM_SESSION_FAILED   /* the state file failed; sim_session_error() says how */
};

struct sim_session;

/** Begin to serve; Ready is the first thing in the output. `sim` must outlive the session. */
enum hv_status sim_session_new(struct sim *sim, struct sim_session **ret_session, struct hv_error *err) HV_MUST_CHECK;
/** In order: what it held is given up. */
void sim_session_free(struct sim_session *session);
/** As if the process had been killed: nothing is given up, the kernel drops the lock. */
void sim_session_abandon(struct sim_session *session);

void sim_session_feed(struct sim_session *session, const char *bytes, size_t length);
void sim_session_end_of_input(struct sim_session *session);
/** Do all that can be done now. */
void sim_session_pump(struct sim_session *session);
/** Microseconds until sim_session_pump() is wanted anyway; 0: now. */
int64_t sim_session_wait_us(struct sim_session *session);
enum sim_session_end sim_session_state(const struct sim_session *session);
const struct hv_error *sim_session_error(const struct sim_session *session);

/** What may be written to the client now; valid until the next call. */
const char *sim_session_output(struct sim_session *session, size_t *ret_length);
void sim_session_output_written(struct sim_session *session, size_t length);
/** Whether more input is welcome: false while the client does not read what it asked for. */
bool sim_session_wants_input(const struct sim_session *session);

#endif
