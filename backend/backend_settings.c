/* Settings of the store as a list, their change, and what consoles want written into the log. */
#include "backend/backend_internal.h"

#include <stdlib.h>

#include "backend/domain/store_setting.h"

static void publish_accepted(struct hv_backend *backend, uint64_t ticket)
{
	struct hv_event *event = event_new(HV_EVENT_ACCEPTED);
	event->ticket = ticket;
	events_add(backend->events, event);
}

static enum hv_status read_rows(
	struct hv_backend *backend, struct hv_setting *rows, char **values, size_t count, struct hv_error *err)
{
	enum hv_status status = HV_OK;
	const struct store_setting *settings = store_settings(&count);
	for (size_t i = 0; status == HV_OK && i < count; i++) {
		status = backend->store->ops->setting_get(backend->store, settings[i].name, &values[i], err);
		rows[i] = (struct hv_setting){settings[i].name, values[i] ? values[i] : settings[i].standard,
			settings[i].standard, settings[i].help};
	}
	return status;
}

void handle_settings(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	size_t count;
	(void)store_settings(&count);
	struct hv_setting *rows = hv_realloc_array(NULL, count, sizeof *rows);
	char **values = hv_alloc(count * sizeof *values);
	if (read_rows(backend, rows, values, count, &error) == HV_OK) {
		const struct hv_setting_list list = {rows, count};
		struct hv_event *event = event_new(HV_EVENT_SETTINGS);
		event->ticket = request->ticket;
		event->settings = hv_setting_list_new(&list);
		events_add(backend->events, event);
	} else {
		publish_refusal(backend, request->ticket, &error);
	}
	for (size_t i = 0; i < count; i++) {
		free(values[i]);
	}
	free(values);
	free(rows);
}

void handle_setting_change(struct hv_backend *backend, const struct request *request)
{
	struct hv_error error = {0};
	enum hv_status status = engine_change_setting(
		backend->engine, request->name, request->description, backend->user, &error);
	if (status == HV_OK) { /* what VMs may have is part of their picture */
		status = load_picture(backend, &error);
	}
	if (status == HV_OK) {
		publish_accepted(backend, request->ticket);
	} else {
		publish_refusal(backend, request->ticket, &error);
	}
}

void handle_note(struct hv_backend *backend, const struct request *request)
{
	static const char *const names[HV_NOTE_COUNT] = {
		[HV_NOTE_ALLOW_WRITING] = "AllowWriting",
		[HV_NOTE_END_WRITING] = "EndWriting",
	};
	struct hv_error error = {0};
	const char *what = names[request->number];
	if (engine_note(backend->engine, what, request->description, backend->user, &error) == HV_OK) {
		publish_accepted(backend, request->ticket);
	} else {
		publish_refusal(backend, request->ticket, &error);
	}
}
