#include "backend/sim/jobs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/checkpoints.h"
#include "backend/sim/copies.h"
#include "backend/sim/exports.h"
#include "backend/sim/faults.h"
#include "backend/sim/layers.h"
#include "backend/sim/volumes.h"

#define MS INT64_C(1000)

#define GIB (INT64_C(1) << 30)
#define BYTES_MOST_US (20 * HV_SECOND_US) /* of any number of bytes */

typedef void (*finish_function)(struct sim *sim, const struct job *job, struct job_failure *failure);

static void finish_create(struct sim *sim, const struct job *job, struct job_failure *failure);
static void finish_apply(struct sim *sim, const struct job *job, struct job_failure *failure);
static void finish_delete(struct sim *sim, const struct job *job, struct job_failure *failure);
static void finish_start(struct sim *sim, const struct job *job, struct job_failure *failure);
static void finish_stop(struct sim *sim, const struct job *job, struct job_failure *failure);
static void finish_destroy(struct sim *sim, const struct job *job, struct job_failure *failure);
static void take_back_power(struct sim *sim, const struct job *job);
static void take_back_copy(struct sim *sim, const struct job *job);

static const struct job_rule {
	const char *name;
	const char *phase;
	const char *step_after; /* of the journal */
	bool needs_storage;
	int64_t least_us, spread_us, gib_us; /* the last one for each GiB of its bytes */
	finish_function finish;
	void (*take_back)(struct sim *sim, const struct job *job); /* NULL: nothing has been begun */
} rules[] = {
	[JOB_CREATE] = {"create", "creating checkpoint", "applied", true, 1000 * MS, 2000 * MS, 0, finish_create, NULL},
	[JOB_APPLY] = {"apply", "applying checkpoint", "applied", true, 1000 * MS, 400 * MS, 0, finish_apply, NULL},
	[JOB_DELETE] = {"delete", "removing checkpoint", "applied", true, 200 * MS, 400 * MS, 0, finish_delete, NULL},
	[JOB_START] = {"start", "starting", "powered", true, 300 * MS, 300 * MS, 0, finish_start, take_back_power},
	[JOB_SHUT_DOWN] = {"stop", "shutting down", "powered", false, 1000 * MS, 1000 * MS, 0, finish_stop, NULL},
	[JOB_TURN_OFF] = {"turn-off", "turning off", "powered", false, 200 * MS, 100 * MS, 0, finish_stop, NULL},
	[JOB_EXPORT] = {"export", "exporting", "applied", true, 2000 * MS, 1000 * MS, 150 * MS, exports_finish_copy,
		exports_take_back},
	[JOB_READ_BACK] = {"read-back", "reading back", "verified", true, 500 * MS, 300 * MS, 20 * MS,
		exports_finish_read_back, exports_take_back},
	[JOB_REMOVE_VM] = {"remove", "removing from the host", "applied", true, 500 * MS, 300 * MS, 20 * MS,
		exports_finish_remove_vm, NULL},
	[JOB_IMPORT] = {"import", "importing", "applied", true, 800 * MS, 400 * MS, 0, exports_finish_import, NULL},
	[JOB_DESTROY] = {"destroy", "destroying", "applied", true, 300 * MS, 300 * MS, 0, finish_destroy,
		take_back_power},
	[JOB_COPY] = {"copy", "copying disk", "applied", true, 1000 * MS, 500 * MS, 100 * MS, volume_snapshot_finish,
		take_back_copy},
};
static_assert(HV_ARRAY_LEN(rules) == JOB_KIND_COUNT, "a rule for every kind");

static enum job_kind kind_parse(const char *name)
{
	size_t i = 0;
	while (i + 1 < JOB_KIND_COUNT && strcmp(rules[i].name, name) != 0) {
		i++;
	}
	return (enum job_kind)i;
}

/* --- start ----------------------------------------------------------------------------------------------------- */

