/*
 * The set of links. What must hold between two calls of the public functions: slot i of `fds` and `deadlines` say what
 * the link of slot i waits for, and empty slots wait for nothing. So a turn of the loop touches only the links
 * that have something to do, and the array for poll needs no building.
 */
#include "backend/agent/agent.h"

#include <stdlib.h>

#include "backend/agent/id_hash.h"
#include "backend/agent/link.h"
#include "backend/base/memory.h"

#define CONNECTS_AT_ONCE 16 /* two hundred handshakes at once would hold up the loop, and each other */
#define HELD_BACK_US (HV_SECOND_US / 50)

struct member {
	int64_t host_id;
	size_t slot;
	struct link *link;
	bool removed; /* from within a callback: it goes when the turn ends */
	UT_hash_handle hh;
};

struct agents {
	struct agents_config config;
	struct agents_connector connector;
	struct member *by_host;
	struct member **members; /* by slot; NULL: empty */
	struct pollfd *fds;      /* TRANSPORT_FDS_MAX a slot; fd -1: unused */
	int64_t *deadlines;      /* by slot */
	size_t slots;
	bool handling;
	bool any_removed;
};

static int with_default(int value, int otherwise)
{
	return value > 0 ? value : otherwise;
}

struct agents *agents_new(const struct agents_config *config, const struct agents_connector *connector)
{
	struct agents *agents = hv_alloc(sizeof *agents);
	agents->config = *config;
	agents->config.ping_ms = with_default(config->ping_ms, 5000);
	agents->config.silence_ms = with_default(config->silence_ms, 15000);
	agents->config.ready_ms = with_default(config->ready_ms, 20000);
	agents->config.backoff_ms = with_default(config->backoff_ms, 1000);
	agents->connector = *connector;
	return agents;
}

/* ---- slots ---- */

static void refresh(struct agents *agents, size_t slot)
{
	struct pollfd *fds = &agents->fds[slot * TRANSPORT_FDS_MAX];
	const struct member *member = agents->members[slot];
	size_t used = member ? link_poll_fds(member->link, fds) : 0;
	for (size_t i = used; i < TRANSPORT_FDS_MAX; i++) {
		fds[i] = (struct pollfd){.fd = -1};
	}
	agents->deadlines[slot] = member ? link_deadline_us(member->link) : HV_NEVER;
}

static size_t take_slot(struct agents *agents)
{
	for (size_t slot = 0; slot < agents->slots; slot++) {
		if (!agents->members[slot]) {
			return slot;
		}
	}
	size_t old = agents->slots;
	size_t slots = old ? old * 2 : 8;
	agents->members = hv_realloc_array(agents->members, slots, sizeof *agents->members);
	agents->fds = hv_realloc_array(agents->fds, slots, TRANSPORT_FDS_MAX * sizeof *agents->fds);
	agents->deadlines = hv_realloc_array(agents->deadlines, slots, sizeof *agents->deadlines);
	agents->slots = slots;
	for (size_t slot = old; slot < slots; slot++) {
		agents->members[slot] = NULL;
		refresh(agents, slot);
	}
	return old;
}

static struct member *find(const struct agents *agents, int64_t host_id)
{
	struct member *member = NULL;
	HASH_FIND(hh, agents->by_host, &host_id, sizeof host_id, member);
	return member && !member->removed ? member : NULL;
}

static void release(struct agents *agents, struct member *member)
{
	size_t slot = member->slot;
	link_quit(member->link);
	link_free(member->link);
	HASH_DEL(agents->by_host, member);
	free(member);
	agents->members[slot] = NULL;
	refresh(agents, slot);
}

static void release_removed(struct agents *agents)
{
	for (size_t slot = 0; agents->any_removed && slot < agents->slots; slot++) {
		struct member *member = agents->members[slot];
		if (member && member->removed) {
			release(agents, member);
		}
	}
	agents->any_removed = false;
}

void agents_free(struct agents *agents)
{
	if (!agents) {
		return;
	}
	/* All are asked before the first is waited for: they end at the same time. */
	for (size_t slot = 0; slot < agents->slots; slot++) {
		if (agents->members[slot]) {
			link_quit(agents->members[slot]->link);
		}
	}
	for (size_t slot = 0; slot < agents->slots; slot++) {
		struct member *member = agents->members[slot];
		if (member) {
			link_free(member->link);
			HASH_DEL(agents->by_host, member);
			free(member);
		}
	}
	free(agents->members);
	free(agents->fds);
	free(agents->deadlines);
	free(agents);
}

/* ---- hosts ---- */

void agents_add(struct agents *agents, int64_t host_id)
{
	struct member *member = NULL;
	HASH_FIND(hh, agents->by_host, &host_id, sizeof host_id, member);
	if (member) {
		member->removed = false;
		return;
	}
	member = hv_alloc(sizeof *member);
	member->host_id = host_id;
	member->slot = take_slot(agents);
	member->link = link_new(host_id, &agents->config, &agents->connector);
	agents->members[member->slot] = member;
	HASH_ADD(hh, agents->by_host, host_id, sizeof member->host_id, member);
	refresh(agents, member->slot);
}

