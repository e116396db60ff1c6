#include "tests/unit/agent/fake_fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define CHUNK 7 /* bytes of a delivery: nothing arrives in whole lines */

/* ---- transport ---- */

static struct fake_transport *fake_of(struct transport *transport)
{
	return (struct fake_transport *)(void *)transport;
}

static size_t fake_poll_fds(struct transport *transport, struct pollfd *ret_fds)
{
	/* a number that stands for a descriptor: nobody polls it for real */
	ret_fds[0] = (struct pollfd){.fd = 10000 + (int)fake_of(transport)->host_id, .events = POLLIN};
	return 1;
}

static void deliver(struct fake_transport *fake, struct hv_text *bytes,
	void (*to)(void *context, const char *bytes, size_t length))
{
	struct hv_text now = *bytes;
	*bytes = (struct hv_text)HV_TEXT_INIT;
	size_t chunk = now.length > 65536 ? 8192 : CHUNK;
	for (size_t i = 0; i < now.length; i += chunk) {
		to(fake->context, now.bytes + i, now.length - i < chunk ? now.length - i : chunk);
	}
	hv_text_clear(&now);
}

static void fake_handle(struct transport *transport, const struct pollfd *fds, size_t count)
{
	struct fake_transport *fake = fake_of(transport);
	for (size_t i = 0; i < count; i++) {
		assert_true(fds[i].fd >= 0);
	}
	deliver(fake, &fake->errors, fake->callbacks.noise);
	deliver(fake, &fake->incoming, fake->callbacks.received);
	if (fake->ended) {
		fake->ended = false;
		fake->callbacks.closed(fake->context, &fake->reason);
	}
}

static int64_t fake_deadline_us(const struct transport *transport)
{
	(void)transport;
	return HV_NEVER;
}

static enum hv_status fake_write(
	struct transport *transport, const char *bytes, size_t length, struct hv_error *err)
{
	struct fake_transport *fake = fake_of(transport);
	if (fake->full) {
		return hv_error_set(err, HV_ERR_TIMEOUT, "full");
	}
	hv_text_append(&fake->fleet->sent[fake->host_id], bytes, length);
	return HV_OK;
}

static void fake_close(struct transport *transport, const char *reason)
{
	(void)reason;
	fake_of(transport)->fleet->closes++;
}

static void fake_free(struct transport *transport)
{
	struct fake_transport *fake = fake_of(transport);
	fake->fleet->open[fake->host_id] = NULL;
	hv_text_clear(&fake->incoming);
	hv_text_clear(&fake->errors);
	free(fake);
}

static const struct transport_ops fake_ops = {"fake", fake_poll_fds, fake_handle, fake_deadline_us, fake_write,
	fake_close, fake_free, NULL};

static enum hv_status fake_open(void *context, int64_t host_id, const struct transport_callbacks *callbacks,
	void *callback_context, struct transport **ret_transport, struct hv_error *err)
{
	struct fleet *fleet = context;
	assert_null(fleet->open[host_id]); /* the one before was released */
	fleet->opens[host_id]++;
	if (fleet->refuse) {
		return hv_error_set(err, HV_ERR_IO, "no way to open it");
	}
	struct fake_transport *fake = hv_alloc(sizeof *fake);
	fake->base.ops = &fake_ops;
	fake->fleet = fleet;
	fake->callbacks = *callbacks;
	fake->context = callback_context;
	fake->host_id = host_id;
	fleet->open[host_id] = fake;
	*ret_transport = &fake->base;
	return HV_OK;
}

/* ---- listener ---- */

static void on_connecting(void *context, int64_t host_id)
{
	hv_text_printf(&((struct fleet *)context)->log, "%" PRId64 " connecting\n", host_id);
}

static void on_ready(void *context, int64_t host_id, const struct agent_hello *hello)
{
	struct fleet *fleet = context;
	hv_text_printf(&fleet->log, "%" PRId64 " ready %s %s\n", host_id, hello->agent, hello->host_name);
}

static void on_lost(void *context, int64_t host_id, const struct hv_error *reason, int64_t retry_us)
{
	struct fleet *fleet = context;
	hv_text_printf(&fleet->log, "%" PRId64 " lost %s: %s\n", host_id, hv_status_name(reason->status),
		reason->text);
	assert_true(retry_us > fleet->now_us);
	assert_false(agents_is_up(fleet->agents, host_id));
	if (fleet->on_lost) {
		fleet->on_lost(fleet, host_id);
	}
}

static void on_answer(void *context, int64_t host_id, const struct agent_answer *answer)
{
	struct fleet *fleet = context;
	hv_text_printf(&fleet->log, "%" PRId64 " answer %s %s%s\n", host_id, agent_answer_name(answer->kind),
		answer->result ? "yes" : agent_code_name(answer->code), answer->replayed ? " replayed" : "");
	if (fleet->on_answer) {
		fleet->on_answer(fleet, host_id);
	}
}

