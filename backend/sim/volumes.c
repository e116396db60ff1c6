#include "backend/sim/volumes.h"

#include <string.h>
#include <strings.h>

#include "backend/base/memory.h"
#include "backend/sim/faults.h"
#include "backend/sim/layers.h"

#define EMPTY_DISK_BYTES (INT64_C(4) << 20)

/* --- files and disks ------------------------------------------------------------------------------------------- */

enum file_use volume_file_use(struct sim *sim, int64_t vm, const char *path, int64_t *ret_disk)
{
	enum file_use use = FILE_ABSENT;
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT layer.path, disk.id, disk.vm, layer.parent IS NULL AND disk.top = layer.id,"
		" EXISTS (SELECT 1 FROM volume_snapshot WHERE volume_snapshot.disk = disk.id)"
		" FROM layer JOIN disk ON disk.id = layer.disk",
		"");
	while (use == FILE_ABSENT && db_next(&sim->db, rows)) {
		if (strcasecmp(db_column(rows, 0), path) != 0) {
			continue;
		}
		int64_t owner = sqlite3_column_int64(rows, 2);
		bool whole = sqlite3_column_int64(rows, 3) != 0;
		bool kept = sqlite3_column_int64(rows, 4) != 0;
		use = kept || !whole ? FILE_IN_USE : owner == 0 ? FILE_LOOSE : owner == vm ? FILE_OWN : FILE_IN_USE;
		*ret_disk = sqlite3_column_int64(rows, 1);
	}
	db_end(rows);
	return use;
}

/* The file's name without its ending. */
static char *stem_of(const char *path)
{
	const char *slash = strrchr(path, '\\');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	return hv_strndup(name, dot ? (size_t)(dot - name) : strlen(name));
}

static int64_t make_disk(struct sim *sim, const char *uuid, const char *path, int64_t size_bytes, int64_t bytes)
{
	HV_CLEANUP_FREE char *name = stem_of(path);
	int64_t disk = db_number(&sim->db, 0,
		"INSERT INTO disk (uuid, name, position, size_bytes) VALUES (?1, ?2, 0, ?3) RETURNING id", "ssi", uuid,
		name, size_bytes);
	int64_t layer = db_number(&sim->db, 0,
		"INSERT INTO layer (disk, path, bytes) VALUES (?1, ?2, ?3) RETURNING id", "isi", disk, path, bytes);
	db_run(&sim->db, "UPDATE disk SET top = ?2 WHERE id = ?1", "ii", disk, layer);
	return disk;
}

int64_t volume_make(struct sim *sim, const char *path, int64_t size_bytes)
{
	char uuid[HV_UUID_TEXT_SIZE];
	host_new_uuid(sim, uuid);
	return make_disk(sim, uuid, path, size_bytes, size_bytes < EMPTY_DISK_BYTES ? size_bytes : EMPTY_DISK_BYTES);
}

static void changed(struct sim *sim, int64_t vm)
{
	vm_mark_edited(sim, vm);
	vm_touch_tree(sim, vm);
}

void volume_attach(struct sim *sim, int64_t vm, int64_t disk)
{
	db_run(&sim->db,
		"UPDATE disk SET vm = ?1, position = (SELECT min(free) FROM (SELECT 0 AS free UNION"
		" SELECT position + 1 FROM disk AS own WHERE own.vm = ?1)"
		" WHERE free NOT IN (SELECT position FROM disk AS own WHERE own.vm = ?1)) WHERE id = ?2",
		"ii", vm, disk);
	changed(sim, vm);
}

void volume_detach(struct sim *sim, int64_t vm, int64_t disk)
{
	db_run(&sim->db, "UPDATE disk SET vm = NULL, position = 0 WHERE id = ?1", "i", disk);
	changed(sim, vm);
}

void volume_resize(struct sim *sim, int64_t vm, int64_t disk, int64_t size_bytes)
{
	db_run(&sim->db, "UPDATE disk SET size_bytes = ?2 WHERE id = ?1", "ii", disk, size_bytes);
	changed(sim, vm);
}

int64_t volume_find(struct sim *sim, int64_t vm, const char *uuid)
{
	return db_number(&sim->db, 0, "SELECT id FROM disk WHERE vm = ?1 AND uuid = ?2", "is", vm, uuid);
}

