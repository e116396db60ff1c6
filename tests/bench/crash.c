/*
 * bench-crash FOLDER
 *
 * A console on the demo fleet in FOLDER asks every VM for a snapshot and is killed when all of them are under way; the next
 * console settles them (Y1). One "name value" a line: how many were in flight, milliseconds until the last is settled, and
 * the CPU time that the console took for it. Let the fleet's hosts take no time of their own (hvtree-sim speed 0) after
 * the kill: HVTREE_BENCH_AFTER names a command for that.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend/backend.h"

#define LIMIT_US (120 * HV_SECOND_US)
#define MANY 4096

/* What was told, as far as it matters here. */
struct view {
	struct hv_backend *backend;
	struct hv_uuid vms[MANY];
	size_t vm_count;
	size_t hosts, up;
	struct hv_uuid begun[MANY]; /* operations that are sent and have not ended */
	size_t begun_count, ended;
	bool loaded;
};

static int64_t now_us(void)
{
	struct hv_clock clock = hv_clock_system();
	return hv_clock_monotonic_us(&clock);
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench-crash: %s\n", what);
	exit(1);
}

static bool put(struct hv_uuid *ids, size_t *count, const struct hv_uuid *id)
{
	for (size_t i = 0; i < *count; i++) {
		if (hv_uuid_equal(&ids[i], id)) {
			return false;
		}
	}
	if (*count == MANY) {
		give_up("too many");
	}
	ids[(*count)++] = *id;
	return true;
}

static void take(struct view *view, const struct hv_event *event)
{
	static struct hv_uuid up[MANY], hosts[MANY];
	switch (event->kind) {
	case HV_EVENT_HOST:
		(void)put(hosts, &view->hosts, &event->host->uuid);
		if (event->host->state == HOST_UP) {
			(void)put(up, &view->up, &event->host->uuid);
		}
		break;
	case HV_EVENT_VM:
		if (!view->loaded) {
			(void)put(view->vms, &view->vm_count, &event->vm->uuid);
		}
		break;
	case HV_EVENT_OPERATION:
		if (event->operation->finished_us != 0) {
			view->ended++;
		} else if (event->operation->step >= STEP_SEND) {
			(void)put(view->begun, &view->begun_count, &event->operation->uuid);
		}
		break;
	case HV_EVENT_LOADED:
		view->loaded = true;
		break;
	default:
		break;
	}
}

static void until(struct view *view, bool (*done)(const struct view *view), const char *what)
{
	int64_t end = now_us() + LIMIT_US;
	while (!done(view)) {
		struct hv_event *event;
		struct pollfd fd = {.fd = hv_backend_fd(view->backend), .events = POLLIN};
		if (now_us() > end) {
			give_up(what);
		}
		(void)poll(&fd, 1, 1000);
		while ((event = hv_backend_next(view->backend)) != NULL) {
			take(view, event);
			hv_event_free(event);
		}
	}
}

static struct view *open_view(const char *folder)
{
	struct view *view = hv_alloc(sizeof *view);
	struct hv_error error;
	const struct hv_config config = {.demo_dir = folder, .connect = HV_CONNECT_ALL};
	if (hv_backend_open(&config, &view->backend, &error) != HV_OK) {
		give_up(error.text);
	}
	return view;
}

static bool is_ready(const struct view *view)
{
	return view->loaded && view->hosts > 0 && view->up == view->hosts;
}

static bool all_begun(const struct view *view)
{
	return view->begun_count == view->vm_count;
}

static bool all_ended(const struct view *view)
{
	return view->loaded && view->begun_count > 0 && view->ended >= view->begun_count;
}

/* In a process of its own, which is gone at the end of it as by a power cut. */
static _Noreturn void begin_all(const char *folder)
{
	struct view *view = open_view(folder);
	until(view, is_ready, "the hosts do not come up");
	for (size_t i = 0; i < view->vm_count; i++) {
		struct hv_act act = {.kind = OPERATION_CREATE_SNAPSHOT, .vm = view->vms[i], .type = SNAPSHOT_DISK, .name = "x"};
		hv_act(view->backend, i + 1, &act);
	}
	until(view, all_begun, "not all snapshots are begun");
	(void)kill(getpid(), SIGKILL);
	abort();
}

int main(int argc, char **argv)
{
	const char *after = getenv("HVTREE_BENCH_AFTER");
	int ended = 0;
	if (argc != 2) {
		fputs("usage: bench-crash FOLDER\n", stderr);
		return 2;
	}
	pid_t pid = fork();
	if (pid == 0) {
		begin_all(argv[1]);
	}
	if (waitpid(pid, &ended, 0) != pid || !WIFSIGNALED(ended) || WTERMSIG(ended) != SIGKILL) {
		give_up("the first console did not get so far");
	}
	if (after && system(after) != 0) {
		give_up(after);
	}
	int64_t begin_us = now_us();
	struct view *view = open_view(argv[1]);
	until(view, all_ended, "not all operations are settled");
	printf("crash_in_flight %zu\ncrash_settled_ms %.0f\n", view->begun_count, (double)(now_us() - begin_us) / 1000);
	printf("crash_cpu_ms %.0f\n", (double)clock() * 1000 / CLOCKS_PER_SEC);
	hv_backend_close(view->backend);
	free(view);
	return 0;
}
