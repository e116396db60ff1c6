/*
 * The tables, after CloudStack's names, as numbered migrations. A migration that has been released is never changed:
 * the next one changes what it made.
 *
 * Rows of a VM lie together: vm_snapshots is clustered by (vm_id, id), so that a tree is one piece of the file.
 * Times are microseconds since 1970 UTC. A uuid is a blob of 16 bytes; NULL is "none". States, kinds and types are
 * spelled as in domain/names.h.
 */
#include "backend/store/sqlite/sqlite_store.h"

static const char *const version_1[] = {
	/* --- who owns, and what can be had --- */
	"CREATE TABLE domain ("
	" id INTEGER PRIMARY KEY,"
	" parent INTEGER REFERENCES domain (id),"
	" name TEXT NOT NULL,"
	" path TEXT NOT NULL UNIQUE" /* "/" or "/a/b": no slash at the end */
	") STRICT",

	"CREATE TABLE account ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL,"
	" domain_id INTEGER NOT NULL REFERENCES domain (id),"
	" UNIQUE (domain_id, name)"
	") STRICT",

	"CREATE TABLE service_offering ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" cpus INTEGER NOT NULL,"
	" memory_bytes INTEGER NOT NULL"
	") STRICT",

	"CREATE TABLE hypervisor_capabilities ("
	" hypervisor_type TEXT NOT NULL,"
	" hypervisor_version TEXT NOT NULL,"
	" vm_snapshot_enabled INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (hypervisor_type, hypervisor_version)"
	") STRICT, WITHOUT ROWID",

	"CREATE TABLE configuration ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" value TEXT NOT NULL"
	") STRICT, WITHOUT ROWID",

	/* --- hosts --- */
	"CREATE TABLE host ("
	" id INTEGER PRIMARY KEY,"
	" uuid BLOB CHECK (length(uuid) = 16),"
	" name TEXT NOT NULL,"
	" name_key TEXT NOT NULL UNIQUE," /* names are the same in any letter case */
	" group_name TEXT,"
	" transport TEXT,"
	" address TEXT,"
	" version TEXT,"
	" state TEXT NOT NULL,"
	" reason TEXT,"
	" seen INTEGER NOT NULL,"
	" free_bytes INTEGER NOT NULL"
	") STRICT",
	"CREATE UNIQUE INDEX host_uuid ON host (uuid) WHERE uuid IS NOT NULL",

	/* --- VMs --- */
	"CREATE TABLE vm_instance ("
	" id INTEGER PRIMARY KEY,"
	" uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),"
	" name TEXT NOT NULL,"
	" host_id INTEGER NOT NULL REFERENCES host (id),"
	" account_id INTEGER NOT NULL REFERENCES account (id),"
	" domain_id INTEGER NOT NULL REFERENCES domain (id),"
	" service_offering_id INTEGER NOT NULL REFERENCES service_offering (id),"
	" state TEXT NOT NULL,"
	" power_state TEXT NOT NULL,"
	" cpus INTEGER NOT NULL,"
	" memory_bytes INTEGER NOT NULL,"
	" checkpoint BLOB CHECK (length(checkpoint) = 16),"
	" untracked INTEGER NOT NULL,"
	" update_count INTEGER NOT NULL,"
	" missing INTEGER NOT NULL"
	") STRICT",
	"CREATE INDEX vm_instance_host ON vm_instance (host_id, name)",
	"CREATE INDEX vm_instance_name ON vm_instance (name)",

	"CREATE TABLE volumes ("
	" id INTEGER PRIMARY KEY,"
	" uuid BLOB NOT NULL CHECK (length(uuid) = 16),"
	" vm_id INTEGER NOT NULL REFERENCES vm_instance (id),"
	" name TEXT,"
	" volume_type TEXT NOT NULL CHECK (volume_type IN ('ROOT', 'DATADISK')),"
	" device_id INTEGER NOT NULL,"
	" path TEXT,"
	" size INTEGER NOT NULL,"
	" vm_snapshot_chain_size INTEGER NOT NULL,"
	" UNIQUE (vm_id, uuid)"
	") STRICT",

	"CREATE TABLE untracked_checkpoint (" /* T6 */
	" vm_id INTEGER NOT NULL REFERENCES vm_instance (id),"
	" uuid BLOB NOT NULL CHECK (length(uuid) = 16),"
	" parent BLOB CHECK (length(parent) = 16),"
	" name TEXT,"
	" kind TEXT NOT NULL,"
	" has_memory INTEGER NOT NULL,"
	" created INTEGER NOT NULL,"
	" size_bytes INTEGER NOT NULL,"
	" PRIMARY KEY (vm_id, uuid)"
	") STRICT, WITHOUT ROWID",

	/* --- VM snapshots --- */
	"CREATE TABLE counter (" /* ids are given out once, also when a row is taken back */
	" name TEXT NOT NULL PRIMARY KEY,"
	" value INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID",

	"CREATE TABLE vm_snapshots ("
	" vm_id INTEGER NOT NULL REFERENCES vm_instance (id),"
	" id INTEGER NOT NULL,"
	" uuid BLOB NOT NULL CHECK (length(uuid) = 16),"
	" name TEXT NOT NULL,"
	" display_name TEXT NOT NULL,"
	" display_key TEXT NOT NULL," /* T5: display_name as hv_text_name_key() makes it */
	" description TEXT,"
	" account_id INTEGER NOT NULL REFERENCES account (id),"
	" domain_id INTEGER NOT NULL REFERENCES domain (id),"
	" service_offering_id INTEGER NOT NULL REFERENCES service_offering (id),"
	" vm_snapshot_type TEXT NOT NULL,"
	" state TEXT NOT NULL,"
	" parent INTEGER,"
	" current INTEGER NOT NULL,"
	" quiesce INTEGER NOT NULL,"
	" checkpoint BLOB CHECK (length(checkpoint) = 16),"
	" size_bytes INTEGER NOT NULL,"
	" created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL,"
	" removed INTEGER NOT NULL," /* 0 while it lives */
	" update_count INTEGER NOT NULL,"
	" PRIMARY KEY (vm_id, id),"
	" FOREIGN KEY (vm_id, parent) REFERENCES vm_snapshots (vm_id, id),"
	" CHECK (removed = 0 OR current = 0),"
	" CHECK (parent IS NULL OR parent <> id)"
	") STRICT, WITHOUT ROWID",
	"CREATE UNIQUE INDEX vm_snapshots_id ON vm_snapshots (id)",
	"CREATE UNIQUE INDEX vm_snapshots_uuid ON vm_snapshots (uuid)",
	"CREATE UNIQUE INDEX vm_snapshots_name ON vm_snapshots (name)",
	"CREATE UNIQUE INDEX vm_snapshots_display ON vm_snapshots (vm_id, display_key) WHERE removed = 0",
	"CREATE UNIQUE INDEX vm_snapshots_current ON vm_snapshots (vm_id) WHERE current = 1",
	"CREATE INDEX vm_snapshots_parent ON vm_snapshots (vm_id, parent) WHERE parent IS NOT NULL",
	"CREATE INDEX vm_snapshots_created ON vm_snapshots (created, id, removed) WHERE removed = 0",

	"CREATE TABLE vm_snapshot_details ("
	" id INTEGER PRIMARY KEY,"
	" vm_snapshot_id INTEGER NOT NULL REFERENCES vm_snapshots (id) ON DELETE CASCADE,"
	" name TEXT NOT NULL,"
	" value TEXT,"
	" UNIQUE (vm_snapshot_id, name)"
	") STRICT",

	/* --- volume snapshots --- */
	"CREATE TABLE snapshots ("
	" id INTEGER PRIMARY KEY,"
	" uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),"
	" vm_id INTEGER REFERENCES vm_instance (id) ON DELETE SET NULL,"
	" volume_id INTEGER REFERENCES volumes (id) ON DELETE SET NULL,"
	" account_id INTEGER NOT NULL REFERENCES account (id),"
	" domain_id INTEGER NOT NULL REFERENCES domain (id),"
	" name TEXT NOT NULL,"
	" state TEXT NOT NULL,"
	" path TEXT,"
	" size INTEGER NOT NULL,"
	" created INTEGER NOT NULL,"
	" removed INTEGER NOT NULL,"
	" update_count INTEGER NOT NULL"
	") STRICT",
	"CREATE INDEX snapshots_vm ON snapshots (vm_id)",
	"CREATE INDEX snapshots_volume ON snapshots (volume_id)",

	/* --- operations --- */
	"CREATE TABLE operation ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),"
	" group_uuid BLOB CHECK (length(group_uuid) = 16),"
	" sequence INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" state TEXT NOT NULL,"
	" step TEXT NOT NULL,"
	" sent INTEGER NOT NULL,"
	" unknown INTEGER NOT NULL,"
	" host_id INTEGER NOT NULL REFERENCES host (id),"
	" vm_id INTEGER NOT NULL REFERENCES vm_instance (id),"
	" snapshot_id INTEGER,"
	" vm_snapshot_type TEXT NOT NULL,"
	" quiesce INTEGER NOT NULL,"
	" display_name TEXT,"
	" description TEXT,"
	" force INTEGER NOT NULL,"
	" vm_state_before TEXT NOT NULL,"
	" current_before INTEGER,"
	" percent INTEGER NOT NULL,"
	" phase TEXT,"
	" status TEXT NOT NULL,"
	" error TEXT,"
	" owner TEXT,"
	" lease_until INTEGER NOT NULL,"
	" epoch INTEGER NOT NULL,"
	" requested_by TEXT,"
	" created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL,"
	" finished INTEGER NOT NULL"
	") STRICT",
	/* X1: not a lock in memory, so that it holds across consoles and crashes */
	"CREATE UNIQUE INDEX operation_one_running ON operation (vm_id) WHERE state = 'Running'",
	"CREATE INDEX operation_live ON operation (group_uuid, sequence, id, vm_id, host_id)"
	" WHERE state IN ('Queued', 'Running')",
	"CREATE INDEX operation_ended ON operation (finished, id)"
	" WHERE state NOT IN ('Queued', 'Running')",
	"CREATE INDEX operation_vm ON operation (vm_id)",
	"CREATE INDEX operation_host ON operation (host_id)",

	/* --- audit (A2), and what other consoles read again --- */
	"CREATE TABLE event ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" created INTEGER NOT NULL,"
	" who TEXT NOT NULL,"
	" what TEXT NOT NULL,"
	" details TEXT,"
	" vm_id INTEGER,"
	" vm_snapshot_id INTEGER,"
	" outcome TEXT NOT NULL"
	") STRICT",
	"CREATE INDEX event_created ON event (created)",

	"CREATE TABLE change ("
	" sequence INTEGER PRIMARY KEY," /* the newest row is never deleted: numbers never come again */
	" kind INTEGER NOT NULL,"
	" id INTEGER NOT NULL,"
	" vm_id INTEGER NOT NULL"
	") STRICT",

	/* --- seeds: all STORE_SEED_ID; what Hyper-V can do (X5); the limit (C3) --- */
	"INSERT INTO domain (id, parent, name, path) VALUES (1, NULL, 'ROOT', '/')",
	"INSERT INTO account (id, name, domain_id) VALUES (1, 'admin', 1)",
	"INSERT INTO service_offering (id, name, cpus, memory_bytes) VALUES (1, 'default', 1, 1073741824)",
	"INSERT INTO hypervisor_capabilities (hypervisor_type, hypervisor_version, vm_snapshot_enabled)"
	" VALUES ('Hyperv', 'default', 1)",
	"INSERT INTO configuration (name, value) VALUES ('vmsnapshot.max', '10')",
	"INSERT INTO counter (name, value) VALUES ('vm_snapshots', 0)",
	NULL,
};

