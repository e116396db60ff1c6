/*
 * One host's agent: its connection, what is in flight on it, and its life (agent.h). Used by agent.c only, which owns
 * the set of them and the poll array.
 *
 *   HOST_CONNECTING  a transport is open, Ready has not been understood
 *   HOST_UP          commands may be sent
 *   HOST_LOST        no transport; tried again at `retry_us`
 *
 *   CONNECTING -> UP [greet]   CONNECTING, UP -> LOST [lose]   LOST -> CONNECTING [connect_now]
 */
#ifndef HV_AGENT_LINK_H
#define HV_AGENT_LINK_H

#include "backend/agent/agent.h"

struct link;

/** Begins Lost and due at once. `config` and `connector` are borrowed as long as it lives. */
struct link *link_new(
	int64_t host_id, const struct agents_config *config, const struct agents_connector *connector);
/** Ask the agent to quit; only free is legal afterwards. */
void link_quit(struct link *link);
void link_free(struct link *link);

bool link_is_up(const struct link *link);
bool link_wants_connect(const struct link *link); /* link_tick() will open a transport now */
/** Whether it is being connected, and has not taken so long that it must be waiting for somebody. */
bool link_is_beginning(const struct link *link, int64_t now_us);
unsigned link_capabilities(const struct link *link);
const char *link_waits_for(const struct link *link); /* see agents_waits_for() */
void link_retry_now(struct link *link);
enum hv_status link_send(struct link *link, const struct agent_command *command, struct hv_error *err)
	HV_MUST_CHECK;

size_t link_poll_fds(struct link *link, struct pollfd *ret_fds); /* at most TRANSPORT_FDS_MAX */
void link_handle(struct link *link, const struct pollfd *fds, size_t count);
int64_t link_deadline_us(const struct link *link);
/** What is due by now. */
void link_tick(struct link *link);

#endif
