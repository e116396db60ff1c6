/*
 * What must hold between the tables is said in check.c.
 *
 *   vm -- disk -- layer (a tree by `parent`: base file and differencing files) -- content (key, value; NULL = removed)
 *    |      \_ top: the file that the running state writes to
 *    |-- checkpoint (a tree by `parent`) -- frozen: one layer of each disk
 *    |-- parent: the checkpoint that the running state descends from
 *    |-- job: what the host does to the VM now, at most one    |-- merge: hidden layers on their way out
 *   |-- export: a copy of the VM on the host's disk: a row of vm of its own (`copy_of`) with all that hangs on one. Of a VM
 *   |   that is not registered the VM's own rows are what the export holds, and its `copy` is NULL.
 *   |-- volume_snapshot: a disk of its own, of no VM, and kept when the VM goes
 * A disk of no VM that is no volume snapshot is a file that lies there.
 * journal: what agents were asked and answered.  session: agents that live.  fault: what goes wrong next.
 */
#include "backend/sim/schema.h"

#include <inttypes.h>

#define APPLICATION_ID 0x6876736d /* "hvsm" */
#define SCHEMA_VERSION 2

/* Tables that a migration makes anew: the same text under the name that they have meanwhile. */
#define VM_COLUMNS                                                                                          \
	"(id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL, name TEXT NOT NULL,"                    \
	"  state TEXT NOT NULL CHECK (state IN ('Running','Stopped','Saved','Paused','Starting','Stopping'))," \
	"  cpus INTEGER NOT NULL, memory_bytes INTEGER NOT NULL, production INTEGER NOT NULL,"              \
	"  parent INTEGER REFERENCES checkpoint(id),"                                                       \
	"  state_revision INTEGER NOT NULL DEFAULT 1, tree_revision INTEGER NOT NULL DEFAULT 1,"            \
	"  edits INTEGER NOT NULL DEFAULT 0, registered INTEGER NOT NULL DEFAULT 1,"                        \
	"  copy_of INTEGER REFERENCES vm(id)) STRICT;"
#define DISK_COLUMNS                                                                                        \
	"(id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL, vm INTEGER REFERENCES vm(id),"          \
	"  name TEXT NOT NULL, position INTEGER NOT NULL, size_bytes INTEGER NOT NULL,"                     \
	"  top INTEGER REFERENCES layer(id) DEFERRABLE INITIALLY DEFERRED,"                                 \
	"  UNIQUE (vm, position), UNIQUE (vm, uuid)) STRICT;"
#define CHECKPOINT_COLUMNS                                                                                  \
	"(id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL, vm INTEGER NOT NULL REFERENCES vm(id)," \
	"  name TEXT NOT NULL, parent INTEGER REFERENCES checkpoint(id), kind TEXT NOT NULL,"               \
	"  has_memory INTEGER NOT NULL, created_us INTEGER NOT NULL, cpus INTEGER NOT NULL,"                \
	"  memory_bytes INTEGER NOT NULL, UNIQUE (vm, uuid)) STRICT;"
#define JOB_COLUMNS                                                                                         \
	"(id INTEGER PRIMARY KEY AUTOINCREMENT, vm INTEGER NOT NULL UNIQUE REFERENCES vm(id),"              \
	"  kind TEXT NOT NULL,"                                                                             \
	"  operation TEXT, command TEXT, started_us INTEGER NOT NULL, due_us INTEGER NOT NULL,"             \
	"  state_before TEXT NOT NULL, checkpoint INTEGER REFERENCES checkpoint(id), checkpoint_uuid TEXT," \
	"  checkpoint_name TEXT, with_memory INTEGER NOT NULL DEFAULT 0, code TEXT, details TEXT,"          \
	"  export INTEGER REFERENCES export(id),"                                                           \
	"  volume_snapshot INTEGER REFERENCES volume_snapshot(id)) STRICT;"

/* What version 2 brought: exports, and copies of disks. */
static const char tables_of_2[] =
	"CREATE UNIQUE INDEX vm_uuid ON vm(uuid) WHERE copy_of IS NULL;"
	"CREATE INDEX vm_copy ON vm(copy_of) WHERE copy_of IS NOT NULL;"
	"CREATE INDEX checkpoint_parent ON checkpoint(parent);"
	"CREATE TABLE export ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,"
	"  vm INTEGER NOT NULL REFERENCES vm(id),"
	"  state TEXT NOT NULL CHECK (state IN ('Running','Complete','Broken')),"
	"  disks INTEGER NOT NULL, created_us INTEGER NOT NULL, bytes INTEGER NOT NULL,"
	"  copied_bytes INTEGER NOT NULL DEFAULT 0, copy INTEGER REFERENCES vm(id), digest TEXT,"
	"  edits INTEGER, blind INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE INDEX export_vm ON export(vm);"
	"CREATE TABLE volume_snapshot ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, vm_uuid TEXT NOT NULL,"
	"  volume_uuid TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,"
	"  disk INTEGER REFERENCES disk(id), created_us INTEGER) STRICT;"
	"CREATE INDEX volume_snapshot_vm ON volume_snapshot(vm_uuid);";

