/* Settings of the store, and notes in its log: what a console decides, written down with who decided it (A2). */
#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/store_setting.h"

static enum hv_status change(struct engine *engine, const struct store_setting *setting, const char *value,
	const char *user, struct hv_error *err)
{
	struct store *store = engine->config.store;
	char *before = NULL;
	enum hv_status status = store->ops->setting_get(store, setting->name, &before, err);
	if (status == HV_OK) {
		status = store->ops->setting_set(store, setting->name, value, err);
	}
	if (status == HV_OK) {
		HV_CLEANUP_FREE char *details = hv_sprintf("%s: %s, was %s", setting->name,
			value ? value : setting->standard, before ? before : setting->standard);
		status = store->ops->event_insert(
			store, engine_wall_us(engine), user, "ChangeSetting", details, 0, 0, HV_OK, err);
	}
	free(before);
	return status;
}

enum hv_status engine_change_setting(
	struct engine *engine, const char *name, const char *value, const char *user, struct hv_error *err)
{
	const struct store_setting *setting = store_setting_find(name);
	if (!setting) {
		HV_CLEANUP_FREE char *shown = hv_text_printable(name, strlen(name));
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no setting '%s'", shown);
	}
	enum hv_status status = value ? store_setting_check(setting, value, err) : HV_OK;
	if (status == HV_OK) {
		status = engine_begin(engine, err);
	}
	if (status != HV_OK) {
		return status;
	}
	status = engine_check_administrator(engine, user, err);
	if (status == HV_OK) {
		status = change(engine, setting, value, user, err);
	}
	return engine_end(engine, status, err);
}

enum hv_status engine_note(
	struct engine *engine, const char *what, const char *details, const char *user, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account caller;
	bool known;
	enum hv_status status = engine_begin(engine, err);
	if (status != HV_OK) {
		return status;
	}
	status = caller_find(engine, user, &caller, &known, err);
	if (status == HV_OK && !known) {
		status = authority_check_vm(NULL, 0, "/", err);
	}
	account_clear(&caller);
	if (status == HV_OK) {
		status = store->ops->event_insert(
			store, engine_wall_us(engine), user, what, details, 0, 0, HV_OK, err);
	}
	return engine_end(engine, status, err);
}
