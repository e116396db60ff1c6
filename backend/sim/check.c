/*
 * What must hold between the tables of a state file, each as a query that yields its violations. Used by tests after
 * every step, and by whoever doubts a file.
 */
#include "backend/sim/checkpoints.h"
#include "backend/sim/exports.h"

static const struct {
	const char *rule;
	const char *query; /* a name for each violation */
} rules[] = {
	{"a disk has exactly one base file",
		"SELECT disk.uuid FROM disk WHERE (SELECT count(*) FROM layer WHERE layer.disk = disk.id"
		" AND layer.parent IS NULL) <> 1"},
	{"every file of a disk is reached from its base",
		"WITH RECURSIVE reached(id, disk) AS (SELECT id, disk FROM layer WHERE parent IS NULL UNION"
		" SELECT layer.id, layer.disk FROM reached JOIN layer ON layer.parent = reached.id"
		"  AND layer.disk = reached.disk)"
		" SELECT path FROM layer WHERE id NOT IN (SELECT id FROM reached)"},
	{"a disk has a top, and it is one of its own files",
		"SELECT disk.uuid FROM disk LEFT JOIN layer ON layer.id = disk.top WHERE layer.disk IS NOT disk.id"},
	{"nothing stands on a top",
		"SELECT disk.uuid FROM disk JOIN layer ON layer.parent = disk.top"},
	{"a top is not frozen",
		"SELECT disk.uuid FROM disk JOIN frozen ON frozen.layer = disk.top"},
	{"a checkpoint froze a file of each disk of its VM",
		"SELECT checkpoint.uuid FROM checkpoint WHERE"
		" (SELECT count(*) FROM disk WHERE disk.vm = checkpoint.vm) <>"
		" (SELECT count(*) FROM frozen JOIN disk ON disk.id = frozen.disk JOIN layer ON layer.id = frozen.layer"
		"  WHERE frozen.checkpoint = checkpoint.id AND disk.vm = checkpoint.vm AND layer.disk = disk.id)"},
	{"a checkpoint's parent and a VM's pointer are the VM's own",
		"SELECT one.uuid FROM checkpoint AS one JOIN checkpoint AS parent ON parent.id = one.parent"
		" WHERE parent.vm <> one.vm UNION ALL"
		" SELECT vm.uuid FROM vm JOIN checkpoint ON checkpoint.id = vm.parent WHERE checkpoint.vm <> vm.id"},
	{"the tree has no circle",
		"WITH RECURSIVE reached(id) AS (SELECT id FROM checkpoint WHERE parent IS NULL UNION"
		" SELECT checkpoint.id FROM reached JOIN checkpoint ON checkpoint.parent = reached.id)"
		" SELECT uuid FROM checkpoint WHERE id NOT IN (SELECT id FROM reached)"},
	/* the next checkpoint below a file, over hidden files, is the parent that the tree says (UNION ends circles) */
	{"files and checkpoints tell the same tree",
		"WITH RECURSIVE walk(owner, expected, layer) AS ("
		" SELECT checkpoint.uuid, checkpoint.parent, layer.parent FROM checkpoint"
		"  JOIN frozen ON frozen.checkpoint = checkpoint.id JOIN layer ON layer.id = frozen.layer"
		" UNION ALL SELECT vm.uuid, vm.parent, layer.parent FROM vm JOIN disk ON disk.vm = vm.id"
		"  JOIN layer ON layer.id = disk.top"
		" UNION SELECT owner, expected, layer.parent FROM walk JOIN layer ON layer.id = walk.layer"
		"  WHERE NOT EXISTS (SELECT 1 FROM frozen WHERE frozen.layer = walk.layer))"
		" SELECT owner FROM walk LEFT JOIN frozen ON frozen.layer = walk.layer"
		" WHERE (walk.layer IS NULL OR frozen.layer IS NOT NULL) AND frozen.checkpoint IS NOT walk.expected"},
	{"a hidden file has successors; with one it is being merged, with several it is not",
		"SELECT path FROM (SELECT layer.id, layer.path, (SELECT count(*) FROM layer AS above"
		"  WHERE above.parent = layer.id) AS successors, EXISTS (SELECT 1 FROM merge"
		"  WHERE merge.layer = layer.id) AS merging FROM layer JOIN disk ON disk.id = layer.disk"
		"  WHERE layer.id IS NOT disk.top AND NOT EXISTS (SELECT 1 FROM frozen WHERE frozen.layer = layer.id))"
		" WHERE successors = 0 OR (successors = 1) <> merging"},
	{"only hidden files are merged",
		"SELECT layer.path FROM merge JOIN layer ON layer.id = merge.layer JOIN disk ON disk.id = layer.disk"
		" WHERE disk.top = layer.id OR EXISTS (SELECT 1 FROM frozen WHERE frozen.layer = layer.id)"},
	{"a waiting merge waits for one that runs",
		"SELECT vm.uuid FROM vm WHERE EXISTS (SELECT 1 FROM merge WHERE merge.vm = vm.id)"
		" AND NOT EXISTS (SELECT 1 FROM merge WHERE merge.vm = vm.id AND due_us IS NOT NULL)"},
	{"a base file has no marks of removal",
		"SELECT layer.path FROM layer JOIN content ON content.layer = layer.id"
		" WHERE layer.parent IS NULL AND content.value IS NULL"},
	{"a stopped VM has no memory",
		"SELECT vm.uuid FROM vm JOIN vm_memory ON vm_memory.vm = vm.id WHERE vm.state = 'Stopped'"},
	{"only a checkpoint with memory has memory",
		"SELECT uuid FROM checkpoint WHERE NOT has_memory"
		" AND EXISTS (SELECT 1 FROM checkpoint_memory AS held WHERE held.checkpoint = checkpoint.id)"},
	{"a VM is on its way exactly while a job takes it there",
		"SELECT vm.uuid FROM vm WHERE (vm.state = 'Starting') <> EXISTS (SELECT 1 FROM job"
		"  WHERE job.vm = vm.id AND job.kind = 'start')"
		" OR (vm.state = 'Stopping') <> EXISTS (SELECT 1 FROM job"
		"  WHERE job.vm = vm.id AND (job.kind IN ('stop', 'turn-off')"
		"  OR (job.kind = 'destroy' AND job.state_before <> 'Stopped')))"},
	{"a VM has at most 50 checkpoints",
		"SELECT vm.uuid FROM vm WHERE (SELECT count(*) FROM checkpoint WHERE checkpoint.vm = vm.id) > 50"},
	{"a journal entry that is answered has its outcome",
		"SELECT operation FROM journal WHERE (answered_us IS NOT NULL) <> (result IS NOT NULL)"
		" OR (result = 0 AND code IS NULL)"},
	{"a copy of a VM is at rest, and is what one export of this VM holds",
		"SELECT copy.uuid FROM vm AS copy WHERE copy.copy_of IS NOT NULL AND (copy.state NOT IN ('Stopped', 'Saved')"
		" OR (SELECT count(*) FROM export WHERE export.copy = copy.id AND export.vm = copy.copy_of) <> 1"
		" OR EXISTS (SELECT 1 FROM job WHERE job.vm = copy.id) OR EXISTS (SELECT 1 FROM merge WHERE merge.vm = copy.id)"
		" OR copy.uuid <> (SELECT uuid FROM vm WHERE vm.id = copy.copy_of))"},
	{"a copy has its VM's disks, or the export is without them",
		"SELECT export.uuid FROM export WHERE export.copy IS NOT NULL"
		" AND export.disks <> EXISTS (SELECT 1 FROM disk WHERE disk.vm = export.copy)"},
	{"an export that has ended holds something, and knows what",
		"SELECT uuid FROM export WHERE (copy IS NOT NULL AND digest IS NULL)"
		" OR (state <> 'Running' AND (digest IS NULL OR (copy IS NULL)"
		"  <> (SELECT NOT registered FROM vm WHERE vm.id = export.vm)))"},
	{"a VM has at most one export of each kind",
		"SELECT vm.uuid FROM vm WHERE (SELECT count(*) FROM export WHERE export.vm = vm.id"
		"  AND export.state = 'Running') > 1 OR (SELECT count(*) FROM export WHERE export.vm = vm.id"
		"  AND export.state <> 'Running') > 1"},
	{"a VM that is not on the host is stopped, and has one finished export",
		"SELECT vm.uuid FROM vm WHERE NOT vm.registered AND (vm.state NOT IN ('Stopped')"
		" OR (SELECT count(*) FROM export WHERE export.vm = vm.id) <> 1"
		" OR EXISTS (SELECT 1 FROM export WHERE export.vm = vm.id AND export.state = 'Running')"
		" OR EXISTS (SELECT 1 FROM job WHERE job.vm = vm.id AND job.kind NOT IN ('import', 'destroy')))"},
	{"a job knows the export, or the copy, that it works on, and that is its VM's",
		"SELECT job.id FROM job LEFT JOIN export ON export.id = job.export"
		" WHERE (job.kind IN ('export', 'read-back', 'remove', 'import')) <> (export.vm IS job.vm)"
		" OR (job.kind = 'copy') <> (job.volume_snapshot IS NOT NULL)"
		" OR (job.kind = 'export' AND export.state <> 'Running')"},
	{"a volume snapshot has a disk of no VM, or is being made",
		"SELECT made.uuid FROM volume_snapshot AS made LEFT JOIN disk ON disk.id = made.disk"
		" WHERE (made.disk IS NULL) <> EXISTS (SELECT 1 FROM job WHERE job.volume_snapshot = made.id)"
		" OR (made.disk IS NULL) <> (made.created_us IS NULL) OR disk.vm IS NOT NULL"},
	{"a disk of no VM is one file",
		"SELECT disk.uuid FROM disk WHERE disk.vm IS NULL"
		" AND (SELECT count(*) FROM layer WHERE layer.disk = disk.id) <> 1"},
	{"no two files have one path",
		"SELECT lower(path) FROM layer JOIN disk ON disk.id = layer.disk"
		" WHERE disk.vm IS NULL OR EXISTS (SELECT 1 FROM vm WHERE vm.id = disk.vm AND copy_of IS NOT NULL)"
		" GROUP BY lower(path) HAVING count(*) > 1"},
	{"what left no trace in the journal is held by nobody",
		"SELECT operation FROM journal WHERE step = 'void' AND (session IS NOT NULL OR answered_us IS NOT NULL)"},
	{"the file's own references hold", "SELECT \"table\" FROM pragma_foreign_key_check"},
	{"the file is whole", "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
};

enum hv_status sim_check(struct sim *sim, struct hv_text *findings, struct hv_error *err)
{
	size_t count = 0;
	enum hv_status status = sim_advance(sim, err);
	if (status != HV_OK) {
		return status;
	}
	db_script(&sim->db, "BEGIN");
	for (size_t i = 0; i < HV_ARRAY_LEN(rules); i++) {
		sqlite3_stmt *rows = db_query(&sim->db, rules[i].query, "");
		while (db_next(&sim->db, rows)) {
			hv_text_printf(findings, "%s: %s\n", rules[i].rule, db_column(rows, 0));
			count++;
		}
	}
	count += exports_check(sim, findings);
	status = db_settle(&sim->db, err);
	db_rollback(&sim->db);
	if (status == HV_OK && count > 0) {
		return hv_error_set(err, HV_ERR_STORE, "'%s' breaks %zu rules of a state file", sim->db.path, count);
	}
	return status;
}
