/*
 * Inside of the SQLite store: what its files share. Nothing outside this folder includes this.
 *
 * One connection a store, used by one thread, never carried across fork(). Checkpoints of the write-ahead log run
 * only while this process holds the writer's lock (idle.c says why), so nothing else may ever start one.
 */
#ifndef HV_STORE_SQLITE_SQLITE_STORE_H
#define HV_STORE_SQLITE_SQLITE_STORE_H

#include <sqlite3.h>
#include <time.h>
#include "backend/store/sqlite/change_set.h"
#include "backend/store/store.h"

#define STORE_APPLICATION_ID 0x68767472 /* "hvtr", shown by file(1) */
#define STORE_SEED_ID 1 /* of the root domain, the account admin and the offering default */

struct cached_statement {
	const char *sql; /* identity, not text */
	sqlite3_stmt *statement;
};

struct query;

struct sqlite_store {
	struct store base;
	sqlite3 *database;
	sqlite3 *lock_holder; /* second connection that holds the writer's lock during a checkpoint; NULL until needed */
	char *path;           /* absolute, symbolic links resolved */
	char *origin;         /* of the audit rows that are written here (A2); NULL: not told */
	int busy_ms;
	int64_t busy_since_us;
	bool in_transaction;
	bool damaged; /* a page could not be understood: nothing is written any more */
	struct timespec log_moved;  /* when the log was written last, as of the last time that all of it was moved */
	struct cached_statement *cache; /* open addressing, power of two */
	size_t cache_count;
	size_t cache_capacity;
	struct change_set pending;  /* of the transaction that runs */
	int64_t last_sequence;      /* the newest change that this connection knows of */
	int64_t data_version;       /* of SQLite, when last_sequence was read; -1 not read yet */
};

static inline struct sqlite_store *sqlite_store(struct store *store)
{
	return (struct sqlite_store *)store;
}

/* open.c: store_open_sqlite() */
void store_close(struct store *store);

/* path.c */
/**
 * Find or make the file. *ret_path is absolute and without symbolic links; *ret_new when the file is empty now.
 * Nothing that exists is opened, written or changed in mode.
 */
enum hv_status store_prepare_path(const char *path, char **ret_path, bool *ret_new, struct hv_error *err);

/* migrate.c */
/** Refuse what is not ours, damaged or newer; HV_OK when the file may be opened for writing. Writes nothing. */
enum hv_status store_check_file(const char *path, struct hv_error *err);
/** The same on the open connection, which also sees what is only in the write-ahead log. */
enum hv_status store_check_identity(struct sqlite_store *store, struct hv_error *err);
/** Bring the structure to this program's version; every step in one transaction. */
enum hv_status store_migrate(struct sqlite_store *store, struct hv_error *err);


/* schema.c: the migrations; [i] is the list of statements, ended by NULL, that leads from version i to i + 1. */
extern const char *const *const store_migrations[];
extern const int store_migration_count;

/* failure.c */
/** "the store '...' <what>; nothing was changed; <advice>". */
enum hv_status store_refuse(const char *path, const char *what, const char *advice, struct hv_error *err);
/** Turn the connection's last error into a sentence: what happened, what is true now, what to do. */
enum hv_status store_failure(struct sqlite_store *store, int code, struct hv_error *err);
/** The same for a database that is no store yet. */
enum hv_status store_failure_at(
	const char *path, sqlite3 *database, int code, struct hv_error *err);
bool store_is_unique_failure(const struct sqlite_store *store);
bool store_is_reference_failure(const struct sqlite_store *store);
bool store_is_check_failure(const struct sqlite_store *store);

/* transaction.c, idle.c */
enum hv_status store_begin(struct store *store, struct hv_error *err);
enum hv_status store_commit(struct store *store, struct hv_error *err);
void store_rollback(struct store *store);
void store_idle(struct store *store);
/** Move the write-ahead log into the file if it is longer than `bytes` and nobody writes. */
void store_move_log(struct sqlite_store *store, int64_t bytes);
int store_busy_handler(void *context, int count);
/** HV_ERR_INVALID outside of a transaction: the first line of every [W] function. */
enum hv_status store_require_transaction(const struct sqlite_store *store, struct hv_error *err);
/**
 * Several writes that are all done or none, within the transaction: begin, write, and hand the status so far to the
 * end, which returns it, or the failure to keep what was written.
 */
enum hv_status store_begin_part(struct sqlite_store *store, struct hv_error *err);
enum hv_status store_end_part(struct sqlite_store *store, enum hv_status status, struct hv_error *err);
enum hv_status store_run(struct sqlite_store *store, const char *sql, struct hv_error *err);

/* change.c */
void store_mark(struct sqlite_store *store, enum change_kind kind, int64_t id, int64_t vm_id);
static inline void store_mark_host(struct sqlite_store *store, int64_t host_id)
{
	store_mark(store, CHANGE_HOST, host_id, 0);
}
static inline void store_mark_vm(struct sqlite_store *store, int64_t vm_id)
{
	store_mark(store, CHANGE_VM, vm_id, vm_id);
}
static inline void store_mark_tree(struct sqlite_store *store, int64_t vm_id)
{
	store_mark(store, CHANGE_TREE, vm_id, vm_id);
}
/** Write the marked changes; part of the commit. */
enum hv_status store_flush_changes(
	struct sqlite_store *store, int64_t *ret_last_sequence, struct hv_error *err);
