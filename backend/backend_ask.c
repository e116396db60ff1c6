/*
 * What a login asks: on its way up as an event, the answer on its way down. A try asks only when a person has asked for
 * it (hv_retry): the tries that come by themselves never do, so nobody is pestered and no host kept waiting.
 */
#include "backend/backend_internal.h"

static void ask(struct known_host *host, struct hv_question *question)
{
	struct hv_backend *backend = host->backend;
	host->question = ++backend->last_question;
	question->host = host->uuid;
	question->number = host->question;
	struct hv_event *event = event_new(HV_EVENT_QUESTION);
	event->question = hv_question_new(question);
	events_add(backend->events, event);
}

static void ask_key(void *context, const struct ssh_host_key_question *asked)
{
	struct hv_question question = {
		.kind = HV_QUESTION_KEY,
		.key_name = asked->host,
		.key_type = asked->type,
		.fingerprint = asked->fingerprint,
		.known_types = asked->known_types,
	};
	ask(context, &question);
}

static void ask_secret(void *context, const struct ssh_secret_question *asked)
{
	struct hv_question question = {
		.kind = HV_QUESTION_SECRET,
		.prompt = asked->prompt,
		.from_host = asked->from_host,
		.echo = asked->echo,
	};
	ask(context, &question);
}

const struct transport_ssh_prompts *ask_prompts(const struct known_host *host)
{
	static const struct transport_ssh_prompts prompts = {.host_key = ask_key, .secret = ask_secret};
	return host->may_ask ? &prompts : NULL;
}

/* What goes on, in a sentence: a host may take its time without a word. */
static void tell_progress(struct hv_backend *backend, const struct known_host *host)
{
	const char *what = agents_waits_for(backend->agents, host->id);
	HV_CLEANUP_FREE char *text = hv_sprintf("%s: connecting: %s", host->name,
		what ? what : "the next try begins");
	publish_message(backend, false, text);
}

void ask_allow(struct hv_backend *backend, struct known_host *host)
{
	if (host->state == HOST_UP) {
		return;
	}
	host->may_ask = true;
	if (host->managed && host->state == HOST_CONNECTING) {
		tell_progress(backend, host);
	}
	hosts_want(backend, host);
}

static void question_over(struct known_host *host)
{
	if (host->question == 0) {
		return;
	}
	host->question = 0;
	struct hv_event *event = event_new(HV_EVENT_QUESTION_GONE);
	event->id = host->uuid;
	events_add(host->backend->events, event);
}

bool ask_over(struct known_host *host, const struct hv_error *reason)
{
	bool asked = host->asking != NULL;
	bool again = host->may_ask && !asked && reason->status == HV_ERR_DENIED && reach_is_ssh(host->transport);
	question_over(host);
	host->asking = NULL;
	host->may_ask = again;
	if (again) {
		agents_retry_now(host->backend->agents, host->id);
	}
	return again;
}

static const enum ssh_host_key_answer key_answers[] = {
	[HV_KEY_REFUSE] = SSH_KEY_REFUSE,
	[HV_KEY_ONCE] = SSH_KEY_ONCE,
	[HV_KEY_REMEMBER] = SSH_KEY_REMEMBER,
};

void handle_answer(struct hv_backend *backend, struct request *request)
{
	struct known_host *host = hosts_find_uuid(backend, &request->id);
	if (!host || !host->asking || host->question == 0 || host->question != request->number) {
		return;
	}
	host->question = 0;
	if (request->kind == REQUEST_ANSWER_KEY) {
		transport_ssh_answer_host_key(host->asking, key_answers[request->answer]);
	} else {
		transport_ssh_answer_secret(host->asking, request->secret);
	}
	agents_wake(backend->agents, host->id);
}
