#include "tui/remembered_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tui/state/remembered.h"

char *remembered_file_path(const char *demo_dir, const char *store)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	if (demo_dir != NULL) {
		return hv_sprintf("%s/console.state", demo_dir);
	}
	if (store != NULL) {
		return hv_sprintf("%s.console", store);
	}
	if (state != NULL && state[0] == '/') {
		return hv_sprintf("%s/hvtree/console.state", state);
	}
	return home != NULL && home[0] == '/' ? hv_sprintf("%s/.local/state/hvtree/console.state", home) : NULL;
}

char *remembered_file_read(const char *path)
{
	struct stat info;
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	if (fd < 0) {
		return NULL;
	}
	char *text = NULL;
	bool fits = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
		    (size_t)info.st_size <= REMEMBERED_BYTES_MAX;
	if (fits) {
		text = hv_alloc((size_t)info.st_size + 1);
		ssize_t length = read(fd, text, (size_t)info.st_size);
		text[length > 0 ? length : 0] = '\0';
	}
	close(fd);
	return text;
}

void remembered_file_write(const char *path, const char *text)
{
	if (path == NULL) {
		return;
	}
	HV_CLEANUP_FREE char *fresh = hv_sprintf("%s.%ld", path, (long)getpid());
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return;
	}
	size_t length = strlen(text);
	bool written = write(fd, text, length) == (ssize_t)length;
	written = close(fd) == 0 && written;
	if (!written || rename(fresh, path) != 0) {
		(void)unlink(fresh);
	}
}
