#include "tui/loop/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"

struct user_file {
	struct file_job job; /* first: one is the other */
	char *path, *text;
};

static enum hv_status run(struct file_job *job, struct hv_error *err)
{
	const struct user_file *user_file = (const struct user_file *)(void *)job;
	int fd = open(user_file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (file == NULL) {
		return hv_error_set(err, HV_ERR_IO, "%s was not written: %s", user_file->path, strerror(errno));
	}
	bool written = fputs(user_file->text, file) != EOF && fflush(file) == 0;
	int reason = errno;
	if (fclose(file) != 0 && written) {
		written = false;
		reason = errno;
	}
	return written ? HV_OK
		       : hv_error_set(err, HV_ERR_IO, "%s is not whole: %s", user_file->path, strerror(reason));
}

static void release(struct file_job *job)
{
	struct user_file *user_file = (struct user_file *)(void *)job;
	free(user_file->path);
	free(user_file->text);
	free(user_file->job.done);
	free(user_file);
}

struct file_job *user_file_job(const char *path, const char *text)
{
	struct user_file *file = hv_alloc(sizeof *file);
	*file = (struct user_file){
		.job = {.run = run, .free = release, .done = hv_sprintf("written: %s", path)},
		.path = hv_strdup(path),
		.text = hv_strdup(text),
	};
	return &file->job;
}