/* Spread without a random source, so that a seed of the ids decides a whole run. */
static int64_t duration_us(struct sim *sim, const struct job_rule *rule, const struct job_request *request)
{
	int64_t salt = db_number(&sim->db, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'job'", "");
	int64_t percent = salt * 37 % 101;
	int64_t bytes_us = request->bytes / GIB * rule->gib_us;
	int64_t slow_ms = 0;
	char *slow = NULL;
	if (request->command && fault_take(sim, FAULT_SLOW, request->command, NULL, &slow) && slow) {
		slow_ms = strtoll(slow, NULL, 10);
	}
	free(slow);
	return slow_ms * MS + host_scaled_us(sim, rule->least_us + rule->spread_us * percent / 100 +
							  (bytes_us < BYTES_MOST_US ? bytes_us : BYTES_MOST_US));
}

static enum power power_meanwhile(enum job_kind kind, enum power before)
{
	switch (kind) {
	case JOB_APPLY:
		return before == POWER_RUNNING || before == POWER_PAUSED ? POWER_SAVED : before;
	case JOB_START:
		return POWER_STARTING;
	case JOB_SHUT_DOWN:
	case JOB_TURN_OFF:
		return POWER_STOPPING;
	case JOB_DESTROY:
		return before == POWER_STOPPED ? before : POWER_STOPPING;
	case JOB_CREATE:
	case JOB_DELETE:
	case JOB_EXPORT:
	case JOB_READ_BACK:
	case JOB_REMOVE_VM:
	case JOB_IMPORT:
	case JOB_COPY:
	case JOB_KIND_COUNT:
		break;
	}
	return before;
}

void job_start(struct sim *sim, const struct job_request *request, int64_t now_us)
{
	const struct job_rule *rule = &rules[request->kind];
	struct vm_row vm;
	char uuid[HV_UUID_TEXT_SIZE] = "";
	if (!vm_load(sim, request->vm, &vm)) {
		return;
	}
	if (request->kind == JOB_CREATE) {
		host_new_uuid(sim, uuid);
	}
	db_run(&sim->db,
		"INSERT INTO job (vm, kind, operation, command, started_us, due_us, state_before, checkpoint,"
		" checkpoint_uuid, checkpoint_name, with_memory, code, details, export, volume_snapshot)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
		"isssiisnssissnn", request->vm, rule->name, request->operation, request->command, now_us,
		now_us + duration_us(sim, rule, request), power_name(vm.power), request->checkpoint, uuid,
		request->checkpoint_name, (int64_t)request->with_memory, request->code, request->details,
		request->export, request->volume_snapshot);
	vm_set_power(sim, request->vm, power_meanwhile(request->kind, vm.power));
}

bool job_is_active(struct sim *sim, int64_t vm)
{
	return db_number(&sim->db, 0, "SELECT 1 FROM job WHERE vm = ?1", "i", vm) != 0;
}

int64_t job_export(struct sim *sim, int64_t vm)
{
	return db_number(&sim->db, 0, "SELECT export FROM job WHERE vm = ?1 AND kind IN ('export', 'read-back')", "i",
		vm);
}

bool job_view_of(struct sim *sim, int64_t vm, int64_t now_us, struct job_view *ret_view)
{
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT kind, CASE WHEN due_us > started_us THEN (?2 - started_us) * 100 / (due_us - started_us)"
		" ELSE 100 END FROM job WHERE vm = ?1",
		"ii", vm, now_us);
	if (db_next(&sim->db, rows)) {
		enum job_kind kind = kind_parse(db_column(rows, 0));
		int64_t percent = sqlite3_column_int64(rows, 1);
		db_end(rows);
		*ret_view = (struct job_view){.phase = rules[kind].phase,
			.percent = percent < 0 ? 0 : percent > 99 ? 99 : percent,
			.is_second_half = kind == JOB_START || kind == JOB_READ_BACK,
			.is_export = kind == JOB_EXPORT || kind == JOB_READ_BACK};
		return true;
	}
	if (!layers_are_merging(sim, vm)) {
		return false;
	}
	int64_t percent = layers_merge_percent(sim, vm, now_us);
	*ret_view = (struct job_view){.phase = "merging disks", .percent = percent < 0 ? 0 : percent, .is_second_half = true};
	return true;
}

