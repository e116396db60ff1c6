/* What the world is asked to do, and which of it is not answered yet. */
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

static struct app_effect *effect_add(struct app *app, enum app_effect_kind kind)
{
	HV_GROW(app->effects, app->effect_count, app->effect_capacity);
	struct app_effect *effect = &app->effects[app->effect_count++];
	*effect = (struct app_effect){.kind = kind};
	return effect;
}

void app_effect(struct app *app, enum app_effect_kind kind, const struct hv_uuid *id)
{
	struct app_effect *effect = effect_add(app, kind);
	if (id) {
		effect->id = *id;
	}
}

static struct hv_uuid *copy_ids(const struct hv_uuid *ids, size_t count)
{
	struct hv_uuid *copy = hv_realloc_array(NULL, count + 1, sizeof *copy);
	if (count > 0) {
		memcpy(copy, ids, count * sizeof *copy);
	}
	return copy;
}

uint64_t app_request(struct app *app, enum app_effect_kind kind, const struct hv_uuid *id,
	const struct hv_act *act, const char *what)
{
	struct app_effect *effect = effect_add(app, kind);
	effect->ticket = ++app->last_ticket;
	if (id) {
		effect->id = *id;
	}
	if (act) {
		effect->act = *act;
		effect->act.name = hv_strdup_null(act->name);
		effect->act.description = hv_strdup_null(act->description);
		effect->act.safety_name = hv_strdup_null(act->safety_name);
		effect->act.path = hv_strdup_null(act->path);
		effect->act.offering = hv_strdup_null(act->offering);
		effect->act.discards = copy_ids(act->discards, act->discard_count);
	}
	HV_GROW(app->requests, app->request_count, app->request_capacity);
	app->requests[app->request_count++] = (struct app_request){app->last_ticket, kind, hv_strdup(what)};
	return app->last_ticket;
}

void app_answer_key(struct app *app, const struct hv_question *question, enum hv_key_answer answer)
{
	struct app_effect *effect = effect_add(app, APP_EFFECT_ANSWER_KEY);
	effect->question = hv_question_ref(question);
	effect->key_answer = answer;
}

void app_answer_secret(struct app *app, const struct hv_question *question, const char *secret)
{
	struct app_effect *effect = effect_add(app, APP_EFFECT_ANSWER_SECRET);
	effect->question = hv_question_ref(question);
	effect->secret = hv_strdup_null(secret);
}

uint64_t app_request_edit(struct app *app, const struct hv_snapshot_edit *edit, const char *what)
{
	uint64_t ticket = app_request(app, APP_EFFECT_EDIT, NULL, NULL, what);
	struct app_effect *effect = &app->effects[app->effect_count - 1];
	effect->edit = *edit;
	effect->edit.name = hv_strdup_null(edit->name);
	effect->edit.description = hv_strdup_null(edit->description);
	effect->edit.expected_name = hv_strdup_null(edit->expected_name);
	return ticket;
}

uint64_t app_request_list(struct app *app, const struct hv_snapshot_query *query, const char *what)
{
	uint64_t ticket = app_request(app, APP_EFFECT_LIST, NULL, NULL, what);
	struct app_effect *effect = &app->effects[app->effect_count - 1];
	effect->query = *query;
	effect->query.keyword = hv_strdup_null(query->keyword);
	return ticket;
}

void app_write(struct app *app, const char *path, char *take_text)
{
	struct app_effect *effect = effect_add(app, APP_EFFECT_WRITE);
	effect->path = hv_strdup(path);
	effect->text = take_text;
}

uint64_t app_add_host(struct app *app, const char *address, const char *group)
{
	char *what = hv_sprintf("add host %s", address);
	uint64_t ticket = app_request(app, APP_EFFECT_ADD_HOST, NULL, NULL, what);
	struct app_effect *effect = &app->effects[app->effect_count - 1];
	effect->value = hv_strdup(address);
	effect->text = hv_strdup(group);
	free(what);
	return ticket;
}

void app_setting(struct app *app, enum setting setting, const char *value)
{
	struct app_effect *effect = effect_add(app, APP_EFFECT_SETTING);
	effect->setting = setting;
	effect->value = hv_strdup(value);
}

uint64_t app_note(struct app *app, enum hv_note note, const char *details)
{
	uint64_t ticket = app_request(app, APP_EFFECT_NOTE, NULL, NULL, details);
	struct app_effect *effect = &app->effects[app->effect_count - 1];
	effect->note = note;
	effect->value = hv_strdup(details);
	return ticket;
}

bool app_answered(struct app *app, uint64_t ticket, enum app_effect_kind *ret_kind, char **ret_what)
{
	for (size_t i = 0; i < app->request_count; i++) {
		struct app_request *request = &app->requests[i];
		if (request->ticket != ticket) {
			continue;
		}
		if (ret_kind) {
			*ret_kind = request->kind;
		}
		if (ret_what) {
			*ret_what = request->what;
		} else {
			free(request->what);
		}
		*request = app->requests[--app->request_count];
		return true;
	}
	return false;
}

const struct app_effect *app_effects(const struct app *app, size_t *ret_count)
{
	*ret_count = app->effect_count;
	return app->effects;
}

void app_effects_clear(struct app *app)
{
	for (size_t i = 0; i < app->effect_count; i++) {
		free((void *)(uintptr_t)app->effects[i].act.name);
		free((void *)(uintptr_t)app->effects[i].act.description);
		free((void *)(uintptr_t)app->effects[i].act.safety_name);
		free((void *)(uintptr_t)app->effects[i].act.path);
		free((void *)(uintptr_t)app->effects[i].act.offering);
		free((void *)(uintptr_t)app->effects[i].act.discards);
		free((void *)(uintptr_t)app->effects[i].query.keyword);
		free((void *)(uintptr_t)app->effects[i].edit.name);
		free((void *)(uintptr_t)app->effects[i].edit.description);
		free((void *)(uintptr_t)app->effects[i].edit.expected_name);
		free(app->effects[i].value);
		free(app->effects[i].path);
		free(app->effects[i].text);
		hv_question_unref(app->effects[i].question);
		hv_wipe_string(app->effects[i].secret);
	}
	app->effect_count = 0;
}
