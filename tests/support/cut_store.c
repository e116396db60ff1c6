#include "tests/support/cut_store.h"

static struct cut_store *self(struct store *store)
{
	return (struct cut_store *)store;
}

static struct store *inner(struct store *store)
{
	return self(store)->inner;
}

static enum hv_status meet(struct store *store, struct hv_error *err)
{
	struct cut_store *cut = self(store);
	cut->calls++;
	if (cut->dead || cut->calls == cut->fail_at) {
		return hv_error_set(err, HV_ERR_STORE, "the store fails because the test says so");
	}
	return HV_OK;
}

#define FORWARD(name, parameters, arguments)                                                               \
	static enum hv_status cut_##name parameters                                                        \
	{                                                                                                  \
		enum hv_status status = meet(store, err);                                                  \
		return status == HV_OK ? inner(store)->ops->name arguments : status;                       \
	}

/* clang-format off */
FORWARD(last_change,
	(struct store *store, int64_t *ret_sequence, struct hv_error *err),
	(inner(store), ret_sequence, err))
FORWARD(changes,
	(struct store *store, int64_t after, struct change *ret_changes, size_t capacity,
		size_t *ret_count, bool *ret_reload, struct hv_error *err),
	(inner(store), after, ret_changes, capacity, ret_count, ret_reload, err))
FORWARD(host_list,
	(struct store *store, struct host_list *list, struct hv_error *err),
	(inner(store), list, err))
FORWARD(host_get,
	(struct store *store, int64_t id, struct host *ret_host, struct hv_error *err),
	(inner(store), id, ret_host, err))
FORWARD(host_save,
	(struct store *store, struct host *host, struct hv_error *err),
	(inner(store), host, err))
FORWARD(host_set_state,
	(struct store *store, const struct host *host, struct hv_error *err),
	(inner(store), host, err))
FORWARD(host_remove,
	(struct store *store, int64_t id, struct hv_error *err),
	(inner(store), id, err))
FORWARD(vm_list,
	(struct store *store, int64_t host_id, struct virtual_machine_list *list, struct hv_error *err),
	(inner(store), host_id, list, err))
FORWARD(vm_get,
	(struct store *store, int64_t id, struct virtual_machine *ret_vm, struct hv_error *err),
	(inner(store), id, ret_vm, err))
FORWARD(vm_by_uuid,
	(struct store *store, const struct hv_uuid *uuid, struct virtual_machine *ret_vm,
		struct hv_error *err),
	(inner(store), uuid, ret_vm, err))
FORWARD(vm_find,
	(struct store *store, const char *name_or_uuid, struct virtual_machine_list *list,
		struct hv_error *err),
	(inner(store), name_or_uuid, list, err))
FORWARD(vm_query,
	(struct store *store, const struct vm_query *query,
		bool (*each)(void *context, const struct virtual_machine *vm), void *context, int64_t *ret_total,
		struct hv_error *err),
	(inner(store), query, each, context, ret_total, err))
FORWARD(vm_snapshot_count,
	(struct store *store, int64_t vm_id, int64_t *ret_count, struct hv_error *err),
	(inner(store), vm_id, ret_count, err))
FORWARD(vm_save,
	(struct store *store, struct virtual_machine *vm, struct hv_error *err),
	(inner(store), vm, err))
FORWARD(vm_set_state,
	(struct store *store, struct virtual_machine *vm, enum vm_state state, struct hv_error *err),
	(inner(store), vm, state, err))
FORWARD(vm_set_running_since, (struct store *store, int64_t vm_id, int64_t since_us, struct hv_error *err),
	(inner(store), vm_id, since_us, err))
FORWARD(vm_set_revision, (struct store *store, int64_t vm_id, int64_t revision, struct hv_error *err),
	(inner(store), vm_id, revision, err))
FORWARD(vm_forget_destroyed,
	(struct store *store, int64_t host_id, int64_t before_us, struct hv_error *err),
	(inner(store), host_id, before_us, err))
FORWARD(vm_set_offering,
	(struct store *store, int64_t vm_id, int64_t offering_id, struct hv_error *err),
	(inner(store), vm_id, offering_id, err))
FORWARD(volume_list,
	(struct store *store, int64_t vm_id, struct volume_list *list, struct hv_error *err),
	(inner(store), vm_id, list, err))
FORWARD(volume_replace,
	(struct store *store, int64_t vm_id, const struct volume_list *list, struct hv_error *err),
	(inner(store), vm_id, list, err))
FORWARD(untracked_list,
	(struct store *store, int64_t vm_id, struct checkpoint_list *list, struct hv_error *err),
	(inner(store), vm_id, list, err))
FORWARD(untracked_replace,
	(struct store *store, int64_t vm_id, const struct checkpoint_list *list, struct hv_error *err),
	(inner(store), vm_id, list, err))
