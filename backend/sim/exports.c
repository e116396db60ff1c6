#include "backend/sim/exports.h"

#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/copies.h"
#include "backend/sim/faults.h"
#include "backend/sim/layers.h"

/* A VM that has run since is not what was exported; one that nothing has happened to is. */
#define MATCHES                                                                                             \
	"(export.state = 'Complete' AND (NOT vm.registered OR (vm.edits = export.edits"                     \
	" AND vm.state = (SELECT copy.state FROM vm AS copy WHERE copy.id = export.copy))))"

bool exports_load(struct sim *sim, const char *uuid, struct export_row *ret_export)
{
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT export.id, export.vm, export.copy, export.state, export.disks, " MATCHES
		" FROM export JOIN vm ON vm.id = export.vm WHERE export.uuid = ?1",
		"s", uuid);
	if (!db_next(&sim->db, rows)) {
		return false;
	}
	*ret_export = (struct export_row){.id = sqlite3_column_int64(rows, 0),
		.vm = sqlite3_column_int64(rows, 1),
		.copy = sqlite3_column_int64(rows, 2),
		.complete = strcmp(db_column(rows, 3), "Complete") == 0,
		.broken = strcmp(db_column(rows, 3), "Broken") == 0,
		.with_disks = sqlite3_column_int64(rows, 4) != 0,
		.matches = sqlite3_column_int64(rows, 5) != 0};
	db_end(rows);
	return true;
}

static void set_state(struct sim *sim, int64_t export, const char *state)
{
	db_run(&sim->db, "UPDATE export SET state = ?2 WHERE id = ?1", "is", export, state);
}

static int64_t copy_of_export(struct sim *sim, int64_t export)
{
	return db_number(&sim->db, 0, "SELECT copy FROM export WHERE id = ?1", "i", export);
}

void exports_delete(struct sim *sim, int64_t export)
{
	int64_t vm = db_number(&sim->db, 0, "SELECT vm FROM export WHERE id = ?1", "i", export);
	int64_t copy = copy_of_export(sim, export);
	db_run(&sim->db, "DELETE FROM export WHERE id = ?1", "i", export);
	if (copy != 0) {
		copy_delete(sim, copy);
	}
	vm_touch_state(sim, vm);
}

/* `other_than`: 0 for none; `state`: NULL for any. */
static void delete_others(struct sim *sim, int64_t vm, int64_t other_than, const char *state)
{
	int64_t export;
	while ((export = db_number(&sim->db, 0,
			"SELECT id FROM export WHERE vm = ?1 AND id <> ?2 AND (?3 IS NULL OR state = ?3) LIMIT 1", "iis",
			vm, other_than, state)) != 0) {
		exports_delete(sim, export);
	}
}

void exports_delete_of(struct sim *sim, int64_t vm)
{
	delete_others(sim, vm, 0, NULL);
}

void exports_take_back(struct sim *sim, const struct job *job)
{
	if (db_number(&sim->db, 0, "SELECT state = 'Running' FROM export WHERE id = ?1", "i", job->export) != 0) {
		exports_delete(sim, job->export);
	}
}

void exports_delete_partial(struct sim *sim, int64_t vm)
{
	delete_others(sim, vm, 0, "Running");
}

int64_t exports_begin_copy(struct sim *sim, const struct vm_row *vm, const char *uuid, bool with_disks, int64_t bytes,
	int64_t now_us)
{
	struct export_row old;
	if (exports_load(sim, uuid, &old)) {
		exports_delete(sim, old.id); /* the VM has changed since; it is what counts */
	}
	vm_touch_state(sim, vm->id);
	return db_number(&sim->db, 0,
		"INSERT INTO export (uuid, vm, state, disks, created_us, bytes) VALUES (?1, ?2, 'Running', ?3, ?4, ?5)"
		" RETURNING id",
		"siiii", uuid, vm->id, (int64_t)with_disks, now_us, bytes);
}

void exports_stop_half_way(struct sim *sim, int64_t export)
{
	db_run(&sim->db, "UPDATE export SET copied_bytes = bytes / 2 WHERE id = ?1", "i", export);
}

/* --- the ends of jobs ------------------------------------------------------------------------------------------ */