/* --- finish ---------------------------------------------------------------------------------------------------- */

static void finish_create(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	(void)failure;
	const struct checkpoint_spec spec = {.uuid = job->checkpoint_uuid,
		.name = job->checkpoint_name ? job->checkpoint_name : "",
		.kind = "Standard",
		.with_memory = job->with_memory};
	(void)checkpoint_create(sim, job->vm, &spec, job->due_us);
	if (job->operation) {
		db_run(&sim->db,
			"UPDATE journal SET checkpoint = ?3, created_us = ?4 WHERE operation = ?1 AND command = ?2",
			"sssi", job->operation, job->command, job->checkpoint_uuid, job->due_us);
	}
}

static void finish_apply(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	(void)failure;
	checkpoint_apply(sim, job->vm, job->checkpoint, job->due_us);
}

static void finish_delete(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	(void)failure;
	checkpoint_remove(sim, job->checkpoint, job->due_us);
}

static void finish_start(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	(void)failure;
	if (strcmp(job->state_before, power_name(POWER_STOPPED)) == 0) {
		vm_forget_memory(sim, job->vm);
	}
	vm_set_power(sim, job->vm, POWER_RUNNING);
}

static void finish_stop(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	(void)failure;
	vm_forget_memory(sim, job->vm);
	vm_set_power(sim, job->vm, POWER_STOPPED);
	int64_t automatic = db_number(&sim->db, 0,
		"SELECT checkpoint.id FROM checkpoint JOIN vm ON vm.parent = checkpoint.id"
		" WHERE vm.id = ?1 AND checkpoint.kind = 'Automatic'",
		"i", job->vm);
	if (automatic != 0) {
		checkpoint_remove(sim, automatic, job->due_us);
	}
}

static void finish_destroy(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	(void)failure;
	exports_delete_of(sim, job->vm);
	copy_empty(sim, job->vm);
	db_run(&sim->db, "DELETE FROM vm WHERE id = ?1", "i", job->vm);
}

/* A failed start or destroy leaves the VM as it was; a failed apply leaves it Saved, with the memory that it had. */
static void take_back_power(struct sim *sim, const struct job *job)
{
	db_run(&sim->db, "UPDATE vm SET state = ?2 WHERE id = ?1", "is", job->vm, job->state_before);
}

static void take_back_copy(struct sim *sim, const struct job *job)
{
	volume_snapshot_delete(sim, job->volume_snapshot);
}

static void finish_failed(struct sim *sim, const struct job *job, const char *code, const char *details)
{
	if (rules[job->kind].take_back) {
		rules[job->kind].take_back(sim, job);
	}
	if (job->operation) {
		db_run(&sim->db,
			"UPDATE journal SET step = 'failed', code = ?3, details = ?4"
			" WHERE operation = ?1 AND command = ?2",
			"ssss", job->operation, job->command, code, details);
	}
}

static void finish_well(struct sim *sim, const struct job *job)
{
	struct job_failure failure = {0};
	rules[job->kind].finish(sim, job, &failure);
	if (failure.code) {
		finish_failed(sim, job, failure.code, failure.details);
	} else if (job->operation) {
		db_run(&sim->db, "UPDATE journal SET step = ?3 WHERE operation = ?1 AND command = ?2", "sss",
			job->operation, job->command, rules[job->kind].step_after);
	}
}

#define JOB_COLUMNS                                                                                         \
	"SELECT id, vm, kind, operation, command, due_us, state_before, checkpoint, checkpoint_uuid,"       \
	" checkpoint_name, with_memory, code, details, export, volume_snapshot FROM job"

