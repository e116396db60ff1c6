#include "backend/engine/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/domain/rules.h"
#include "backend/domain/snapshot_state.h"
#include "backend/domain/vm_state.h"

static char *printable(const char *text)
{
	return text ? hv_text_printable(text, strlen(text)) : hv_strdup("");
}

/* The VM's volume that the operation is about; one that it has no more is none. */
static enum hv_status load_volume(
	struct engine *engine, const struct operation *row, struct scene *scene, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct volume_list list = {0};
	enum hv_status status = store->ops->volume_list(store, row->vm_id, &list, err);
	for (size_t i = 0; i < list.count && status == HV_OK; i++) {
		if (hv_uuid_equal(&list.items[i].uuid, &row->volume)) {
			scene->volume = list.items[i];
			list.items[i] = (struct volume){0}; /* moved */
			scene->has_volume = true;
			break;
		}
	}
	volume_list_clear(&list);
	return status;
}

enum hv_status scene_load(
	struct engine *engine, const struct operation *row, struct scene *scene, struct hv_error *err)
{
	struct store *store = engine->config.store;
	*scene = (struct scene){0};
	enum hv_status status = store->ops->vm_get(store, row->vm_id, &scene->vm, err);
	if (status == HV_OK) {
		status = store->ops->host_get(store, row->host_id, &scene->host, err);
	}
	if (status == HV_OK && row->snapshot_id != 0) {
		status = store->ops->snapshot_get(store, row->snapshot_id, &scene->snapshot, err);
		scene->has_snapshot = status == HV_OK;
		/* An Allocated row that was taken back (C2) while this operation was queued behind it: workflow_run() refuses,
		 * and the operation must still be able to end. */
		status = status == HV_ERR_NOT_FOUND ? HV_OK : status;
	}
	if (status == HV_OK && row->volume_snapshot_id != 0) {
		status = store->ops->volume_snapshot_get(store, row->volume_snapshot_id, &scene->copy, err);
		scene->has_copy = status == HV_OK;
		status = status == HV_ERR_NOT_FOUND ? HV_OK : status; /* as above */
	}
	if (status == HV_OK && !hv_uuid_is_nil(&row->volume)) {
		status = load_volume(engine, row, scene, err);
	}
	if (status != HV_OK) {
		scene_clear(scene);
		return status;
	}
	scene->host_name = printable(scene->host.name);
	scene->vm_name = printable(scene->vm.name);
	scene->snapshot_name = printable(scene->has_snapshot ? scene->snapshot.display_name
					 : scene->has_copy   ? scene->copy.name
					 : row->path         ? row->path
							     : row->display_name);
	return HV_OK;
}

void scene_clear(struct scene *scene)
{
	host_clear(&scene->host);
	virtual_machine_clear(&scene->vm);
	snapshot_clear(&scene->snapshot);
	volume_snapshot_clear(&scene->copy);
	volume_clear(&scene->volume);
	free(scene->host_name);
	free(scene->vm_name);
	free(scene->snapshot_name);
	*scene = (struct scene){0};
}

/* C3: the setting "vmsnapshot.max", never above Hyper-V's own ceiling. */
static enum hv_status read_limit(struct engine *engine, int64_t *ret_limit, struct hv_error *err)
{
	struct store *store = engine->config.store;
	char *text = NULL;
	enum hv_status status = store->ops->setting_get(store, "vmsnapshot.max", &text, err);
	if (status != HV_OK) {
		return status;
	}
	int64_t limit = SNAPSHOT_LIMIT_DEFAULT;
	if (text) {
		char *end = NULL;
		long long value = strtoll(text, &end, 10);
		limit = end != text && *end == '\0' && value >= 0 ? value : SNAPSHOT_LIMIT_DEFAULT;
		free(text);
	}
	*ret_limit = limit < SNAPSHOT_LIMIT_HYPERV ? limit : SNAPSHOT_LIMIT_HYPERV;
	return HV_OK;
}