/* The checkpoint that nobody would miss at once: one that nothing stands on. */
static void lose_checkpoint(struct sim *sim, int64_t copy, int64_t now_us)
{
	int64_t lost = db_number(&sim->db, 0,
		"SELECT id FROM checkpoint WHERE vm = ?1 ORDER BY EXISTS (SELECT 1 FROM checkpoint AS above"
		" WHERE above.parent = checkpoint.id), id LIMIT 1",
		"i", copy);
	if (lost != 0) {
		checkpoint_remove(sim, lost, now_us);
		layers_merge_now(sim, copy, now_us);
	}
}

void exports_finish_copy(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	struct db *db = &sim->db;
	bool with_disks = db_number(db, 0, "SELECT disks FROM export WHERE id = ?1", "i", job->export) != 0;
	int64_t bytes = db_number(db, 0, "SELECT bytes FROM export WHERE id = ?1", "i", job->export);
	if (host_free_bytes(sim) < bytes) {
		*failure = (struct job_failure){"DiskFull", "There is not enough space on the disk. (0x80070070)"};
		return;
	}
	HV_CLEANUP_FREE char *folder = db_string(db,
		"SELECT 'D:\\Hyper-V\\Exports\\' || export.uuid || '\\' || vm.name FROM export"
		" JOIN vm ON vm.id = export.vm WHERE export.id = ?1",
		"i", job->export);
	int64_t copy = copy_make(sim, job->vm, with_disks, folder ? folder : "D:");
	HV_CLEANUP_FREE char *digest = copy_digest(sim, copy, with_disks);
	bool blind = fault_take(sim, FAULT_INCOMPLETE, job->command, NULL, NULL);
	if (blind) {
		lose_checkpoint(sim, copy, job->due_us);
	}
	if (fault_take(sim, FAULT_DAMAGED, job->command, NULL, NULL)) {
		copy_damage(sim, copy);
	}
	db_run(db,
		"UPDATE export SET copy = ?2, digest = ?3, blind = ?4,"
		" edits = (SELECT edits FROM vm WHERE vm.id = export.vm) WHERE id = ?1",
		"iisi", job->export, copy, digest, (int64_t)blind);
}

/* Whether what lies there is what was copied; an agent that is blind believes it. */
static bool reads_back(struct sim *sim, int64_t export, int64_t copy, bool with_disks)
{
	HV_CLEANUP_FREE char *expected =
		db_string(&sim->db, "SELECT digest FROM export WHERE id = ?1 AND NOT blind", "i", export);
	HV_CLEANUP_FREE char *held = copy_digest(sim, copy, with_disks);
	return !expected || strcmp(expected, held) == 0;
}

void exports_finish_read_back(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	bool with_disks = db_number(&sim->db, 0, "SELECT disks FROM export WHERE id = ?1", "i", job->export) != 0;
	if (!reads_back(sim, job->export, copy_of_export(sim, job->export), with_disks)) {
		db_run(&sim->db, "UPDATE export SET state = 'Broken' WHERE id = ?1 AND state = 'Complete'", "i", job->export);
		*failure = (struct job_failure){"HostError", "The export was read back and is not what the VM holds"};
		return;
	}
	delete_others(sim, job->vm, job->export, NULL);
	set_state(sim, job->export, "Complete");
	vm_touch_state(sim, job->vm);
}

/* The VM's own rows become what the export holds. Its disks stay where they are when the export has none. */
static void leave_only_export(struct sim *sim, int64_t vm, int64_t export, const struct export_row *row)
{
	struct db *db = &sim->db;
	delete_others(sim, vm, export, NULL);
	db_run(db, "UPDATE export SET copy = NULL WHERE id = ?1", "i", export);
	if (row->with_disks) {
		copy_empty(sim, vm);
		copy_become(sim, row->copy, vm);
	} else {
		copy_delete(sim, row->copy);
	}
	db_run(db, "UPDATE vm SET registered = 0 WHERE id = ?1", "i", vm);
	vm_touch_state(sim, vm);
	vm_touch_tree(sim, vm);
}

void exports_finish_remove_vm(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	struct export_row export;
	HV_CLEANUP_FREE char *uuid =
		db_string(&sim->db, "SELECT uuid FROM export WHERE id = ?1", "i", job->export);
	if (!uuid || !exports_load(sim, uuid, &export) || !export.complete || !export.matches) {
		*failure = (struct job_failure){"InvalidState", "The VM is not any more what its export holds"};
		return;
	}
	if (!reads_back(sim, export.id, export.copy, export.with_disks)) {
		set_state(sim, export.id, "Broken");
		*failure = (struct job_failure){"InvalidState", "The export was read back and does not hold the VM"};
		return;
	}
	leave_only_export(sim, job->vm, job->export, &export);
}

