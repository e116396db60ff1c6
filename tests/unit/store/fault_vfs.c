#include "tests/unit/store/fault_vfs.h"

#include <sqlite3.h>
#include <stddef.h>

#define KINDS_MAX 4 /* SQLite's own has one table of methods for files with locks, one for those without */

static struct {
	sqlite3_vfs vfs; /* the default one but for xOpen */
	int (*open)(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags);
	struct {
		const sqlite3_io_methods *original;
		sqlite3_io_methods counting;
	} kinds[KINDS_MAX];
	int left; /* 0: never fails */
	int code;
	int happened;
} fault;

static const sqlite3_io_methods *original(const sqlite3_file *file)
{
	int i = 0;
	while (file->pMethods != &fault.kinds[i].counting) {
		i++;
	}
	return fault.kinds[i].original;
}

static int fails(void)
{
	if (fault.left == 0) {
		return SQLITE_OK;
	}
	if (fault.left > 1) {
		fault.left--;
		return SQLITE_OK;
	}
	fault.happened = 1;
	return fault.code;
}

static int count_write(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset)
{
	int code = fails();
	return code != SQLITE_OK ? code : original(file)->xWrite(file, bytes, amount, offset);
}

static int count_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int code = fails();
	return code != SQLITE_OK ? code : original(file)->xTruncate(file, size);
}

static int count_sync(sqlite3_file *file, int flags)
{
	int code = fails();
	return code == SQLITE_OK ? original(file)->xSync(file, flags)
	       : code == SQLITE_FULL ? SQLITE_IOERR_FSYNC
				     : code;
}

static void count_from_now(sqlite3_file *file)
{
	int i = 0;
	while (i < KINDS_MAX && fault.kinds[i].original && fault.kinds[i].original != file->pMethods) {
		i++;
	}
	if (i == KINDS_MAX) {
		return;
	}
	fault.kinds[i].original = file->pMethods;
	fault.kinds[i].counting = *file->pMethods;
	fault.kinds[i].counting.xWrite = count_write;
	fault.kinds[i].counting.xTruncate = count_truncate;
	fault.kinds[i].counting.xSync = count_sync;
	file->pMethods = &fault.kinds[i].counting;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	int code = fault.open(vfs, name, file, flags, ret_flags);
	if (code == SQLITE_OK && file->pMethods) {
		count_from_now(file);
	}
	return code;
}

void fault_install(void)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);
	fault.vfs = *real;
	fault.vfs.zName = "fault";
	fault.vfs.pNext = NULL;
	fault.open = real->xOpen;
	fault.vfs.xOpen = open_file;
	(void)sqlite3_vfs_register(&fault.vfs, 1);
}

void fault_after(int n, int code)
{
	fault.left = n;
	fault.code = code;
	fault.happened = 0;
}

int fault_happened(void)
{
	return fault.happened;
}
