/* What an administrator changes: offerings (X4), and where snapshots are taken at all (X5). Audited (A2). */
#include "backend/engine/internal.h"

#include <inttypes.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define CPUS_MAX 2048                      /* of a virtual machine on Hyper-V */
#define MEMORY_MIN (INT64_C(32) << 20)
#define MEMORY_MAX (INT64_C(240) << 40)

static enum hv_status add(struct engine *engine, const struct engine_offering *change, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct service_offering known = {0};
	int64_t id;
	if (change->cpus < 1 || change->cpus > CPUS_MAX || change->memory_bytes < MEMORY_MIN ||
		change->memory_bytes > MEMORY_MAX || change->memory_bytes % (2 << 20) != 0) {
		return hv_error_set(err, HV_ERR_INVALID,
			"an offering has 1 to %d CPUs and 32M to 240T of memory, in steps of 2M", CPUS_MAX);
	}
	enum hv_status status = store->ops->offering_by_name(store, change->name, &known, err);
	service_offering_clear(&known);
	if (status == HV_OK) {
		HV_CLEANUP_FREE char *shown = hv_text_printable(change->name, strlen(change->name));
		return hv_error_set(err, HV_ERR_CONFLICT, "there is an offering '%s' already", shown);
	}
	if (status != HV_ERR_NOT_FOUND) {
		return status;
	}
	return store->ops->offering_ensure(store, change->name, change->cpus, change->memory_bytes, &id, err);
}

static enum hv_status remove_offering(
	struct engine *engine, const struct engine_offering *change, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct service_offering known = {0};
	enum hv_status status = store->ops->offering_by_name(store, change->name, &known, err);
	if (status == HV_OK) {
		status = store->ops->offering_remove(store, known.id, err);
	}
	service_offering_clear(&known);
	return status;
}

enum hv_status engine_change_offering(
	struct engine *engine, const struct engine_offering *change, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = engine_begin(engine, err);
	if (status != HV_OK) {
		return status;
	}
	status = engine_check_administrator(engine, change->requested_by, err);
	if (status == HV_OK) {
		status = change->remove ? remove_offering(engine, change, err) : add(engine, change, err);
	}
	if (status == HV_OK) {
		HV_CLEANUP_FREE char *details =
			change->remove ? hv_sprintf("offering '%s'", change->name)
				       : hv_sprintf("offering '%s', %" PRId64 " CPUs, %" PRId64 " MiB", change->name,
						 change->cpus, change->memory_bytes >> 20);
		status = store->ops->event_insert(store, engine_wall_us(engine), change->requested_by,
			change->remove ? "RemoveOffering" : "AddOffering", details, 0, 0, HV_OK, err);
	}
	return engine_end(engine, status, err);
}

enum hv_status engine_set_capability(struct engine *engine, const char *version, bool snapshots, const char *user,
	struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum hv_status status = engine_begin(engine, err);
	if (status != HV_OK) {
		return status;
	}
	status = engine_check_administrator(engine, user, err);
	if (status == HV_OK) {
		status = store->ops->capability_set(store, version, snapshots, err);
	}
	if (status == HV_OK) {
		HV_CLEANUP_FREE char *details =
			hv_sprintf("snapshots are %s on Hyper-V %s", snapshots ? "enabled" : "disabled", version);
		status = store->ops->event_insert(store, engine_wall_us(engine), user, "SetCapability", details, 0, 0,
			HV_OK, err);
	}
	return engine_end(engine, status, err);
}
