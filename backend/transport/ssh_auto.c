/*
 * libssh2 where it can do what the host's configuration asks for, else the system's ssh: read first, then handed over.
 */
#include "backend/transport/ssh_kinds.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/transport/ssh_prepare.h"

struct ssh_auto {
	struct transport base;
	struct transport_callbacks callbacks;
	void *context;
	struct hv_clock clock;
	struct transport_ssh_config config; /* owns its strings */
	struct worker *worker;
	struct ssh_prepared *prepared; /* the worker's while it runs */
	struct transport *chosen;
	struct hv_text queue; /* said before there was anybody to say it to */
	bool ended; /* without a chosen one: `reason` says why */
	bool told;
	struct hv_error reason;
};

static struct ssh_auto *auto_of(struct transport *transport)
{
	return (struct ssh_auto *)(void *)transport;
}

static void end(struct ssh_auto *self, enum hv_status status, const char *text)
{
	if (!self->ended) {
		self->ended = true;
		(void)hv_error_set(&self->reason, status, "%s", text);
	}
}

static void choose(struct ssh_auto *self)
{
	struct hv_error error;
	const char *why = ssh_prepared_needs_openssh(self->prepared);
	bool possible = self->prepared->ssh_program != NULL;
	if (self->prepared->status != HV_OK) {
		end(self, self->prepared->status, self->prepared->error.text);
		return;
	}
	HV_CLEANUP_FREE char *note =
		why ? hv_sprintf("transport openssh: %s", why)
		    : hv_strdup("transport libssh2: nothing in the configuration needs more");
	if (self->callbacks.note) {
		self->callbacks.note(self->context, note);
	}
	enum hv_status status = (why && possible ? transport_openssh_open : transport_ssh2_open)(
		&self->config, &self->callbacks, self->context, &self->clock, &self->chosen, &error);
	if (status != HV_OK) {
		self->chosen = NULL;
		end(self, status, error.text);
	} else if (self->queue.length > 0 &&
		   self->chosen->ops->write(self->chosen, self->queue.bytes, self->queue.length, &error) !=
			   HV_OK) {
		end(self, error.status, error.text);
	}
	hv_text_clear(&self->queue);
}

static void read_configuration(struct ssh_auto *self)
{
	struct hv_error error;
	if (!self->worker) {
		if (worker_start(&ssh_prepare_task, self->prepared, &self->worker, &error) != HV_OK) {
			end(self, error.status, error.text);
		}
	} else if (worker_take(self->worker)) {
		self->worker = NULL;
		choose(self);
	}
}

/* ---- the interface ---- */

static size_t auto_poll_fds(struct transport *transport, struct pollfd *ret_fds)
{
	struct ssh_auto *self = auto_of(transport);
	if (self->chosen) {
		return self->chosen->ops->poll_fds(self->chosen, ret_fds);
	}
	if (!self->worker || self->ended) {
		return 0;
	}
	*ret_fds = (struct pollfd){worker_fd(self->worker), POLLIN, 0};
	return 1;
}

static void auto_handle(struct transport *transport, const struct pollfd *fds, size_t count)
{
	struct ssh_auto *self = auto_of(transport);
	if (self->chosen && !self->ended) {
		self->chosen->ops->handle(self->chosen, fds, count);
		return;
	}
	if (!self->ended) {
		read_configuration(self);
	}
	if (self->ended && !self->told) {
		self->told = true;
		if (self->callbacks.closed) {
			self->callbacks.closed(self->context, &self->reason);
		}
	}
}

static int64_t auto_deadline_us(const struct transport *transport)
{
	const struct ssh_auto *self = (const struct ssh_auto *)(const void *)transport;
	if (self->ended) {
		return self->told ? HV_NEVER : 0;
	}
	if (self->chosen) {
		return self->chosen->ops->deadline_us(self->chosen);
	}
	return self->worker ? HV_NEVER : 0; /* the worker's own limits hold */
}