json_t *volumes_view_loose(struct sim *sim)
{
	json_t *list = json_array();
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT disk.uuid, layer.path, disk.size_bytes FROM disk JOIN layer ON layer.id = disk.top"
		" WHERE disk.vm IS NULL AND NOT EXISTS (SELECT 1 FROM volume_snapshot WHERE volume_snapshot.disk = disk.id)"
		" ORDER BY layer.path",
		"");
	while (db_next(&sim->db, rows)) {
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "uuid", db_column(rows, 0), "path",
							  db_column(rows, 1), "size",
							  (json_int_t)sqlite3_column_int64(rows, 2)));
	}
	return list;
}

/* --- volume snapshots ------------------------------------------------------------------------------------------ */

int64_t volume_snapshot_find(struct sim *sim, const char *vm_uuid, const char *uuid)
{
	return db_number(&sim->db, 0,
		"SELECT CASE vm_uuid WHEN ?1 THEN id ELSE -1 END FROM volume_snapshot WHERE uuid = ?2", "ss", vm_uuid,
		uuid);
}

/* The whole chain, as one file: not more than the disk can hold. */
int64_t volume_snapshot_size(struct sim *sim, int64_t disk)
{
	return db_number(&sim->db, 0,
		"WITH RECURSIVE chain(id, parent, bytes) AS (SELECT layer.id, layer.parent, layer.bytes FROM disk"
		"  JOIN layer ON layer.id = disk.top WHERE disk.id = ?1 UNION ALL"
		"  SELECT below.id, below.parent, below.bytes FROM chain JOIN layer AS below ON below.id = chain.parent)"
		" SELECT min(sum(bytes), (SELECT size_bytes FROM disk WHERE id = ?1)) FROM chain",
		"i", disk);
}

int64_t volume_snapshot_begin(struct sim *sim, int64_t disk, const char *uuid, const char *name)
{
	return db_number(&sim->db, 0,
		"INSERT INTO volume_snapshot (uuid, vm_uuid, volume_uuid, name, bytes)"
		" SELECT ?2, vm.uuid, disk.uuid, ?3, ?4 FROM disk JOIN vm ON vm.id = disk.vm WHERE disk.id = ?1"
		" RETURNING id",
		"issi", disk, uuid, name, volume_snapshot_size(sim, disk));
}

static int64_t disk_to_copy(struct sim *sim, const struct job *job)
{
	return db_number(&sim->db, 0,
		"SELECT disk.id FROM volume_snapshot AS made JOIN disk ON disk.uuid = made.volume_uuid AND disk.vm = ?2"
		" WHERE made.id = ?1",
		"ii", job->volume_snapshot, job->vm);
}

/* What the disk holds through its chain, into one file. */
static void flatten(struct sim *sim, int64_t from, int64_t to)
{
	db_run(&sim->db,
		"WITH RECURSIVE chain(id, depth) AS (SELECT top, 0 FROM disk WHERE id = ?1 UNION ALL"
		"  SELECT layer.parent, depth + 1 FROM chain JOIN layer ON layer.id = chain.id"
		"  WHERE layer.parent IS NOT NULL)"
		" INSERT INTO content (layer, key, value)"
		" SELECT (SELECT top FROM disk WHERE id = ?2), key, value FROM (SELECT key, value, min(depth) FROM chain"
		"  JOIN content ON content.layer = chain.id GROUP BY key) WHERE value IS NOT NULL",
		"ii", from, to);
}

void volume_snapshot_finish(struct sim *sim, const struct job *job, struct job_failure *failure)
{
	struct db *db = &sim->db;
	int64_t from = disk_to_copy(sim, job);
	int64_t bytes =
		db_number(db, 0, "SELECT bytes FROM volume_snapshot WHERE id = ?1", "i", job->volume_snapshot);
	if (host_free_bytes(sim) < bytes) {
		*failure = (struct job_failure){"DiskFull", "There is not enough space on the disk. (0x80070070)"};
		return;
	}
	if (fault_take(sim, FAULT_DAMAGED, job->command, NULL, NULL)) {
		*failure = (struct job_failure){"HostError", "The copy was read back and is not what the disk holds"};
		return;
	}
	HV_CLEANUP_FREE char *path = db_string(db,
		"SELECT 'D:\\Hyper-V\\Volume Snapshots\\' || uuid || '.vhdx' FROM volume_snapshot WHERE id = ?1", "i",
		job->volume_snapshot);
	char uuid[HV_UUID_TEXT_SIZE];
	host_new_uuid(sim, uuid);
	int64_t disk = make_disk(sim, uuid, path ? path : "",
		db_number(db, 0, "SELECT size_bytes FROM disk WHERE id = ?1", "i", from), bytes);
	flatten(sim, from, disk);
	db_run(db, "UPDATE volume_snapshot SET disk = ?2, created_us = ?3 WHERE id = ?1", "iii",
		job->volume_snapshot, disk, job->due_us);
	vm_touch_tree(sim, job->vm);
}