static const char tables[] =
	"CREATE TABLE host ("
	"  id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, guid TEXT NOT NULL, version TEXT NOT NULL,"
	"  speed INTEGER NOT NULL, latency_ms INTEGER NOT NULL, capacity_bytes INTEGER NOT NULL) STRICT;"
	"CREATE TABLE vm " VM_COLUMNS
	"CREATE TABLE disk " DISK_COLUMNS
	"CREATE TABLE layer ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, disk INTEGER NOT NULL REFERENCES disk(id),"
	"  parent INTEGER REFERENCES layer(id), path TEXT NOT NULL, bytes INTEGER NOT NULL) STRICT;"
	"CREATE INDEX layer_disk ON layer(disk);"
	"CREATE INDEX layer_parent ON layer(parent);"
	"CREATE TABLE content ("
	"  layer INTEGER NOT NULL REFERENCES layer(id), key TEXT NOT NULL, value TEXT,"
	"  PRIMARY KEY (layer, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE checkpoint " CHECKPOINT_COLUMNS
	"CREATE TABLE frozen ("
	"  checkpoint INTEGER NOT NULL REFERENCES checkpoint(id), disk INTEGER NOT NULL REFERENCES disk(id),"
	"  layer INTEGER NOT NULL UNIQUE REFERENCES layer(id), PRIMARY KEY (checkpoint, disk)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE vm_memory ("
	"  vm INTEGER NOT NULL REFERENCES vm(id), key TEXT NOT NULL, value TEXT NOT NULL,"
	"  PRIMARY KEY (vm, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE checkpoint_memory ("
	"  checkpoint INTEGER NOT NULL REFERENCES checkpoint(id), key TEXT NOT NULL, value TEXT NOT NULL,"
	"  PRIMARY KEY (checkpoint, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE job " JOB_COLUMNS
	"CREATE TABLE merge ("
	"  layer INTEGER PRIMARY KEY REFERENCES layer(id), vm INTEGER NOT NULL REFERENCES vm(id),"
	"  queued_us INTEGER NOT NULL, started_us INTEGER, due_us INTEGER) STRICT;"
	"CREATE TABLE session ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL, connected_us INTEGER NOT NULL) STRICT;"
	"CREATE TABLE journal ("
	"  operation TEXT NOT NULL, command TEXT NOT NULL, epoch INTEGER NOT NULL, intent TEXT NOT NULL,"
	"  written_us INTEGER NOT NULL, vm INTEGER, session INTEGER, step TEXT NOT NULL, checkpoint TEXT,"
	"  created_us INTEGER, result INTEGER, code TEXT, details TEXT, body TEXT, answered_us INTEGER,"
	"  PRIMARY KEY (operation, command)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX journal_open ON journal(vm) WHERE answered_us IS NULL;"
	"CREATE TABLE fault ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, command TEXT, argument TEXT,"
	"  remaining INTEGER) STRICT;";

/* Foreign keys are off meanwhile: a table that others refer to goes away and comes back under its name. */
static const char to_version_2[] =
	"CREATE TABLE new_vm " VM_COLUMNS
	"INSERT INTO new_vm (id, uuid, name, state, cpus, memory_bytes, production, parent, state_revision,"
	" tree_revision) SELECT id, uuid, name, state, cpus, memory_bytes, production, parent, state_revision,"
	" tree_revision FROM vm;"
	"DROP TABLE vm;"
	"ALTER TABLE new_vm RENAME TO vm;"
	"CREATE TABLE new_disk " DISK_COLUMNS
	"INSERT INTO new_disk SELECT id, uuid, vm, name, position, size_bytes, top FROM disk;"
	"DROP TABLE disk;"
	"ALTER TABLE new_disk RENAME TO disk;"
	"CREATE TABLE new_checkpoint " CHECKPOINT_COLUMNS
	"INSERT INTO new_checkpoint SELECT id, uuid, vm, name, parent, kind, has_memory, created_us, cpus,"
	" memory_bytes FROM checkpoint;"
	"DROP TABLE checkpoint;"
	"ALTER TABLE new_checkpoint RENAME TO checkpoint;"
	"CREATE TABLE new_job " JOB_COLUMNS
	"INSERT INTO new_job SELECT *, NULL, NULL FROM job;"
	"DROP TABLE job;"
	"ALTER TABLE new_job RENAME TO job;";

void schema_create(struct db *db)
{
	db_script(db, tables);
	db_script(db, tables_of_2);
	db_script(db, "PRAGMA application_id = 1752593261");
	db_script(db, "PRAGMA user_version = 2");
}

enum hv_status schema_configure(struct db *db, bool relaxed, struct hv_error *err)
{
	db_script(db, "PRAGMA foreign_keys = ON");
	db_script(db, "PRAGMA cell_size_check = ON");
	db_script(db, "PRAGMA wal_autocheckpoint = 0");
	db_script(db, relaxed ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL");
	return db_settle(db, err);
}

enum hv_status schema_check(struct db *db, struct hv_error *err)
{
	int64_t id = db_number(db, 0, "PRAGMA application_id", "");
	int64_t version = db_number(db, 0, "PRAGMA user_version", "");
	enum hv_status status = db_settle(db, err);
	if (status != HV_OK) {
		return status;
	}
	if (id != APPLICATION_ID) {
		return hv_error_set(err, HV_ERR_STORE, "'%s' is not the state file of a simulated host", db->path);
	}
	if (version < 1 || version > SCHEMA_VERSION) {
		return hv_error_set(err, HV_ERR_STORE,
			"'%s' is of version %" PRId64 "; this program knows version %d", db->path, version,
			SCHEMA_VERSION);
	}
	return HV_OK;
}

static void migrate(struct db *db)
{
	db_script(db, to_version_2);
	db_script(db, tables_of_2);
	db_script(db, "PRAGMA user_version = 2");
}

enum hv_status schema_upgrade(struct db *db, struct hv_error *err)
{
	if (db_number(db, 0, "PRAGMA user_version", "") == SCHEMA_VERSION) {
		return db_settle(db, err);
	}
	db_script(db, "PRAGMA foreign_keys = OFF");
	db_begin(db);
	/* somebody else may have done it while this one waited for the lock */
	if (db_number(db, 0, "SELECT user_version FROM pragma_user_version", "") < SCHEMA_VERSION) {
		migrate(db);
	}
	return db_commit(db, err);
}