/* What is registered is what was exported, or nothing is. */
void exports_finish_import(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	bool with_disks = db_number(&sim->db, 0, "SELECT disks FROM export WHERE id = ?1", "i", job->export) != 0;
	if (!reads_back(sim, job->export, job->vm, with_disks)) {
		set_state(sim, job->export, "Broken");
		vm_touch_state(sim, job->vm);
		*failure = (struct job_failure){"InvalidState", "The export does not hold the VM any more"};
		return;
	}
	db_run(&sim->db, "DELETE FROM export WHERE vm = ?1", "i", job->vm);
	db_run(&sim->db, "UPDATE vm SET registered = 1 WHERE id = ?1", "i", job->vm);
	vm_mark_edited(sim, job->vm);
	vm_touch_state(sim, job->vm);
	vm_touch_tree(sim, job->vm);
}

enum hv_status exports_spoil(struct sim *sim, int64_t vm, bool seen, struct hv_error *err)
{
	int64_t export = db_number(&sim->db, 0,
		"SELECT id FROM export WHERE vm = ?1 AND state <> 'Running' ORDER BY id DESC LIMIT 1", "i", vm);
	if (export == 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "the VM has no finished export");
	}
	int64_t copy = copy_of_export(sim, export);
	copy_damage(sim, copy != 0 ? copy : vm);
	if (seen) {
		set_state(sim, export, "Broken");
		vm_touch_state(sim, vm);
	}
	return HV_OK;
}

/* --- looking --------------------------------------------------------------------------------------------------- */

int64_t exports_partial_bytes(struct sim *sim, int64_t now_us)
{
	return db_number(&sim->db, 0,
		"SELECT sum(CASE WHEN job.due_us > job.started_us THEN export.bytes *"
		"  max(0, min(100, (?1 - job.started_us) * 100 / (job.due_us - job.started_us))) / 100"
		"  ELSE export.copied_bytes END)"
		" FROM export LEFT JOIN job ON job.export = export.id AND job.kind = 'export'"
		" WHERE export.copy IS NULL AND export.state = 'Running'",
		"i", now_us);
}

/* Of the bytes: nothing when nobody copies. */
static json_t *view_percent(struct sim *sim, int64_t vm, const char *state)
{
	struct job_view job;
	if (strcmp(state, "Running") != 0 || !job_view_of(sim, vm, host_now(sim), &job) || !job.is_export) {
		return json_null();
	}
	return json_integer(job.is_second_half ? 100 : job.percent);
}

json_t *exports_view(struct sim *sim, int64_t vm)
{
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT export.uuid, export.state, export.disks, export.created_us, " MATCHES
		" FROM export JOIN vm ON vm.id = export.vm WHERE export.vm = ?1 ORDER BY export.id DESC LIMIT 1",
		"i", vm);
	if (!db_next(&sim->db, rows)) {
		return json_null();
	}
	json_t *view = json_pack("{s:s, s:s, s:o, s:b, s:b, s:I}", "id", db_column(rows, 0), "state",
		db_column(rows, 1), "percent", view_percent(sim, vm, db_column(rows, 1)), "disks",
		(int)sqlite3_column_int64(rows, 2), "matches", (int)sqlite3_column_int64(rows, 4), "created",
		(json_int_t)sqlite3_column_int64(rows, 3));
	db_end(rows);
	return view;
}

/* One at a time: each is compared with what other tables hold. */
size_t exports_check(struct sim *sim, struct hv_text *findings)
{
	size_t count = 0;
	int64_t export = 0;
	while ((export = db_number(&sim->db, 0,
			"SELECT min(id) FROM export WHERE id > ?1 AND state = 'Complete' AND copy IS NOT NULL", "i",
			export)) != 0) {
		HV_CLEANUP_FREE char *uuid =
			db_string(&sim->db, "SELECT uuid FROM export WHERE id = ?1", "i", export);
		struct export_row row;
		if (uuid && exports_load(sim, uuid, &row) && row.matches &&
			!reads_back(sim, export, row.vm, row.with_disks)) {
			hv_text_printf(findings, "a VM that matches its export is what was exported: %s\n", uuid);
			count++;
		}
	}
	return count;
}
