#include "backend/demo/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/demo/demo_program.h"
#include "backend/demo/demo_store.h"

/* The paths of a folder that is being made. */
struct making {
	const char *folder;
	char *temporary; /* DIR/.making */
	char *fleet; /* DIR/fleet.ini */
	char *store; /* DIR/hvtree.db */
	int lock; /* held by us and by every program that makes a part */
};

static enum hv_status io_error(struct hv_error *err, const char *what, const char *path)
{
	return hv_error_set(err, HV_ERR_IO, "cannot %s '%s': %s", what, path, strerror(errno));
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

/* What an interrupted start left; nothing else ever stands under this name. */
static void remove_temporary(const struct making *making)
{
	(void)nftw(making->temporary, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static enum hv_status make_folder(const char *path, struct hv_error *err)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? HV_OK
							 : io_error(err, "make the folder", path);
}

static enum hv_status move(const char *from, const char *to, struct hv_error *err)
{
	return rename(from, to) == 0 ? HV_OK : io_error(err, "move into place", to);
}

static enum hv_status write_file(const char *path, const char *text, struct hv_error *err)
{
	FILE *file = fopen(path, "wxe");
	if (!file) {
		return io_error(err, "write", path);
	}
	bool written = fputs(text, file) >= 0;
	written = fclose(file) == 0 && written;
	return written ? HV_OK : io_error(err, "write", path);
}

/* The trainer's own fleet is used; without one, the one that is built in is put there to be read and changed. */
static enum hv_status provide_fleet(
	const struct making *making, struct fleet *ret_fleet, struct hv_error *err)
{
	if (access(making->fleet, F_OK) != 0) {
		HV_CLEANUP_FREE char *temporary = hv_sprintf("%s/fleet.ini", making->temporary);
		enum hv_status status = write_file(temporary, demo_fleet_text, err);
		if (status == HV_OK) {
			status = move(temporary, making->fleet, err);
		}
		if (status != HV_OK) {
			return status;
		}
	}
	return fleet_read_file(making->fleet, ret_fleet, err);
}

static enum hv_status start_load(const struct making *making, const char *sim_program,
	const char *host, struct demo_program *program, struct hv_error *err)
{
	HV_CLEANUP_FREE char *state = hv_sprintf("%s/hosts/%s.db", making->temporary, host);
	const char *const argv[] = {
		sim_program, "--state", state, "load", making->fleet, host, NULL};
	return demo_program_start(program, argv, making->lock, err);
}

/* All hosts at the same time, and the store meanwhile. */
static enum hv_status make_parts(const struct making *making, const char *sim_program,
	const struct fleet *fleet, struct hv_error *err)
{
	struct hv_clock clock = hv_clock_system();
	struct demo_program *programs = hv_alloc((fleet->host_count + 1) * sizeof *programs);
	HV_CLEANUP_FREE char *store = hv_sprintf("%s/hvtree.db", making->temporary);
	enum hv_status status = HV_OK;
	for (size_t i = 0; status == HV_OK && i < fleet->host_count; i++) {
		status = start_load(making, sim_program, fleet->hosts[i].name, &programs[i], err);
	}
	if (status == HV_OK) {
		status = demo_store_make(store, fleet, hv_clock_wall_us(&clock), err);
	}
	for (size_t i = 0; i < fleet->host_count; i++) {
		struct hv_error own;
		enum hv_status ended = demo_program_finish(&programs[i], &own);
		if (ended != HV_OK && status == HV_OK) {
			status = hv_error_set(err, ended, "cannot make the simulated host '%s': %s",
				fleet->hosts[i].name, own.text);
		}
	}
	free(programs);
	return status;
}

/* The store comes last: it is the sign that all is there. */
static enum hv_status move_parts(
	const struct making *making, const struct fleet *fleet, struct hv_error *err)
{
	HV_CLEANUP_FREE char *hosts = hv_sprintf("%s/hosts", making->folder);
	enum hv_status status = make_folder(hosts, err);
	for (size_t i = 0; status == HV_OK && i < fleet->host_count; i++) {
		const char *name = fleet->hosts[i].name;
		HV_CLEANUP_FREE char *from = hv_sprintf("%s/hosts/%s.db", making->temporary, name);
		HV_CLEANUP_FREE char *to = hv_sprintf("%s/%s.db", hosts, name);
		status = move(from, to, err);
	}
	HV_CLEANUP_FREE char *store = hv_sprintf("%s/hvtree.db", making->temporary);
	return status == HV_OK ? move(store, making->store, err) : status;
}

static enum hv_status make_all(
	const struct making *making, const char *sim_program, struct hv_error *err)
{
	HV_CLEANUP_FREE char *hosts = hv_sprintf("%s/hosts", making->temporary);
	struct fleet fleet = {0};
	remove_temporary(making);
	enum hv_status status = make_folder(making->temporary, err);
	if (status == HV_OK) {
		status = make_folder(hosts, err);
	}
	if (status == HV_OK) {
		status = provide_fleet(making, &fleet, err);
	}
	if (status == HV_OK) {
		status = make_parts(making, sim_program, &fleet, err);
	}
	if (status == HV_OK) {
		status = move_parts(making, &fleet, err);
	}
	fleet_clear(&fleet);
	remove_temporary(making);
	return status;
}

static enum hv_status prepare_locked(
	const char *folder, const char *sim_program, int lock, struct hv_error *err)
{
	struct making making = {
		.folder = folder,
		.temporary = hv_sprintf("%s/.making", folder),
		.fleet = hv_sprintf("%s/fleet.ini", folder),
		.store = hv_sprintf("%s/hvtree.db", folder),
		.lock = lock,
	};
	enum hv_status status = HV_OK;
	if (access(making.store, F_OK) != 0) {
		status = make_all(&making, sim_program, err);
	}
	free(making.temporary);
	free(making.fleet);
	free(making.store);
	return status;
}

enum hv_status demo_prepare(const char *folder, const char *sim_program, struct hv_error *err)
{
	/* whoever comes second waits here, and finds the fleet made, or nobody left who makes it */
	int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0) {
		return io_error(err, "open the folder", folder);
	}
	int failed;
	do {
		failed = flock(lock, LOCK_EX);
	} while (failed != 0 && errno == EINTR);
	enum hv_status status = failed ? io_error(err, "lock the folder", folder)
				       : prepare_locked(folder, sim_program, lock, err);
	(void)close(lock);
	return status;
}