/* From where a change was asked for (A2), and the log of one VM without reading all of it. */
static const char *const version_2[] = {
	"ALTER TABLE event ADD COLUMN origin TEXT",
	"CREATE INDEX event_vm ON event (vm_id, id) WHERE vm_id IS NOT NULL",
	NULL,
};

/*
 * Keyword search (L1) at a million snapshots: for each piece of three characters, the live snapshots that have it.
 * The texts themselves stay in vm_snapshots alone, so what writes a row keeps the index in step (keyword_index.c).
 */
static const char *const version_3[] = {
	"CREATE VIRTUAL TABLE snapshot_words USING fts5 (words, content = '', columnsize = 0, detail = none,"
	" tokenize = 'trigram case_sensitive 1')",
	"INSERT INTO snapshot_words (rowid, words)"
	" SELECT id, search_words(display_name, name, description) FROM vm_snapshots WHERE removed = 0",
	NULL,
};

/* Who acts as which account, and with which right (A1). What was made before is an operator's, but for the first one. */
static const char *const version_4[] = {
	"ALTER TABLE account ADD COLUMN role TEXT NOT NULL DEFAULT 'Operator'",
	"ALTER TABLE account ADD COLUMN os_user TEXT",
	"UPDATE account SET role = 'Administrator' WHERE id = 1",
	"CREATE UNIQUE INDEX account_os_user ON account (os_user) WHERE os_user IS NOT NULL",
	"CREATE INDEX vm_instance_account ON vm_instance (account_id)",
	NULL,
};

