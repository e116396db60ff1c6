#include "tests/ssh/ssh_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

static void on_opened(void *context)
{
	((struct talk *)context)->opened++;
}

static void on_received(void *context, const char *bytes, size_t length)
{
	hv_text_append(&((struct talk *)context)->heard, bytes, length);
}

static void on_noise(void *context, const char *bytes, size_t length)
{
	hv_text_append(&((struct talk *)context)->noise, bytes, length);
}

static void on_note(void *context, const char *line)
{
	hv_text_printf(&((struct talk *)context)->notes, "%s\n", line);
}

static void on_closed(void *context, const struct hv_error *reason)
{
	struct talk *talk = context;
	talk->closed++;
	talk->reason = *reason;
}

static void on_host_key(void *context, const struct ssh_host_key_question *question)
{
	struct talk *talk = context;
	talk->asked_key++;
	(void)snprintf(talk->fingerprint, sizeof talk->fingerprint, "%s", question->fingerprint);
	(void)snprintf(talk->known_types, sizeof talk->known_types, "%s", question->known_types);
	if (!talk->later) {
		transport_ssh_answer_host_key(talk->transport, talk->answer);
	}
}

static void on_secret(void *context, const struct ssh_secret_question *question)
{
	struct talk *talk = context;
	(void)snprintf(talk->prompt, sizeof talk->prompt, "%s", question->prompt);
	talk->asked_by_host += question->from_host;
	talk->echoes += question->echo;
	const char *secret = talk->asked_secret < 4 ? talk->secrets[talk->asked_secret] : NULL;
	talk->asked_secret++;
	if (!talk->later) {
		transport_ssh_answer_secret(talk->transport, secret);
	}
}

const struct transport_ssh_prompts talk_prompts = {.host_key = on_host_key, .secret = on_secret};

/* Answers that the test has set in `talk` stay. */
void talk_begin(struct talk *talk, open_ssh open, const struct transport_ssh_config *config)
{
	static const struct transport_callbacks callbacks = {.opened = on_opened,
		.received = on_received, .noise = on_noise, .closed = on_closed, .note = on_note};
	struct hv_clock clock = hv_clock_system();
	struct hv_error error = {0};
	struct transport_ssh_config own = *config;
	own.prompt_context = talk;
	if (open(&own, &callbacks, talk, &clock, &talk->transport, &error) != HV_OK) {
		fail_msg("%s", error.text);
	}
	assert_int_equal(talk->opened + talk->closed, 0);
}

void talk_turn(struct talk *talk)
{
	struct pollfd fds[TRANSPORT_FDS_MAX];
	size_t count = talk->transport->ops->poll_fds(talk->transport, fds);
	int64_t deadline = talk->transport->ops->deadline_us(talk->transport);
	int64_t left = deadline == HV_NEVER ? SSH_LIMIT_US : deadline - ssh_now_us();
	int ready = poll(fds, (nfds_t)count, left > 0 ? (int)(left / 1000) + 1 : 0);
	talk->transport->ops->handle(talk->transport, fds, ready > 0 ? count : 0);
}

void talk_until_closed(struct talk *talk)
{
	int64_t limit = ssh_now_us() + SSH_LIMIT_US;
	while (!talk->closed && ssh_now_us() < limit) {
		talk_turn(talk);
	}
	assert_int_equal(talk->closed, 1);
}

void talk_until_opened(struct talk *talk)
{
	int64_t limit = ssh_now_us() + SSH_LIMIT_US;
	while (!talk->opened && !talk->closed && ssh_now_us() < limit) {
		talk_turn(talk);
	}
	if (!talk->opened) {
		fail_msg("not opened: %s", talk->reason.text);
	}
}

void talk_until_heard(struct talk *talk, const char *text)
{
	int64_t limit = ssh_now_us() + SSH_LIMIT_US;
	while (!strstr(hv_text_get(&talk->heard), text) && !talk->closed && ssh_now_us() < limit) {
		talk_turn(talk);
	}
	if (!strstr(hv_text_get(&talk->heard), text)) {
		fail_msg("'%s' was not heard: %s", text, talk->reason.text);
	}
}

void talk_say(struct talk *talk, const char *text)
{
	assert_int_equal(talk->transport->ops->write(talk->transport, text, strlen(text), NULL), HV_OK);
}

void talk_end(struct talk *talk)
{
	talk->transport->ops->free(talk->transport);
	hv_text_clear(&talk->heard);
	hv_text_clear(&talk->noise);
	hv_text_clear(&talk->notes);
	memset(talk, 0, sizeof *talk);
}
