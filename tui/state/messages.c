#include "tui/state/messages.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"

void messages_clear(struct messages *messages)
{
	for (size_t i = 0; i < MESSAGES_MAX; i++) {
		free(messages->items[i].text);
	}
	*messages = (struct messages){0};
}

void messages_add(struct messages *messages, int64_t wall_us, enum role role, const char *text)
{
	struct message *message = &messages->items[messages->added % MESSAGES_MAX];
	free(message->text);
	*message = (struct message){wall_us, role, hv_text_printable(text, strlen(text))};
	messages->added++;
}

void messages_replace_newest(struct messages *messages, enum role role, const char *text)
{
	if (messages->added == 0) {
		return;
	}
	struct message *message = &messages->items[(messages->added - 1) % MESSAGES_MAX];
	char *replaced = message->text;
	message->role = role;
	message->text = hv_text_printable(text, strlen(text)); /* `text` may be the one before */
	free(replaced);
}

size_t messages_count(const struct messages *messages)
{
	return messages->added < MESSAGES_MAX ? (size_t)messages->added : MESSAGES_MAX;
}

const struct message *messages_at(const struct messages *messages, size_t index)
{
	if (index >= messages_count(messages)) {
		return NULL;
	}
	return &messages->items[(messages->added - 1 - index) % MESSAGES_MAX];
}