enum hv_status store_last_change(struct store *store, int64_t *ret_sequence, struct hv_error *err);
enum hv_status store_changes(struct store *store, int64_t after, struct change *ret_changes, size_t capacity,
	size_t *ret_count, bool *ret_reload, struct hv_error *err);

/* summary.c */
/** Make the summary of the VM's snapshots anew; in the transaction that changed them. */
enum hv_status store_summarise(struct sqlite_store *store, int64_t vm_id, struct hv_error *err);
enum hv_status store_summarise_all(struct sqlite_store *store, struct hv_error *err);

/* text_search.c: text_contains() and search_words() for SQL */
enum hv_status store_register_functions(struct sqlite_store *store, struct hv_error *err);

/* keyword_index.c */
/** After the row was made; only live ones are in the index. */
enum hv_status keyword_index_add(struct sqlite_store *store, int64_t vm_id, int64_t id, struct hv_error *err);
/** The row was live and will not be; its texts are still there. */
enum hv_status keyword_index_drop(struct sqlite_store *store, int64_t vm_id, int64_t id, struct hv_error *err);
/** What snapshot_words is to be asked for all candidates of a folded keyword; NULL when it is too short for the index.
 * Caller frees. */
char *keyword_index_match(const char *key);
/** Whether there are few candidates: then the index drives the query, else reading in order ends sooner. */
enum hv_status keyword_index_is_narrow(
	struct sqlite_store *store, const char *match, bool *ret_narrow, struct hv_error *err);

/* The rest of the table of functions, by topic: host.c removal.c vm.c vm_detail.c snapshot.c snapshot_write.c query.c
 * operation.c setting.c owner.c account.c audit.c */
#define STORE_FUNCTION(name, ...) enum hv_status name(struct store *store, __VA_ARGS__, struct hv_error *err)
STORE_FUNCTION(store_host_list, struct host_list *list);
STORE_FUNCTION(store_host_get, int64_t id, struct host *ret_host);
STORE_FUNCTION(store_host_save, struct host *host);
STORE_FUNCTION(store_host_set_state, const struct host *host);
STORE_FUNCTION(store_host_remove, int64_t id);
STORE_FUNCTION(store_vm_list, int64_t host_id, struct virtual_machine_list *list);
STORE_FUNCTION(store_vm_get, int64_t id, struct virtual_machine *ret_vm);
STORE_FUNCTION(store_vm_by_uuid, const struct hv_uuid *uuid, struct virtual_machine *ret_vm);
STORE_FUNCTION(store_vm_find, const char *name_or_uuid, struct virtual_machine_list *list);
enum hv_status store_vm_query(struct store *store, const struct vm_query *query,
	bool (*each)(void *context, const struct virtual_machine *vm), void *context, int64_t *ret_total,
	struct hv_error *err);
STORE_FUNCTION(store_vm_snapshot_count, int64_t vm_id, int64_t *ret_count);
STORE_FUNCTION(store_vm_save, struct virtual_machine *vm);
STORE_FUNCTION(store_vm_set_state, struct virtual_machine *vm, enum vm_state state);
STORE_FUNCTION(store_vm_forget_destroyed, int64_t host_id, int64_t before_us);
STORE_FUNCTION(store_vm_set_offering, int64_t vm_id, int64_t offering_id);
STORE_FUNCTION(store_vm_set_running_since, int64_t vm_id, int64_t since_us);
STORE_FUNCTION(store_vm_set_revision, int64_t vm_id, int64_t revision);
STORE_FUNCTION(store_volume_list, int64_t vm_id, struct volume_list *list);
STORE_FUNCTION(store_volume_replace, int64_t vm_id, const struct volume_list *list);
STORE_FUNCTION(store_untracked_list, int64_t vm_id, struct checkpoint_list *list);
STORE_FUNCTION(store_untracked_replace, int64_t vm_id, const struct checkpoint_list *list);
STORE_FUNCTION(store_snapshot_list, int64_t vm_id, struct snapshot_list *list);
STORE_FUNCTION(store_snapshot_get, int64_t id, struct snapshot *ret_snapshot);
STORE_FUNCTION(store_snapshot_by_uuid, const struct hv_uuid *uuid, struct snapshot *ret_snapshot);
enum hv_status store_snapshot_query(struct store *store, const struct snapshot_query *query,
	bool (*each)(void *context, const struct snapshot_row *row), void *context, int64_t *ret_total,
	struct hv_error *err);
STORE_FUNCTION(store_snapshot_insert, struct snapshot *snapshot);
STORE_FUNCTION(
	store_snapshot_set_state, struct snapshot *snapshot, enum snapshot_state state, int64_t now_us);