FORWARD(snapshot_list,
	(struct store *store, int64_t vm_id, struct snapshot_list *list, struct hv_error *err),
	(inner(store), vm_id, list, err))
FORWARD(snapshot_get,
	(struct store *store, int64_t id, struct snapshot *ret_snapshot, struct hv_error *err),
	(inner(store), id, ret_snapshot, err))
FORWARD(snapshot_by_uuid,
	(struct store *store, const struct hv_uuid *uuid, struct snapshot *ret_snapshot,
		struct hv_error *err),
	(inner(store), uuid, ret_snapshot, err))
FORWARD(snapshot_query,
	(struct store *store, const struct snapshot_query *query,
		bool (*each)(void *context, const struct snapshot_row *row), void *context, int64_t *ret_total,
		struct hv_error *err),
	(inner(store), query, each, context, ret_total, err))
FORWARD(snapshot_insert,
	(struct store *store, struct snapshot *snapshot, struct hv_error *err),
	(inner(store), snapshot, err))
FORWARD(snapshot_set_state,
	(struct store *store, struct snapshot *snapshot, enum snapshot_state state, int64_t now_us,
		struct hv_error *err),
	(inner(store), snapshot, state, now_us, err))
FORWARD(snapshot_describe,
	(struct store *store, const struct snapshot *snapshot, struct hv_error *err),
	(inner(store), snapshot, err))
FORWARD(snapshot_update,
	(struct store *store, const struct snapshot *snapshot, struct hv_error *err),
	(inner(store), snapshot, err))
FORWARD(snapshot_set_current,
	(struct store *store, int64_t vm_id, int64_t snapshot_id, struct hv_error *err),
	(inner(store), vm_id, snapshot_id, err))
FORWARD(snapshot_reparent,
	(struct store *store, int64_t snapshot_id, int64_t new_parent_id, struct hv_error *err),
	(inner(store), snapshot_id, new_parent_id, err))
FORWARD(snapshot_discard,
	(struct store *store, int64_t snapshot_id, struct hv_error *err),
	(inner(store), snapshot_id, err))
FORWARD(volume_snapshot_list,
	(struct store *store, int64_t vm_id, struct volume_snapshot_list *list, struct hv_error *err),
	(inner(store), vm_id, list, err))
FORWARD(volume_snapshot_get,
	(struct store *store, int64_t id, struct volume_snapshot *ret_copy, struct hv_error *err),
	(inner(store), id, ret_copy, err))
FORWARD(volume_snapshot_by_uuid,
	(struct store *store, const struct hv_uuid *uuid, struct volume_snapshot *ret_copy, struct hv_error *err),
	(inner(store), uuid, ret_copy, err))
FORWARD(volume_snapshot_query,
	(struct store *store, const struct volume_snapshot_query *query,
		bool (*each)(void *context, const struct volume_snapshot_row *row), void *context, int64_t *ret_total,
		struct hv_error *err),
	(inner(store), query, each, context, ret_total, err))
FORWARD(volume_snapshot_insert,
	(struct store *store, struct volume_snapshot *copy, struct hv_error *err),
	(inner(store), copy, err))
FORWARD(volume_snapshot_set_state,
	(struct store *store, struct volume_snapshot *copy, enum snapshot_state state, int64_t now_us,
		struct hv_error *err),
	(inner(store), copy, state, now_us, err))
FORWARD(volume_snapshot_update,
	(struct store *store, const struct volume_snapshot *copy, struct hv_error *err),
	(inner(store), copy, err))
FORWARD(volume_snapshot_discard,
	(struct store *store, int64_t id, struct hv_error *err),
	(inner(store), id, err))
FORWARD(operation_get,
	(struct store *store, int64_t id, struct operation *ret_operation, struct hv_error *err),
	(inner(store), id, ret_operation, err))
FORWARD(operation_by_uuid,
	(struct store *store, const struct hv_uuid *uuid, struct operation *ret_operation,
		struct hv_error *err),
	(inner(store), uuid, ret_operation, err))
FORWARD(operation_live,
	(struct store *store, int64_t host_id, int64_t vm_id, struct operation_list *list,
		struct hv_error *err),
	(inner(store), host_id, vm_id, list, err))
FORWARD(operation_recent,
	(struct store *store, int64_t limit, struct operation_list *list, struct hv_error *err),
	(inner(store), limit, list, err))
FORWARD(operation_last_done,
	(struct store *store, int64_t vm_id, enum operation_kind kind, const struct hv_uuid *group,
		struct operation *ret_operation, struct hv_error *err),
	(inner(store), vm_id, kind, group, ret_operation, err))
FORWARD(operation_insert,
	(struct store *store, struct operation *operation, struct hv_error *err),
	(inner(store), operation, err))
