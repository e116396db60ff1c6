#include "backend/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static enum hv_log_level log_level = HV_LOG_INFO;

enum hv_status hv_log_open(const char *path, enum hv_log_level level, struct hv_error *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return hv_error_set(err, HV_ERR_IO, "cannot write the log '%s': %s", path, strerror(errno));
	}
	pthread_mutex_lock(&lock);
	if (log_fd >= 0) {
		close(log_fd);
	}
	log_fd = fd;
	log_level = level;
	pthread_mutex_unlock(&lock);
	return HV_OK;
}

void hv_log_close(void)
{
	pthread_mutex_lock(&lock);
	if (log_fd >= 0) {
		close(log_fd);
	}
	log_fd = -1;
	pthread_mutex_unlock(&lock);
}

void hv_log(enum hv_log_level level, const char *area, const char *format, ...)
{
	static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
	pthread_mutex_lock(&lock);
	if (log_fd >= 0 && level <= log_level) {
		char *message = NULL;
		va_list args;
		va_start(args, format);
		int length = vasprintf(&message, format, args);
		va_end(args);
		if (length >= 0) {
			char when[32];
			struct hv_clock clock = hv_clock_system();
			char *printable = hv_text_printable(message, (size_t)length);
			(void)dprintf(log_fd, "%s %-5s %s: %s\n",
				hv_format_time(hv_clock_wall_us(&clock), when), names[level], area, printable);
			free(printable);
			free(message);
		}
	}
	pthread_mutex_unlock(&lock);
}
