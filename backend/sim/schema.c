/*
 * What must hold between the tables is said in check.c.
 *
 *   vm -- disk -- layer (a tree by `parent`: base file and differencing files) -- content (key, value; NULL = removed)
 *    |      \_ top: the file that the running state writes to
 *    |-- checkpoint (a tree by `parent`) -- frozen: one layer of each disk
 *    |-- parent: the checkpoint that the running state descends from
 *    |-- job: what the host does to the VM now, at most one    |-- merge: hidden layers on their way out
 * journal: what agents were asked and answered.  session: agents that live.  fault: what goes wrong next.
 */
#include "backend/sim/schema.h"

#include <inttypes.h>

#define APPLICATION_ID 0x6876736d /* "hvsm" */
#define SCHEMA_VERSION 1

static const char tables[] =
	"CREATE TABLE host ("
	"  id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, guid TEXT NOT NULL, version TEXT NOT NULL,"
	"  speed INTEGER NOT NULL, latency_ms INTEGER NOT NULL, capacity_bytes INTEGER NOT NULL) STRICT;"
	"CREATE TABLE vm ("
	"  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
	"  state TEXT NOT NULL CHECK (state IN ('Running','Stopped','Saved','Paused','Starting','Stopping')),"
	"  cpus INTEGER NOT NULL, memory_bytes INTEGER NOT NULL, production INTEGER NOT NULL,"
	"  parent INTEGER REFERENCES checkpoint(id),"
	"  state_revision INTEGER NOT NULL DEFAULT 1, tree_revision INTEGER NOT NULL DEFAULT 1) STRICT;"
	"CREATE TABLE disk ("
	"  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, vm INTEGER NOT NULL REFERENCES vm(id),"
	"  name TEXT NOT NULL,"
	"  position INTEGER NOT NULL, size_bytes INTEGER NOT NULL,"
	"  top INTEGER REFERENCES layer(id) DEFERRABLE INITIALLY DEFERRED, UNIQUE (vm, position)) STRICT;"
	"CREATE TABLE layer ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, disk INTEGER NOT NULL REFERENCES disk(id),"
	"  parent INTEGER REFERENCES layer(id), path TEXT NOT NULL, bytes INTEGER NOT NULL) STRICT;"
	"CREATE INDEX layer_disk ON layer(disk);"
	"CREATE INDEX layer_parent ON layer(parent);"
	"CREATE TABLE content ("
	"  layer INTEGER NOT NULL REFERENCES layer(id), key TEXT NOT NULL, value TEXT,"
	"  PRIMARY KEY (layer, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE checkpoint ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, vm INTEGER NOT NULL REFERENCES vm(id),"
	"  name TEXT NOT NULL, parent INTEGER REFERENCES checkpoint(id), kind TEXT NOT NULL,"
	"  has_memory INTEGER NOT NULL, created_us INTEGER NOT NULL, cpus INTEGER NOT NULL,"
	"  memory_bytes INTEGER NOT NULL) STRICT;"
	"CREATE INDEX checkpoint_vm ON checkpoint(vm);"
	"CREATE INDEX checkpoint_parent ON checkpoint(parent);"
	"CREATE TABLE frozen ("
	"  checkpoint INTEGER NOT NULL REFERENCES checkpoint(id), disk INTEGER NOT NULL REFERENCES disk(id),"
	"  layer INTEGER NOT NULL UNIQUE REFERENCES layer(id), PRIMARY KEY (checkpoint, disk)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE vm_memory ("
	"  vm INTEGER NOT NULL REFERENCES vm(id), key TEXT NOT NULL, value TEXT NOT NULL,"
	"  PRIMARY KEY (vm, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE checkpoint_memory ("
	"  checkpoint INTEGER NOT NULL REFERENCES checkpoint(id), key TEXT NOT NULL, value TEXT NOT NULL,"
	"  PRIMARY KEY (checkpoint, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE job ("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT, vm INTEGER NOT NULL UNIQUE REFERENCES vm(id), kind TEXT NOT NULL,"
	"  operation TEXT, command TEXT, started_us INTEGER NOT NULL, due_us INTEGER NOT NULL,"
	"  state_before TEXT NOT NULL, checkpoint INTEGER REFERENCES checkpoint(id), checkpoint_uuid TEXT,"
	"  checkpoint_name TEXT, with_memory INTEGER NOT NULL DEFAULT 0, code TEXT, details TEXT) STRICT;"
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

void schema_create(struct db *db)
{
	db_script(db, tables);
	db_script(db, "PRAGMA application_id = 1752593261");
	db_script(db, "PRAGMA user_version = 1");
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
	if (version != SCHEMA_VERSION) {
		return hv_error_set(err, HV_ERR_STORE,
			"'%s' is of version %" PRId64 "; this program knows version %d", db->path, version,
			SCHEMA_VERSION);
	}
	return HV_OK;
}
