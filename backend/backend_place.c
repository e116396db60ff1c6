#include "backend/backend_place.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/uuid.h"

#define DESCRIPTORS 16384 /* 5,000 hosts; not all that may be had: children that close every one of them take as long */

enum hv_status place_state_folder(char **ret_folder, struct hv_error *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	if (state && state[0] == '/') { /* the XDG rule: a relative path is ignored */
		*ret_folder = hv_sprintf("%s/hvtree", state);
		return HV_OK;
	}
	if (home && home[0] == '/') {
		*ret_folder = hv_sprintf("%s/.local/state/hvtree", home);
		return HV_OK;
	}
	return hv_error_set(err, HV_ERR_INVALID,
		"neither XDG_STATE_HOME nor HOME says where the store is; name one with --store");
}

enum hv_status place_make_folder(const char *folder, struct hv_error *err)
{
	HV_CLEANUP_FREE char *path = hv_strdup(folder);
	for (char *at = path + 1;; at++) {
		if (*at != '/' && *at != '\0') {
			continue;
		}
		char end = *at;
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST) {
			return hv_error_set(err, HV_ERR_IO, "cannot make the folder '%s': %s", path,
				strerror(errno));
		}
		*at = end;
		if (end == '\0') {
			break;
		}
	}
	struct stat info;
	if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode)) {
		return hv_error_set(err, HV_ERR_IO, "'%s' is not a folder", folder);
	}
	return HV_OK;
}

char *place_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash) {
		return hv_strdup(".");
	}
	return slash == path ? hv_strdup("/") : hv_strndup(path, (size_t)(slash - path));
}

char *place_sim_program(void)
{
	const char *named = getenv("HVTREE_SIM");
	if (named && named[0] != '\0') {
		return hv_strdup(named);
	}
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	self[length > 0 ? length : 0] = '\0';
	HV_CLEANUP_FREE char *folder = place_folder_of(self);
	return hv_sprintf("%s/hvtree-sim", folder);
}

char *place_user(void)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char space[4096];
	if (getpwuid_r(geteuid(), &entry, space, sizeof space, &found) == 0 && found) {
		return hv_strdup(entry.pw_name);
	}
	return hv_sprintf("uid %u", (unsigned)geteuid());
}

/* Clock ticks from boot to the start of the process: with the pid it names a process for ever. 0: none runs. */
static unsigned long long start_time(long pid)
{
	char path[64];
	char line[1024];
	(void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file) {
		return 0;
	}
	size_t length = fread(line, 1, sizeof line - 1, file);
	(void)fclose(file);
	line[length] = '\0';
	/* the name of the program stands in brackets and may hold anything, also brackets */
	const char *at = strrchr(line, ')');
	unsigned long long ticks = 0;
	if (!at || sscanf(at + 1,
			   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			   "%*d %*d %llu",
			   &ticks) != 1) {
		return 0;
	}
	return ticks;
}

static void machine_name(char name[HOST_NAME_MAX + 1])
{
	if (gethostname(name, HOST_NAME_MAX + 1) != 0) {
		(void)snprintf(name, HOST_NAME_MAX + 1, "localhost");
	}
	name[HOST_NAME_MAX] = '\0';
}

char *place_owner(void)
{
	char machine[HOST_NAME_MAX + 1];
	char random[HV_UUID_TEXT_SIZE];
	struct hv_uuid uuid = hv_uuid_random();
	machine_name(machine);
	/* the last part tells two consoles in one process apart */
	return hv_sprintf("%s:%ld:%llu:%.8s", machine, (long)getpid(), start_time(getpid()),
		hv_uuid_format(&uuid, random));
}

bool place_owner_is_gone(const char *owner)
{
	char machine[HOST_NAME_MAX + 1];
	long pid;
	unsigned long long started;
	machine_name(machine);
	size_t length = strlen(machine);
	if (strncmp(owner, machine, length) != 0 ||
		sscanf(owner + length, ":%ld:%llu:", &pid, &started) != 2 || pid <= 0 ||
		started == 0) {
		return false; /* another machine's: only its lease can tell */
	}
	return start_time(pid) != started;
}

void place_raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return;
	}
	rlim_t wanted = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	if (limit.rlim_cur >= wanted) {
		return;
	}
	limit.rlim_cur = wanted;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* refused: the hosts beyond the limit say so when they are opened */
}