FORWARD(operation_save,
	(struct store *store, const struct operation *operation, struct hv_error *err),
	(inner(store), operation, err))
FORWARD(operation_take_over,
	(struct store *store, struct operation *operation, const char *owner, int64_t lease_until_us,
		struct hv_error *err),
	(inner(store), operation, owner, lease_until_us, err))
FORWARD(operation_ask_cancel,
	(struct store *store, int64_t id, struct hv_error *err),
	(inner(store), id, err))
FORWARD(operation_renew,
	(struct store *store, const char *owner, int64_t lease_until_us, struct hv_error *err),
	(inner(store), owner, lease_until_us, err))
FORWARD(setting_get,
	(struct store *store, const char *name, char **ret_value, struct hv_error *err),
	(inner(store), name, ret_value, err))
FORWARD(setting_set,
	(struct store *store, const char *name, const char *value, struct hv_error *err),
	(inner(store), name, value, err))
FORWARD(snapshots_enabled,
	(struct store *store, const char *version, bool *ret_enabled, struct hv_error *err),
	(inner(store), version, ret_enabled, err))
FORWARD(offering_ensure,
	(struct store *store, const char *name, int64_t cpus, int64_t memory_bytes, int64_t *ret_id,
		struct hv_error *err),
	(inner(store), name, cpus, memory_bytes, ret_id, err))
FORWARD(offering_list,
	(struct store *store, const struct account *seen_by, struct service_offering_list *list,
		struct hv_error *err),
	(inner(store), seen_by, list, err))
FORWARD(offering_get,
	(struct store *store, int64_t id, struct service_offering *ret_offering, struct hv_error *err),
	(inner(store), id, ret_offering, err))
FORWARD(offering_by_name,
	(struct store *store, const char *name, struct service_offering *ret_offering, struct hv_error *err),
	(inner(store), name, ret_offering, err))
FORWARD(offering_remove,
	(struct store *store, int64_t id, struct hv_error *err),
	(inner(store), id, err))
FORWARD(capability_list,
	(struct store *store, struct hypervisor_capability_list *list, struct hv_error *err),
	(inner(store), list, err))
FORWARD(capability_set,
	(struct store *store, const char *version, bool snapshots, struct hv_error *err),
	(inner(store), version, snapshots, err))
FORWARD(offering_name,
	(struct store *store, int64_t id, char **ret_name, struct hv_error *err),
	(inner(store), id, ret_name, err))
FORWARD(account_ensure,
	(struct store *store, const char *name, const char *domain_path, int64_t *ret_account_id,
		int64_t *ret_domain_id, struct hv_error *err),
	(inner(store), name, domain_path, ret_account_id, ret_domain_id, err))
FORWARD(account_names,
	(struct store *store, int64_t account_id, char **ret_account, char **ret_domain,
		struct hv_error *err),
	(inner(store), account_id, ret_account, ret_domain, err))
FORWARD(event_insert,
	(struct store *store, int64_t now_us, const char *who, const char *what, const char *details,
		int64_t vm_id, int64_t snapshot_id, enum hv_status outcome, struct hv_error *err),
	(inner(store), now_us, who, what, details, vm_id, snapshot_id, outcome, err))
FORWARD(account_list,
	(struct store *store, struct account_list *list, struct hv_error *err),
	(inner(store), list, err))
FORWARD(account_by_user,
	(struct store *store, const char *os_user, struct account *ret_account, struct hv_error *err),
	(inner(store), os_user, ret_account, err))
FORWARD(account_save,
	(struct store *store, const struct account *account, struct hv_error *err),
	(inner(store), account, err))
FORWARD(account_remove,
	(struct store *store, int64_t id, struct hv_error *err),
	(inner(store), id, err))
FORWARD(vm_set_account,
	(struct store *store, int64_t vm_id, int64_t account_id, struct hv_error *err),
	(inner(store), vm_id, account_id, err))
FORWARD(event_query,
	(struct store *store, const struct event_query *query,
		bool (*each)(void *context, const struct event_row *row), void *context, int64_t *ret_total,
		struct hv_error *err),
	(inner(store), query, each, context, ret_total, err))
/* clang-format on */

static void cut_set_origin(struct store *store, const char *origin)
{
	inner(store)->ops->set_origin(inner(store), origin);
}

static void cut_close(struct store *store)
{
	(void)store; /* the inner one belongs to the test */
}

static enum hv_status cut_begin(struct store *store, struct hv_error *err)
{
	enum hv_status status = meet(store, err);
	return status == HV_OK ? inner(store)->ops->begin(inner(store), err) : status;
}

static bool dies_here(struct cut_store *cut)
{
	if (!cut->dead && cut->cut && cut->cut(cut->cut_context)) {
		cut->dead = true;
	}
	return cut->dead;
}