void volume_snapshot_delete(struct sim *sim, int64_t volume_snapshot)
{
	struct db *db = &sim->db;
	int64_t disk = db_number(db, 0, "SELECT disk FROM volume_snapshot WHERE id = ?1", "i", volume_snapshot);
	HV_CLEANUP_FREE char *vm_uuid =
		db_string(db, "SELECT vm_uuid FROM volume_snapshot WHERE id = ?1", "i", volume_snapshot);
	db_run(db, "DELETE FROM volume_snapshot WHERE id = ?1", "i", volume_snapshot);
	if (disk != 0) {
		db_run(db, "UPDATE disk SET top = NULL WHERE id = ?1", "i", disk);
		db_run(db, "DELETE FROM content WHERE layer IN (SELECT id FROM layer WHERE disk = ?1)", "i", disk);
		db_run(db, "DELETE FROM layer WHERE disk = ?1", "i", disk);
		db_run(db, "DELETE FROM disk WHERE id = ?1", "i", disk);
	}
	vm_touch_tree(sim, vm_by_uuid(sim, vm_uuid ? vm_uuid : ""));
}

json_t *volume_snapshot_made(struct sim *sim, int64_t volume_snapshot)
{
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT layer.path, layer.bytes, made.created_us FROM volume_snapshot AS made"
		" JOIN layer ON layer.disk = made.disk WHERE made.id = ?1",
		"i", volume_snapshot);
	if (!db_next(&sim->db, rows)) {
		return NULL;
	}
	json_t *made = json_pack("{s:s, s:I, s:I}", "path", db_column(rows, 0), "size",
		(json_int_t)sqlite3_column_int64(rows, 1), "createTime", (json_int_t)sqlite3_column_int64(rows, 2));
	db_end(rows);
	return made;
}

#define MADE                                                                                                \
	"SELECT made.uuid, made.volume_uuid, made.name, layer.path, layer.bytes, made.created_us"           \
	" FROM volume_snapshot AS made JOIN layer ON layer.disk = made.disk"

json_t *volume_snapshots_view(struct sim *sim, int64_t vm)
{
	json_t *list = json_array();
	sqlite3_stmt *rows =
		vm != 0 ? db_query(&sim->db,
				  MADE " WHERE made.vm_uuid = (SELECT uuid FROM vm WHERE id = ?1)"
				       " ORDER BY made.created_us, made.id",
				  "i", vm)
			: db_query(&sim->db,
				  MADE " WHERE NOT EXISTS (SELECT 1 FROM vm WHERE vm.uuid = made.vm_uuid)"
				       " ORDER BY made.created_us, made.id",
				  "");
	while (db_next(&sim->db, rows)) {
		json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "id", db_column(rows, 0), "volumeUuid",
			db_column(rows, 1), "name", db_column(rows, 2), "path", db_column(rows, 3), "size",
			(json_int_t)sqlite3_column_int64(rows, 4), "created",
			(json_int_t)sqlite3_column_int64(rows, 5));
		(void)json_array_append_new(list, one);
	}
	return list;
}

int64_t volume_snapshots_partial_bytes(struct sim *sim, int64_t now_us)
{
	return db_number(&sim->db, 0,
		"SELECT sum(made.bytes *"
		"  max(0, min(100, (?1 - job.started_us) * 100 / (job.due_us - job.started_us))) / 100)"
		" FROM volume_snapshot AS made JOIN job ON job.volume_snapshot = made.id"
		" WHERE made.disk IS NULL AND job.due_us > job.started_us",
		"i", now_us);
}