void agents_remove(struct agents *agents, int64_t host_id)
{
	struct member *member = find(agents, host_id);
	if (!member) {
		return;
	}
	if (agents->handling) {
		member->removed = true;
		agents->any_removed = true;
		return;
	}
	release(agents, member);
}

void agents_retry_now(struct agents *agents, int64_t host_id)
{
	struct member *member = find(agents, host_id);
	if (member) {
		link_retry_now(member->link);
		refresh(agents, member->slot);
	}
}

void agents_wake(struct agents *agents, int64_t host_id)
{
	struct member *member = find(agents, host_id);
	if (member) {
		refresh(agents, member->slot);
	}
}

const char *agents_waits_for(const struct agents *agents, int64_t host_id)
{
	const struct member *member = find(agents, host_id);
	return member ? link_waits_for(member->link) : NULL;
}

bool agents_is_up(const struct agents *agents, int64_t host_id)
{
	const struct member *member = find(agents, host_id);
	return member && link_is_up(member->link);
}

unsigned agents_capabilities(const struct agents *agents, int64_t host_id)
{
	const struct member *member = find(agents, host_id);
	return member ? link_capabilities(member->link) : 0;
}

enum hv_status agents_send(struct agents *agents, int64_t host_id, const struct agent_command *command,
	struct hv_error *err)
{
	struct member *member = find(agents, host_id);
	if (!member) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "nobody has asked to connect to the host");
	}
	enum hv_status status = link_send(member->link, command, err);
	refresh(agents, member->slot);
	return status;
}

/* ---- the loop ---- */

const struct pollfd *agents_poll_fds(struct agents *agents, size_t *ret_count)
{
	*ret_count = agents->slots * TRANSPORT_FDS_MAX;
	return agents->fds;
}

int64_t agents_deadline_us(const struct agents *agents)
{
	int64_t deadline = HV_NEVER;
	for (size_t slot = 0; slot < agents->slots; slot++) {
		deadline = agents->deadlines[slot] < deadline ? agents->deadlines[slot] : deadline;
	}
	return deadline;
}

/* The number of descriptors of a slot when one of them has something to say, else 0. */
static size_t ready_fds(const struct pollfd *fds)
{
	size_t used = 0;
	bool ready = false;
	while (used < TRANSPORT_FDS_MAX && fds[used].fd >= 0) {
		ready = ready || fds[used].revents != 0;
		used++;
	}
	return ready ? used : 0;
}

/* `fds` may be older than a send, an add or a remove: links read without blocking, so a stale hint does no harm. */
static void handle_ready(struct agents *agents, const struct pollfd *fds, size_t count)
{
	for (size_t slot = 0; slot < agents->slots && (slot + 1) * TRANSPORT_FDS_MAX <= count; slot++) {
		const struct pollfd *mine = &fds[slot * TRANSPORT_FDS_MAX];
		size_t ready = ready_fds(mine);
		if (ready > 0 && agents->members[slot] && !agents->members[slot]->removed) {
			link_handle(agents->members[slot]->link, mine, ready);
			refresh(agents, slot);
		}
	}
}

/* Connections that are being made; those that have taken long wait for something else than the processor. */
static size_t count_beginning(const struct agents *agents, int64_t now)
{
	size_t count = 0;
	for (size_t slot = 0; slot < agents->slots; slot++) {
		count += agents->members[slot] && link_is_beginning(agents->members[slot]->link, now);
	}
	return count;
}

static bool any_due(const struct agents *agents, int64_t now)
{
	for (size_t slot = 0; slot < agents->slots; slot++) {
		if (agents->deadlines[slot] <= now) {
			return true;
		}
	}
	return false;
}

static void handle_due(struct agents *agents)
{
	int64_t now = hv_clock_monotonic_us(&agents->config.clock);
	if (!any_due(agents, now)) {
		return;
	}
	size_t connects = count_beginning(agents, now);
	for (size_t slot = 0; slot < agents->slots; slot++) {
		if (agents->deadlines[slot] > now || agents->members[slot]->removed) {
			continue;
		}
		struct link *link = agents->members[slot]->link;
		if (link_wants_connect(link) && ++connects > CONNECTS_AT_ONCE) {
			agents->deadlines[slot] = now + HELD_BACK_US;
			continue;
		}
		link_tick(link);
		refresh(agents, slot);
	}
}

void agents_handle(struct agents *agents, const struct pollfd *fds, size_t count)
{
	agents->handling = true;
	handle_ready(agents, fds, count); /* before deadlines: a late console must not call its agents silent */
	handle_due(agents);
	agents->handling = false;
	release_removed(agents);
}