/* A console that died after its commit has committed, and does not know. */
static enum hv_status cut_commit(struct store *store, struct hv_error *err)
{
	struct cut_store *cut = self(store);
	enum hv_status status = meet(store, err);
	if (status == HV_OK && dies_here(cut)) {
		status = hv_error_set(err, HV_ERR_STORE, "the console is dead");
	}
	if (status != HV_OK) {
		return status;
	}
	cut->commits++;
	status = cut->inner->ops->commit(cut->inner, err);
	if (status == HV_OK && dies_here(cut)) {
		status = hv_error_set(err, HV_ERR_STORE, "the console is dead");
	}
	return status;
}

static void cut_rollback(struct store *store)
{
	inner(store)->ops->rollback(inner(store));
}

static void cut_idle(struct store *store)
{
	inner(store)->ops->idle(inner(store));
}

static const struct store_ops cut_ops = {
	.close = cut_close,
	.begin = cut_begin,
	.commit = cut_commit,
	.rollback = cut_rollback,
	.idle = cut_idle,
	.last_change = cut_last_change,
	.changes = cut_changes,
	.host_list = cut_host_list,
	.host_get = cut_host_get,
	.host_save = cut_host_save,
	.host_set_state = cut_host_set_state,
	.host_remove = cut_host_remove,
	.vm_list = cut_vm_list,
	.vm_get = cut_vm_get,
	.vm_by_uuid = cut_vm_by_uuid,
	.vm_find = cut_vm_find,
	.vm_query = cut_vm_query,
	.vm_snapshot_count = cut_vm_snapshot_count,
	.vm_save = cut_vm_save,
	.vm_set_state = cut_vm_set_state,
	.vm_forget_destroyed = cut_vm_forget_destroyed,
	.vm_set_offering = cut_vm_set_offering,
	.vm_set_running_since = cut_vm_set_running_since,
	.vm_set_revision = cut_vm_set_revision,
	.volume_list = cut_volume_list,
	.volume_replace = cut_volume_replace,
	.untracked_list = cut_untracked_list,
	.untracked_replace = cut_untracked_replace,
	.snapshot_list = cut_snapshot_list,
	.snapshot_get = cut_snapshot_get,
	.snapshot_by_uuid = cut_snapshot_by_uuid,
	.snapshot_query = cut_snapshot_query,
	.snapshot_insert = cut_snapshot_insert,
	.snapshot_set_state = cut_snapshot_set_state,
	.snapshot_describe = cut_snapshot_describe,
	.snapshot_update = cut_snapshot_update,
	.snapshot_set_current = cut_snapshot_set_current,
	.snapshot_reparent = cut_snapshot_reparent,
	.snapshot_discard = cut_snapshot_discard,
	.volume_snapshot_list = cut_volume_snapshot_list,
	.volume_snapshot_get = cut_volume_snapshot_get,
	.volume_snapshot_by_uuid = cut_volume_snapshot_by_uuid,
	.volume_snapshot_query = cut_volume_snapshot_query,
	.volume_snapshot_insert = cut_volume_snapshot_insert,
	.volume_snapshot_set_state = cut_volume_snapshot_set_state,
	.volume_snapshot_update = cut_volume_snapshot_update,
	.volume_snapshot_discard = cut_volume_snapshot_discard,
	.operation_get = cut_operation_get,
	.operation_by_uuid = cut_operation_by_uuid,
	.operation_live = cut_operation_live,
	.operation_recent = cut_operation_recent,
	.operation_last_done = cut_operation_last_done,
	.operation_insert = cut_operation_insert,
	.operation_save = cut_operation_save,
	.operation_take_over = cut_operation_take_over,
	.operation_ask_cancel = cut_operation_ask_cancel,
	.operation_renew = cut_operation_renew,
	.setting_get = cut_setting_get,
	.setting_set = cut_setting_set,
	.snapshots_enabled = cut_snapshots_enabled,
	.offering_ensure = cut_offering_ensure,
	.offering_list = cut_offering_list,
	.offering_get = cut_offering_get,
	.offering_by_name = cut_offering_by_name,
	.offering_remove = cut_offering_remove,
	.capability_list = cut_capability_list,
	.capability_set = cut_capability_set,
	.offering_name = cut_offering_name,
	.account_ensure = cut_account_ensure,
	.account_names = cut_account_names,
	.account_list = cut_account_list,
	.account_by_user = cut_account_by_user,
	.account_save = cut_account_save,
	.account_remove = cut_account_remove,
	.vm_set_account = cut_vm_set_account,
	.set_origin = cut_set_origin,
	.event_insert = cut_event_insert,
	.event_query = cut_event_query,
};

void cut_store_init(struct cut_store *cut, struct store *inner_store)
{
	*cut = (struct cut_store){.base = {&cut_ops}, .inner = inner_store};
}
