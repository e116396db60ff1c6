/* Conversations by the SSH transports, driven as the backend's loop drives them. */
#ifndef HV_TESTS_SSH_TALK_H
#define HV_TESTS_SSH_TALK_H

#include "tests/ssh/ssh_world.h"

/* One conversation, and what was heard of it. */
struct talk {
	struct transport *transport;
	struct hv_text heard, noise, notes;
	int opened, closed;
	struct hv_error reason;
	/* prompts */
	int asked_key, asked_secret;
	int asked_by_host, echoes; /* of the secrets */
	enum ssh_host_key_answer answer;
	const char *secrets[4]; /* one a question; NULL: declined */
	char fingerprint[128], known_types[128], prompt[256];
	bool later; /* the test answers by itself */
};

extern const struct transport_ssh_prompts talk_prompts;
typedef enum hv_status (*open_ssh)(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err);
void talk_begin(struct talk *talk, open_ssh open, const struct transport_ssh_config *config);
void talk_turn(struct talk *talk);
void talk_until_closed(struct talk *talk);
void talk_until_opened(struct talk *talk); /* fails with the reason when it is closed */
void talk_until_heard(struct talk *talk, const char *text);
void talk_say(struct talk *talk, const char *text);
void talk_end(struct talk *talk);

#endif