STORE_FUNCTION(store_snapshot_update, const struct snapshot *snapshot);
STORE_FUNCTION(store_snapshot_describe, const struct snapshot *snapshot);
STORE_FUNCTION(store_snapshot_set_current, int64_t vm_id, int64_t snapshot_id);
STORE_FUNCTION(store_snapshot_reparent, int64_t snapshot_id, int64_t new_parent_id);
STORE_FUNCTION(store_snapshot_discard, int64_t snapshot_id);
STORE_FUNCTION(store_volume_snapshot_list, int64_t vm_id, struct volume_snapshot_list *list);
STORE_FUNCTION(store_volume_snapshot_get, int64_t id, struct volume_snapshot *ret_copy);
STORE_FUNCTION(store_volume_snapshot_by_uuid, const struct hv_uuid *uuid, struct volume_snapshot *ret_copy);
enum hv_status store_volume_snapshot_query(struct store *store, const struct volume_snapshot_query *query,
	bool (*each)(void *context, const struct volume_snapshot_row *row), void *context, int64_t *ret_total,
	struct hv_error *err);
/** The row that the statement stands on, in the order of VOLUME_SNAPSHOT_COLUMNS. */
void read_volume_snapshot(struct query *query, struct volume_snapshot *copy);
#define VOLUME_SNAPSHOT_COLUMNS                                                                            \
	"s.id, s.uuid, s.vm_id, s.volume_uuid, s.volume_name, s.account_id, s.domain_id, s.name, s.state," \
	" s.path, s.size, s.created_by, s.created, s.updated, s.removed, s.update_count"
STORE_FUNCTION(store_volume_snapshot_insert, struct volume_snapshot *copy);
STORE_FUNCTION(
	store_volume_snapshot_set_state, struct volume_snapshot *copy, enum snapshot_state state, int64_t now_us);
STORE_FUNCTION(store_volume_snapshot_update, const struct volume_snapshot *copy);
STORE_FUNCTION(store_volume_snapshot_discard, int64_t id);
STORE_FUNCTION(store_operation_get, int64_t id, struct operation *ret_operation);
STORE_FUNCTION(store_operation_by_uuid, const struct hv_uuid *uuid, struct operation *ret_operation);
STORE_FUNCTION(store_operation_live, int64_t host_id, int64_t vm_id, struct operation_list *list);
STORE_FUNCTION(store_operation_recent, int64_t limit, struct operation_list *list);
STORE_FUNCTION(store_operation_last_done, int64_t vm_id, enum operation_kind kind,
	const struct hv_uuid *group, struct operation *ret_operation);
STORE_FUNCTION(store_operation_insert, struct operation *operation);
STORE_FUNCTION(store_operation_save, const struct operation *operation);
STORE_FUNCTION(store_operation_take_over, struct operation *operation, const char *owner,
	int64_t lease_until_us);
STORE_FUNCTION(store_operation_ask_cancel, int64_t id);
STORE_FUNCTION(store_operation_renew, const char *owner, int64_t lease_until_us);
STORE_FUNCTION(store_setting_get, const char *name, char **ret_value);
STORE_FUNCTION(store_setting_set, const char *name, const char *value);
STORE_FUNCTION(store_snapshots_enabled, const char *version, bool *ret_enabled);
STORE_FUNCTION(store_offering_ensure, const char *name, int64_t cpus, int64_t memory_bytes, int64_t *ret_id);
STORE_FUNCTION(store_offering_list, const struct account *seen_by, struct service_offering_list *list);
STORE_FUNCTION(store_offering_get, int64_t id, struct service_offering *ret_offering);
STORE_FUNCTION(store_offering_by_name, const char *name, struct service_offering *ret_offering);
STORE_FUNCTION(store_offering_remove, int64_t id);
STORE_FUNCTION(store_capability_list, struct hypervisor_capability_list *list);
STORE_FUNCTION(store_capability_set, const char *version, bool snapshots);
STORE_FUNCTION(store_offering_name, int64_t id, char **ret_name);
STORE_FUNCTION(store_account_ensure, const char *name, const char *domain_path, int64_t *ret_account_id,
	int64_t *ret_domain_id);
STORE_FUNCTION(store_account_names, int64_t account_id, char **ret_account, char **ret_domain);
STORE_FUNCTION(store_event_insert, int64_t now_us, const char *who, const char *what, const char *details,
	int64_t vm_id, int64_t snapshot_id, enum hv_status outcome);
enum hv_status store_event_query(struct store *store, const struct event_query *query,
	bool (*each)(void *context, const struct event_row *row), void *context, int64_t *ret_total,
	struct hv_error *err);
STORE_FUNCTION(store_account_list, struct account_list *list);
STORE_FUNCTION(store_account_by_user, const char *os_user, struct account *ret_account);
STORE_FUNCTION(store_account_save, const struct account *account);
STORE_FUNCTION(store_account_remove, int64_t id);
STORE_FUNCTION(store_vm_set_account, int64_t vm_id, int64_t account_id);
void store_set_origin(struct store *store, const char *origin);

#endif