/* When the running state was last put back to a snapshot (U4): what it has done since then is in none. */
static const char *const version_5[] = {
	"ALTER TABLE vm_instance ADD COLUMN running_since INTEGER NOT NULL DEFAULT 0",
	NULL,
};

/*
 * Stop policies and exports (P), volumes and volume snapshots (X2, X3), offering upgrades (X4): what the workflows need
 * to be continued from their rows, and the newest reading of each VM (an older one is not written over it).
 */
static const char *const version_6[] = {
	"ALTER TABLE host ADD COLUMN stop_policy TEXT NOT NULL DEFAULT 'keep'",
	"ALTER TABLE vm_instance ADD COLUMN revision INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE vm_instance ADD COLUMN registered INTEGER NOT NULL DEFAULT 1",
	"ALTER TABLE vm_instance ADD COLUMN export_uuid BLOB CHECK (length(export_uuid) = 16)",
	"ALTER TABLE vm_instance ADD COLUMN export_state TEXT NOT NULL DEFAULT 'None'",
	"ALTER TABLE vm_instance ADD COLUMN export_matches INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE operation ADD COLUMN export_uuid BLOB CHECK (length(export_uuid) = 16)",
	"ALTER TABLE operation ADD COLUMN cancel_asked INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE operation ADD COLUMN volume_uuid BLOB CHECK (length(volume_uuid) = 16)",
	"ALTER TABLE operation ADD COLUMN volume_snapshot_id INTEGER",
	"ALTER TABLE operation ADD COLUMN service_offering_id INTEGER",
	"ALTER TABLE operation ADD COLUMN path TEXT",
	"ALTER TABLE operation ADD COLUMN size INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE snapshots ADD COLUMN volume_uuid BLOB CHECK (length(volume_uuid) = 16)",
	"ALTER TABLE snapshots ADD COLUMN volume_name TEXT",
	"ALTER TABLE snapshots ADD COLUMN created_by TEXT",
	"ALTER TABLE snapshots ADD COLUMN updated INTEGER NOT NULL DEFAULT 0",
	NULL,
};

/* What a VM's closed row says of its snapshots, kept by the commits that change them (summary.c): the fleet is drawn
 * without reading a million of them. */
static const char *const version_7[] = {
	"ALTER TABLE vm_instance ADD COLUMN snapshots INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE vm_instance ADD COLUMN snapshots_on_host INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE vm_instance ADD COLUMN chain INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE vm_instance ADD COLUMN delta_bytes INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE vm_instance ADD COLUMN oldest INTEGER NOT NULL DEFAULT 0",
	NULL,
};

/* Who took a snapshot: of those that are there, as far as the operation is still known. */
static const char *const version_8[] = {
	"ALTER TABLE vm_snapshots ADD COLUMN created_by TEXT",
	"UPDATE vm_snapshots SET created_by = (SELECT requested_by FROM operation o WHERE o.vm_id = vm_snapshots.vm_id"
	" AND o.snapshot_id = vm_snapshots.id AND o.kind = 'CreateSnapshot' ORDER BY o.id LIMIT 1)",
	NULL,
};

const char *const *const store_migrations[] = {
	version_1,
	version_2,
	version_3,
	version_4,
	version_5,
	version_6,
	version_7,
	version_8,
};
const int store_migration_count = (int)HV_ARRAY_LEN(store_migrations);
