/*
 * The file before SQLite sees it: is the place fit for a store, and is there one? A file that exists is never opened
 * here: closing any descriptor of it would drop the locks that this process holds on it.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

#define FOLDER_MODE 0700
#define FILE_MODE 0600

/* File systems that several machines mount: the write-ahead log needs memory that all its users share. */
static const struct {
	uint32_t magic;
	const char *name;
} network_file_systems[] = {
	{0x6969, "NFS"},
	{0x517B, "SMB"},
	{0xFF534D42, "CIFS"},
	{0xFE534D42, "SMB"},
	{0x01021997, "9P"},
	{0x5346414F, "AFS"},
	{0x6B414653, "AFS"},
	{0x73757245, "Coda"},
	{0x564C, "NCP"},
	{0x00C36400, "Ceph"},
	{0x0BD00BD0, "Lustre"},
	{0x01161970, "GFS2"},
	{0x7461636F, "OCFS2"},
	{0x786F4256, "a VirtualBox shared folder"},
};

static enum hv_status refuse_errno(const char *path, const char *doing, int code, struct hv_error *err)
{
	HV_CLEANUP_FREE char *what = hv_sprintf("cannot be used: %s: %s", doing, strerror(code));
	return store_refuse(path, what, "make the place accessible to this user, or name another file with --store", err);
}

/* Make the folder and those above it; what exists keeps its mode. */
static enum hv_status make_folder(char *folder, const char *path, struct hv_error *err)
{
	for (char *p = folder + 1;; p++) {
		if (*p != '/' && *p != '\0') {
			continue;
		}
		char kept = *p;
		*p = '\0';
		int failed = mkdir(folder, FOLDER_MODE) != 0 ? errno : 0;
		if (failed == EEXIST || failed == EROFS || failed == EACCES) {
			struct stat info;
			failed = stat(folder, &info) != 0 ? (failed == EEXIST ? errno : failed)
				: S_ISDIR(info.st_mode)   ? 0
							  : ENOTDIR;
		}
		if (failed != 0) {
			HV_CLEANUP_FREE char *shown = hv_text_printable(folder, strlen(folder));
			HV_CLEANUP_FREE char *doing = hv_sprintf("the folder '%.120s'", shown);
			return refuse_errno(path, doing, failed, err);
		}
		*p = kept;
		if (kept == '\0') {
			return HV_OK;
		}
	}
}

static enum hv_status refuse_network(const char *folder, const char *path, struct hv_error *err)
{
	struct statfs info;
	if (statfs(folder, &info) != 0) {
		return refuse_errno(path, "its file system", errno, err);
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(network_file_systems); i++) {
		if ((uint32_t)info.f_type == network_file_systems[i].magic) {
			HV_CLEANUP_FREE char *what = hv_sprintf(
				"lies on a network file system (%s), where it would be damaged sooner or later",
				network_file_systems[i].name);
			return store_refuse(path, what, "name a file on a disk of this machine with --store", err);
		}
	}
	return HV_OK;
}

/* Look at what stands under the resolved name; make an empty file when there is nothing. */
static enum hv_status check_or_make(const char *path, bool *ret_new, struct hv_error *err)
{
	struct stat info;
	if (stat(path, &info) != 0) {
		if (errno != ENOENT) {
			return refuse_errno(path, "looking at it", errno, err);
		}
		int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
		if (file < 0 && errno != EEXIST) {
			return refuse_errno(path, "making it", errno, err);
		}
		if (file >= 0) {
			(void)close(file); /* made just now: nobody holds a lock on it yet */
		}
		*ret_new = true;
		return HV_OK;
	}
	if (S_ISDIR(info.st_mode)) {
		return store_refuse(path, "is a folder", "name a file with --store", err);
	}
	if (!S_ISREG(info.st_mode)) {
		return store_refuse(path, "is not a regular file", "name another file with --store", err);
	}
	if (access(path, R_OK | W_OK) != 0) {
		return refuse_errno(path, "reading and writing it", errno, err);
	}
	*ret_new = info.st_size == 0;
	return HV_OK;
}

/* "a/b" as an absolute path; its folder exists afterwards and has no symbolic links in its name. */
static enum hv_status resolve_folder(const char *path, char **ret_resolved, struct hv_error *err)
{
	char *slash = strrchr(path, '/');
	HV_CLEANUP_FREE char *folder = !slash ? hv_strdup(".")
		: slash == path               ? hv_strdup("/")
					      : hv_strndup(path, (size_t)(slash - path));
	const char *name = slash ? slash + 1 : path;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		return store_refuse(path, "is a folder", "name a file with --store", err);
	}
	enum hv_status status = make_folder(folder, path, err);
	if (status != HV_OK) {
		return status;
	}
	HV_CLEANUP_FREE char *real = realpath(folder, NULL);
	if (!real) {
		return refuse_errno(path, "its folder", errno, err);
	}
	status = refuse_network(real, path, err);
	if (status == HV_OK) {
		*ret_resolved = hv_sprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	}
	return status;
}

/* A symbolic link in the last place: the store is what it points to, with its side files beside it. */
static enum hv_status follow_link(char **resolved, const char *path, struct hv_error *err)
{
	struct stat info;
	if (lstat(*resolved, &info) != 0 || !S_ISLNK(info.st_mode)) {
		return HV_OK;
	}
	char *target = realpath(*resolved, NULL);
	if (!target) {
		return store_refuse(path, errno == ELOOP ? "is a symbolic link that leads back to itself"
						   : "is a symbolic link that leads nowhere",
			"repair or remove the link, or name another file with --store", err);
	}
	free(*resolved);
	*resolved = target;
	HV_CLEANUP_FREE char *folder = hv_strndup(target, (size_t)(strrchr(target, '/') - target));
	return refuse_network(*folder ? folder : "/", path, err);
}

enum hv_status store_prepare_path(const char *path, char **ret_path, bool *ret_new, struct hv_error *err)
{
	if (*path == '\0') {
		return hv_error_set(err, HV_ERR_STORE,
			"the store has an empty name; nothing was changed; name a file with --store");
	}
	if (strlen(path) >= PATH_MAX) {
		return store_refuse(path, "has too long a name", "name another file with --store", err);
	}
	HV_CLEANUP_FREE char *resolved = NULL;
	enum hv_status status = resolve_folder(path, &resolved, err);
	if (status == HV_OK) {
		status = follow_link(&resolved, path, err);
	}
	if (status == HV_OK) {
		status = check_or_make(resolved, ret_new, err);
	}
	if (status == HV_OK) {
		*ret_path = resolved;
		resolved = NULL;
	}
	return status;
}
