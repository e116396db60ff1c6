/*
 * The inside of the libssh2 transport, shared by ssh2.c (life), ssh2_connect.c, ssh2_host_key.c, ssh2_login.c,
 * ssh2_memory.c and ssh2_stream.c, and by nothing else.
 *
 *   PREPARING  a worker reads the configuration and finds the addresses
 *   CONNECTING TCP
 *   HANDSHAKE  keys are agreed upon
 *   HOST_KEY   a person decides about the host's key
 *   LOGIN      a worker owns the session: agents and keys may take their time
 *   SECRET     a person is asked for a passphrase or password; the worker waits
 *   CHANNEL    the channel is opened
 *   EXEC       the command is started
 *   STREAMING  bytes flow
 *   ENDING     the command has ended; its exit code is awaited
 *   CLOSED     `closed` was called
 *
 *   Each goes to the next one, HOST_KEY only when the key is not known, SECRET back to LOGIN, any to CLOSED.
 */
#ifndef HV_TRANSPORT_SSH2_STATE_H
#define HV_TRANSPORT_SSH2_STATE_H

#include <libssh2.h>
#include "backend/transport/ssh.h"
#include "backend/transport/ssh_kinds.h"
#include "backend/transport/ssh_prepare.h"
#include "backend/transport/worker.h"

#define SSH2_BUFFER_BYTES (16u << 10)

enum ssh2_state {
	SSH2_PREPARING,
	SSH2_CONNECTING,
	SSH2_HANDSHAKE,
	SSH2_HOST_KEY,
	SSH2_LOGIN,
	SSH2_SECRET,
	SSH2_CHANNEL,
	SSH2_EXEC,
	SSH2_STREAMING,
	SSH2_ENDING,
	SSH2_CLOSED,
	SSH2_STATE_COUNT
};

enum login_result { LOGIN_DONE, LOGIN_REFUSED, LOGIN_BROKEN };

/* What the login worker owns while it runs: nobody else touches it then, but to shut the socket down, and, while it
 * asks, to read the question and write the answer. */
struct ssh2_peer {
	struct ssh_prepared *prepared;
	LIBSSH2_SESSION *session;
	int socket;
	long timeout_ms; /* of one call */
	bool may_ask;    /* there is somebody who can be asked for secrets */
	struct worker *worker;
	bool key_offered[SSH_PATHS_MAX]; /* by way of the agent */
	struct ssh_secret_question question; /* `prompt` is in `words` */
	struct hv_text words;
	char *secret;    /* the answer; wiped after its use; NULL: none is given */
	bool declined;   /* a question was not answered: no more are asked */
	size_t asked;    /* questions of the host in one attempt */
	int64_t began_us; /* the attempt; monotonic */
	/* outcome */
	enum login_result result;
	struct hv_text used;   /* LOGIN_DONE: what the host has taken */
	struct hv_text tried;  /* sentence parts */
	struct hv_error error; /* LOGIN_BROKEN */
};

/* The one call that may send: what it has begun must be finished by itself before any other may begin. */
enum ssh2_owner { OWNER_NONE, OWNER_OUTPUT, OWNER_NOISE, OWNER_WRITE };

struct ssh2_call {
	int socket;
	int64_t began_us;
};

struct ssh2 {
	struct transport base;
	struct transport_callbacks callbacks;
	void *context;
	struct hv_clock clock;
	struct transport_ssh_prompts prompts;
	void *prompt_context;
	char *command;
	char *accepted_fingerprint;
	int send_buffer_bytes;
	int deadline_ms; /* 0: the usual ones */
	enum ssh2_state state;
	int64_t deadline_us;    /* of the state */
	struct worker *worker;  /* runs; it owns `prepared` (PREPARING) or `peer` (LOGIN) */
	struct ssh_prepared *prepared; /* PREPARING; then the peer's */
	struct ssh2_peer *peer;
	struct ssh2_call calls[TRANSPORT_FDS_MAX]; /* to several addresses at once: the first that answers is taken */
	size_t call_count;
	size_t next_address;
	int64_t next_call_us; /* when the next address is called beside those */
	struct hv_error address_error; /* of the last address */
	bool answered;
	enum ssh_host_key_answer answer;
	LIBSSH2_CHANNEL *channel;
	enum ssh2_owner owner;
	struct hv_text queue;   /* bytes that were not handed to libssh2 */
	struct hv_text sending; /* bytes that are: stays where it is until they are gone */
	size_t sent;
	size_t sending_now;     /* length of the call that is being repeated; 0: none */
	bool more;              /* bytes wait that poll() knows nothing of */
	bool closing;           /* close() was called */
	bool failed;            /* cannot go on; `reason` says why in both cases */
	struct hv_error reason;
	char buffer[SSH2_BUFFER_BYTES];
};

static inline int64_t ssh2_now_us(const struct ssh2 *ssh2)
{
	return hv_clock_monotonic_us(&ssh2->clock);
}

/* --- ssh2.c --- */
/** The connection cannot go on. The first reason counts. */
void ssh2_fail(struct ssh2 *ssh2, enum hv_status status, const char *format, ...) HV_PRINTF(3, 4);
/** The same with libssh2's own words behind it. */
void ssh2_fail_session(struct ssh2 *ssh2, const char *what);
void ssh2_enter(struct ssh2 *ssh2, enum ssh2_state state);
/** While a person is asked: whether the host has not hung up. */
bool ssh2_still_waits(struct ssh2 *ssh2);
void ssh2_note(struct ssh2 *ssh2, const char *format, ...) HV_PRINTF(2, 3);
void ssh2_passed(struct ssh2 *ssh2, enum transport_step step, const char *format, ...) HV_PRINTF(3, 4);
/** For poll: what libssh2 waits for. */
short ssh2_wanted_events(const struct ssh2 *ssh2);

/* --- ssh2_connect.c --- */
void ssh2_begin_connect(struct ssh2 *ssh2);
void ssh2_step_connect(struct ssh2 *ssh2);
size_t ssh2_call_fds(const struct ssh2 *ssh2, struct pollfd *ret_fds);
void ssh2_drop_calls(struct ssh2 *ssh2);
void ssh2_quick_answers(int socket); /* not sticky: before each step of the set-up */

/* --- ssh2_host_key.c --- */
/** Algorithms in the order in which this host's keys are known; before the handshake. */
void ssh2_prefer_known_keys(struct ssh2 *ssh2);
/** Goes on, asks, or fails. */
void ssh2_judge_host_key(struct ssh2 *ssh2);
void ssh2_step_host_key(struct ssh2 *ssh2);
/* --- ssh2_login.c --- */
extern const struct worker_task ssh2_login_task; /* its data is a struct ssh2_peer */
void ssh2_peer_free(struct ssh2_peer *peer); /* NULL is legal */

/* --- ssh2_memory.c --- */
/** A session whose memory is overwritten before it is released; NULL on failure. */
LIBSSH2_SESSION *ssh2_session_new(void);
/** What such a session may release. */
void *ssh2_session_bytes(size_t size);

/* --- ssh2_stream.c --- */
void ssh2_step_stream(struct ssh2 *ssh2);
void ssh2_step_ending(struct ssh2 *ssh2);
/** Send what can be sent now; calls no callback. */
void ssh2_send_queue(struct ssh2 *ssh2);
size_t ssh2_queued(const struct ssh2 *ssh2);

#endif