static bool load_job(struct sim *sim, sqlite3_stmt *rows, struct job *ret_job)
{
	if (!db_next(&sim->db, rows)) {
		return false;
	}
	*ret_job = (struct job){.id = sqlite3_column_int64(rows, 0), .vm = sqlite3_column_int64(rows, 1),
		.kind = kind_parse(db_column(rows, 2)), .operation = db_column_copy(rows, 3),
		.command = db_column_copy(rows, 4), .due_us = sqlite3_column_int64(rows, 5),
		.state_before = db_column_copy(rows, 6), .checkpoint = sqlite3_column_int64(rows, 7),
		.checkpoint_uuid = db_column_copy(rows, 8), .checkpoint_name = db_column_copy(rows, 9),
		.with_memory = sqlite3_column_int64(rows, 10) != 0, .code = db_column_copy(rows, 11),
		.details = db_column_copy(rows, 12), .export = sqlite3_column_int64(rows, 13),
		.volume_snapshot = sqlite3_column_int64(rows, 14)};
	db_end(rows);
	return true;
}

static void clear_job(struct job *job)
{
	free(job->operation);
	free(job->command);
	free(job->checkpoint_uuid);
	free(job->checkpoint_name);
	free(job->code);
	free(job->details);
	free(job->state_before);
}

static void finish_due_job(struct sim *sim, int64_t due_us)
{
	struct job job;
	sqlite3_stmt *rows =
		db_query(&sim->db, JOB_COLUMNS " WHERE due_us <= ?1 ORDER BY due_us, id LIMIT 1", "i", due_us);
	if (!load_job(sim, rows, &job)) {
		return;
	}
	db_run(&sim->db, "DELETE FROM job WHERE id = ?1", "i", job.id);
	if (job.code) {
		finish_failed(sim, &job, job.code, job.details);
	} else if (rules[job.kind].needs_storage && fault_stands(sim, FAULT_STORAGE_GONE)) {
		finish_failed(sim, &job, "StorageGone", "The primary storage cannot be reached. (0x800703EE)");
	} else {
		finish_well(sim, &job);
	}
	vm_touch_state(sim, job.vm);
	clear_job(&job);
}

void job_cancel(struct sim *sim, int64_t vm)
{
	struct job job;
	if (load_job(sim, db_query(&sim->db, JOB_COLUMNS " WHERE vm = ?1", "i", vm), &job)) {
		db_run(&sim->db, "DELETE FROM job WHERE id = ?1", "i", job.id);
		finish_failed(sim, &job, "Cancelled", "The export was cancelled");
		vm_touch_state(sim, vm);
		clear_job(&job);
	}
}

/* --- the clock ------------------------------------------------------------------------------------------------- */

static int64_t next_job_us(struct sim *sim)
{
	return db_number(&sim->db, HV_NEVER, "SELECT min(due_us) FROM job", "");
}

/* Merges stand still while their storage is away. */
static int64_t next_merge_us(struct sim *sim)
{
	int64_t due = db_number(&sim->db, HV_NEVER, "SELECT min(due_us) FROM merge", "");
	return due != HV_NEVER && fault_stands(sim, FAULT_STORAGE_GONE) ? HV_NEVER : due;
}

int64_t jobs_next_due_us(struct sim *sim)
{
	int64_t job = next_job_us(sim);
	int64_t merge = next_merge_us(sim);
	return job < merge ? job : merge;
}

void jobs_advance(struct sim *sim, int64_t now_us)
{
	while (sim->db.error.status == HV_OK) {
		int64_t job = next_job_us(sim);
		int64_t merge = next_merge_us(sim);
		if (job > now_us && merge > now_us) {
			return;
		}
		if (job <= merge) {
			finish_due_job(sim, job);
			continue;
		}
		int64_t vm = db_number(&sim->db, 0, "SELECT vm FROM merge WHERE due_us = ?1 LIMIT 1", "i", merge);
		layers_merge_due(sim, vm, merge);
	}
}

void jobs_end_copies(struct sim *sim, int64_t now_us)
{
	db_run(&sim->db, "UPDATE job SET due_us = min(due_us, ?1) WHERE kind IN ('export', 'copy')", "i", now_us);
}