static enum hv_status auto_write(
	struct transport *transport, const char *bytes, size_t length, struct hv_error *err)
{
	struct ssh_auto *self = auto_of(transport);
	if (self->ended) {
		return hv_error_set(err, HV_ERR_UNREACHABLE, "the connection has ended");
	}
	if (self->chosen) {
		return self->chosen->ops->write(self->chosen, bytes, length, err);
	}
	if (length > TRANSPORT_QUEUE_MAX || self->queue.length > TRANSPORT_QUEUE_MAX - length) {
		return hv_error_set(err, HV_ERR_TIMEOUT, "too much waits for the host to be connected");
	}
	hv_text_append(&self->queue, bytes, length);
	return HV_OK;
}

static void auto_close(struct transport *transport, const char *reason)
{
	struct ssh_auto *self = auto_of(transport);
	if (self->chosen && !self->ended) {
		self->chosen->ops->close(self->chosen, reason);
	} else {
		end(self, HV_ERR_UNREACHABLE, reason);
	}
}

static const char *auto_waits_for(const struct transport *transport)
{
	const struct transport *chosen = ((const struct ssh_auto *)(const void *)transport)->chosen;
	if (!chosen) {
		return "the configuration of ssh is read";
	}
	return chosen->ops->waits_for ? chosen->ops->waits_for(chosen) : NULL;
}

static void free_configuration(struct transport_ssh_config *config)
{
	char *strings[5];
	const char *const *const members[] = {&config->address, &config->command,
		&config->accepted_fingerprint, &config->ssh_program, &config->config_file};
	for (size_t i = 0; i < HV_ARRAY_LEN(strings); i++) {
		memcpy(&strings[i], members[i], sizeof strings[i]); /* our own copies: the const is for others */
		free(strings[i]);
	}
}

static void auto_free(struct transport *transport)
{
	if (!transport) {
		return;
	}
	struct ssh_auto *self = auto_of(transport);
	if (self->worker) {
		worker_abandon(self->worker);
		self->prepared = NULL;
	}
	if (self->chosen) {
		self->chosen->ops->free(self->chosen);
	}
	ssh_prepared_free(self->prepared);
	hv_text_clear(&self->queue);
	free_configuration(&self->config);
	free(self);
}

static const struct transport_ops auto_ops = {
	.name = "auto",
	.poll_fds = auto_poll_fds,
	.handle = auto_handle,
	.deadline_us = auto_deadline_us,
	.write = auto_write,
	.close = auto_close,
	.waits_for = auto_waits_for,
	.free = auto_free,
};

enum hv_status transport_ssh_auto_open(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err)
{
	struct ssh_prepared *prepared;
	enum hv_status status = ssh_prepared_new(config, &prepared, err);
	if (status != HV_OK) {
		return status;
	}
	prepared->only_target = true;
	prepared->can_rsa = ssh2_can_rsa();
	struct ssh_auto *self = hv_alloc(sizeof *self);
	self->base.ops = &auto_ops;
	self->callbacks = *callbacks;
	self->context = context;
	self->clock = *clock;
	self->config = *config;
	self->config.address = hv_strdup(config->address);
	self->config.command = hv_strdup(config->command);
	self->config.accepted_fingerprint = hv_strdup_null(config->accepted_fingerprint);
	self->config.ssh_program = hv_strdup_null(config->ssh_program);
	self->config.config_file = hv_strdup_null(config->config_file);
	self->prepared = prepared;
	*ret_transport = &self->base;
	return HV_OK;
}

/* ---- answers to prompts ---- */

static struct transport *asking(struct transport *transport)
{
	if (transport->ops != &auto_ops) {
		return transport;
	}
	return auto_of(transport)->chosen;
}

void transport_ssh_answer_host_key(struct transport *transport, enum ssh_host_key_answer answer)
{
	struct transport *asks = asking(transport);
	if (asks) {
		ssh2_answer_host_key(asks, answer);
	}
}

void transport_ssh_answer_secret(struct transport *transport, const char *secret)
{
	struct transport *asks = asking(transport);
	if (asks) {
		ssh2_answer_secret(asks, secret);
	}
}