static enum hv_status gather_facts(
	struct engine *engine, const struct scene *scene, struct rule_facts *facts, struct hv_error *err)
{
	struct store *store = engine->config.store;
	*facts = (struct rule_facts){
		.vm_state = scene->vm.state,
		.snapshot_state = scene->has_snapshot ? scene->snapshot.state
				  : scene->has_copy   ? scene->copy.state
						      : SNAPSHOT_REMOVED,
		.has_target = scene->has_snapshot || scene->has_copy,
		.space_lacks = scene->host.free_bytes > 0 && scene->host.free_bytes < RULES_LEAST_SPACE_BYTES,
		.root_volume = scene->has_volume && scene->volume.root,
		.host_up = command_host_is_up(engine, scene->host.id),
		.vm_missing = scene->vm.missing,
		.vm_unregistered = scene->vm.unregistered,
		.stop_removes = scene->host.stop_policy != STOP_POLICY_KEEP,
		.untracked_on_host = scene->vm.untracked,
	};
	const char *version = scene->host.version ? scene->host.version : "";
	enum hv_status status = store->ops->snapshots_enabled(store, version, &facts->snapshots_enabled, err);
	if (status == HV_OK) {
		status = store->ops->vm_snapshot_count(store, scene->vm.id, &facts->snapshots_on_host, err);
	}
	if (status == HV_OK) {
		status = read_limit(engine, &facts->snapshot_limit, err);
	}
	return status;
}

enum hv_status scene_check(
	struct engine *engine, const struct scene *scene, enum action action, struct hv_error *err)
{
	struct rule_facts facts;
	enum hv_status status = gather_facts(engine, scene, &facts, err);
	if (status != HV_OK) {
		return status;
	}
	const struct rule *rule = rules_refuse(action, &facts);
	if (!rule) {
		return HV_OK;
	}
	char text[400];
	(void)rule_sentence(rule, scene->vm_name, &facts, text, sizeof text);
	return hv_error_set(err, HV_ERR_REFUSED, "%s", text);
}

enum hv_status scene_check_name(const struct scene *scene, const struct snapshot_list *snapshots,
	const char *display_name, struct hv_error *err)
{
	for (size_t i = 0; i < snapshots->count; i++) {
		const struct snapshot *snapshot = &snapshots->items[i];
		if (hv_text_same_name(snapshot->display_name, display_name)) {
			return hv_error_set(err, HV_ERR_CONFLICT,
				"VM '%s' has a snapshot named '%s' already (%s); choose another name",
				scene->vm_name, snapshot->display_name, snapshot_state_name(snapshot->state));
		}
	}
	return HV_OK;
}

int64_t scene_current_id(const struct snapshot_list *snapshots)
{
	for (size_t i = 0; i < snapshots->count; i++) {
		if (snapshots->items[i].current) {
			return snapshots->items[i].id;
		}
	}
	return 0;
}

enum hv_status scene_note_before(
	struct engine *engine, const struct scene *scene, struct operation *row, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct snapshot_list snapshots = {0};
	enum hv_status status = store->ops->snapshot_list(store, scene->vm.id, &snapshots, err);
	if (status == HV_OK) {
		row->vm_state_before = scene->vm.state;
		row->current_before = scene_current_id(&snapshots);
	}
	snapshot_list_clear(&snapshots);
	return status;
}

enum hv_status scene_move_snapshot(
	struct engine *engine, struct scene *scene, enum snapshot_event event, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum snapshot_state next;
	if (!snapshot_state_next(scene->snapshot.state, event, &next)) {
		return hv_error_set(err, HV_ERR_REFUSED, "snapshot '%s' is %s, where %s is not allowed",
			scene->snapshot_name, snapshot_state_name(scene->snapshot.state),
			snapshot_event_name(event));
	}
	if (next == scene->snapshot.state) {
		return HV_OK;
	}
	return store->ops->snapshot_set_state(store, &scene->snapshot, next, engine_wall_us(engine), err);
}

enum hv_status scene_move_copy(
	struct engine *engine, struct scene *scene, enum snapshot_event event, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum snapshot_state next;
	if (!snapshot_state_next(scene->copy.state, event, &next)) {
		return hv_error_set(err, HV_ERR_REFUSED, "volume snapshot '%s' is %s, where %s is not allowed",
			scene->snapshot_name, snapshot_state_name(scene->copy.state), snapshot_event_name(event));
	}
	if (next == scene->copy.state) {
		return HV_OK;
	}
	return store->ops->volume_snapshot_set_state(store, &scene->copy, next, engine_wall_us(engine), err);
}

enum hv_status scene_move_vm(
	struct engine *engine, struct scene *scene, enum vm_event event, struct hv_error *err)
{
	struct store *store = engine->config.store;
	enum vm_state next;
	if (!vm_state_next(scene->vm.state, event, &next)) {
		return hv_error_set(err, HV_ERR_REFUSED, "VM '%s' is %s, where %s is not allowed",
			scene->vm_name, vm_state_name(scene->vm.state), vm_event_name(event));
	}
	if (next == scene->vm.state) {
		return HV_OK;
	}
	return store->ops->vm_set_state(store, &scene->vm, next, err);
}