static void on_progress(void *context, int64_t host_id, const struct hv_uuid *operation, int64_t percent,
	const char *phase)
{
	char text[HV_UUID_TEXT_SIZE];
	hv_text_printf(&((struct fleet *)context)->log, "%" PRId64 " progress %s %" PRId64 " %s\n", host_id,
		hv_uuid_format(operation, text), percent, phase);
}

static void on_vm_changed(void *context, int64_t host_id, const struct agent_vm *vm)
{
	hv_text_printf(&((struct fleet *)context)->log, "%" PRId64 " vm %s %s\n", host_id, vm->name,
		vm_state_name(vm->state));
}

static void on_vm_removed(void *context, int64_t host_id, const struct hv_uuid *vm_uuid)
{
	char text[HV_UUID_TEXT_SIZE];
	hv_text_printf(&((struct fleet *)context)->log, "%" PRId64 " removed %s\n", host_id,
		hv_uuid_format(vm_uuid, text));
}

static void on_host_status(void *context, int64_t host_id, const struct agent_host_status *status)
{
	hv_text_printf(&((struct fleet *)context)->log, "%" PRId64 " status %" PRId64 " %s\n", host_id,
		status->free_bytes, status->storage_up ? "up" : "gone");
}

static void on_noise(void *context, int64_t host_id, const char *text)
{
	hv_text_printf(&((struct fleet *)context)->log, "%" PRId64 " noise %s\n", host_id, text);
}

const struct agents_listener fleet_listener = {on_connecting, on_ready, on_lost, on_answer, on_progress,
	on_vm_changed, on_vm_removed, on_host_status, on_noise, NULL};

/* ---- the fleet ---- */

static int64_t fleet_time(void *context)
{
	return ((struct fleet *)context)->now_us;
}

void fleet_init(struct fleet *fleet)
{
	memset(fleet, 0, sizeof *fleet);
	fleet->now_us = 1000 * HV_SECOND_US;
	fleet->config.listener = &fleet_listener;
	fleet->config.context = fleet;
	fleet->config.clock = (struct hv_clock){fleet_time, fleet_time, fleet};
	fleet->config.jitter_seed = 42;
	struct agents_connector connector = {fake_open, fleet};
	fleet->agents = agents_new(&fleet->config, &connector);
}

void fleet_clear(struct fleet *fleet)
{
	agents_free(fleet->agents);
	for (size_t i = 0; i < FLEET_MAX; i++) {
		assert_null(fleet->open[i]);
		hv_text_clear(&fleet->sent[i]);
	}
	hv_text_clear(&fleet->log);
}

void fleet_say(struct fleet *fleet, int64_t host_id, const char *text)
{
	assert_non_null(fleet->open[host_id]);
	hv_text_puts(&fleet->open[host_id]->incoming, text);
}

void fleet_end(struct fleet *fleet, int64_t host_id, const char *reason)
{
	assert_non_null(fleet->open[host_id]);
	fleet->open[host_id]->ended = true;
	(void)hv_error_set(&fleet->open[host_id]->reason, HV_ERR_UNREACHABLE, "%s", reason);
}

void fleet_turn(struct fleet *fleet)
{
	size_t count;
	const struct pollfd *mine = agents_poll_fds(fleet->agents, &count);
	struct pollfd *fds = hv_realloc_array(NULL, count, sizeof *fds);
	for (size_t i = 0; i < count; i++) {
		fds[i] = mine[i];
		fds[i].revents = 0;
		if (fds[i].fd >= 10000) {
			const struct fake_transport *fake = fleet->open[fds[i].fd - 10000];
			bool ready = fake->incoming.length > 0 || fake->errors.length > 0 || fake->ended;
			fds[i].revents = ready ? POLLIN : 0;
		}
	}
	agents_handle(fleet->agents, fds, count);
	free(fds);
}

void fleet_pass(struct fleet *fleet, int64_t us)
{
	int64_t end = fleet->now_us + us;
	for (;;) {
		int64_t deadline = agents_deadline_us(fleet->agents);
		if (deadline > end) {
			break;
		}
		fleet->now_us = deadline > fleet->now_us ? deadline : fleet->now_us;
		int turns = 0;
		while (agents_deadline_us(fleet->agents) <= fleet->now_us) {
			assert_true(turns++ < FLEET_MAX); /* a deadline that stays would spin the loop */
			fleet_turn(fleet);
		}
	}
	fleet->now_us = end;
}

void fleet_up(struct fleet *fleet, int64_t host_id)
{
	agents_add(fleet->agents, host_id);
	fleet_turn(fleet);
	fleet_say(fleet, host_id, HELLO);
	fleet_turn(fleet);
	assert_true(agents_is_up(fleet->agents, host_id));
	(void)fleet_log(fleet);
}

const char *fleet_log(struct fleet *fleet)
{
	static char copy[65536];
	size_t length = fleet->log.length < sizeof copy ? fleet->log.length : sizeof copy - 1;
	if (length > 0) {
		memcpy(copy, fleet->log.bytes, length);
	}
	copy[length] = '\0';
	hv_text_clear(&fleet->log);
	return copy;
}
