#include "backend/backend_watch.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/memory.h"

#define LOOK_FIRST_US 8000
#define LOOK_SLOW_US 200000
#define LOOK_IDLE_US (1 * HV_SECOND_US)
#define HOT_US (1 * HV_SECOND_US)

struct watch {
	char *name; /* of the store's file; its log and index begin with it */
	int fd;
	int64_t written_us; /* the last write that was told of */
	int64_t step_us;
	int64_t due_us;
};

struct watch *watch_new(const char *store_path)
{
	const char *slash = strrchr(store_path, '/');
	struct watch *watch = hv_alloc(sizeof *watch);
	watch->name = hv_strdup(slash ? slash + 1 : store_path);
	watch->step_us = LOOK_SLOW_US;
	watch->written_us = INT64_MIN / 2;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd >= 0) {
		HV_CLEANUP_FREE char *folder =
			slash ? hv_strndup(store_path, (size_t)(slash - store_path) + 1)
			      : hv_strdup(".");
		if (inotify_add_watch(watch->fd, folder,
			    IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
			close(watch->fd);
			watch->fd = -1;
		}
	}
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch) {
		return;
	}
	if (watch->fd >= 0) {
		close(watch->fd);
	}
	free(watch->name);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

static bool is_ours(const struct watch *watch, const struct inotify_event *event)
{
	return (event->mask & IN_Q_OVERFLOW) != 0 ||
	       (event->len > 0 && strncmp(event->name, watch->name, strlen(watch->name)) == 0);
}

void watch_drain(struct watch *watch, int64_t now_us)
{
	alignas(struct inotify_event) char bytes[4096];
	bool written = false;
	ssize_t got;
	while (watch->fd >= 0 && (got = read(watch->fd, bytes, sizeof bytes)) > 0) {
		for (const char *at = bytes; at < bytes + got;) {
			const struct inotify_event *event = (const void *)at;
			written = written || is_ours(watch, event);
			at += sizeof *event + event->len;
		}
	}
	if (written) {
		watch->written_us = now_us;
		watch->step_us = LOOK_FIRST_US;
		watch->due_us = now_us;
	}
}

int64_t watch_due_us(const struct watch *watch)
{
	return watch->due_us;
}

void watch_looked(struct watch *watch, int64_t now_us)
{
	if (watch->fd >= 0 && now_us - watch->written_us > HOT_US) {
		watch->due_us = now_us + LOOK_IDLE_US;
		return;
	}
	watch->due_us = now_us + watch->step_us;
	if (watch->step_us < LOOK_SLOW_US) {
		watch->step_us =
			watch->step_us * 2 < LOOK_SLOW_US ? watch->step_us * 2 : LOOK_SLOW_US;
	}
}
