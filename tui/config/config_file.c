#include "tui/config/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tui/config/config_text.h"

char *config_path(void)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	if (config != NULL && config[0] == '/') {
		return hv_sprintf("%s/hvtree/config", config);
	}
	return home != NULL && home[0] == '/' ? hv_sprintf("%s/.config/hvtree/config", home) : NULL;
}

static enum hv_status fail(struct hv_error *err, const char *what, const char *path)
{
	return hv_error_set(err, HV_ERR_IO, "cannot %s '%s': %s", what, path, strerror(errno));
}

/* HV_ERR_NOT_FOUND when there is no file. *mode is its mode. */
static enum hv_status read_all(const char *path, struct hv_text *text, mode_t *mode, struct hv_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		return errno == ENOENT ? hv_error_set(err, HV_ERR_NOT_FOUND, "there is no file '%s'", path)
				       : fail(err, "read", path);
	}
	struct stat info;
	char buffer[4096];
	ssize_t length = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? 1 : -1;
	bool regular = length > 0;
	while (length > 0 && text->length <= CONFIG_BYTES_MAX) {
		length = read(fd, buffer, sizeof buffer);
		hv_text_append(text, buffer, length > 0 ? (size_t)length : 0);
	}
	enum hv_status status = HV_OK;
	if (!regular) {
		status = hv_error_set(err, HV_ERR_IO, "'%s' is no plain file", path);
	} else if (length < 0) {
		status = fail(err, "read", path);
	} else if (text->length > CONFIG_BYTES_MAX || memchr(hv_text_get(text), '\0', text->length) != NULL) {
		status = hv_error_set(err, HV_ERR_IO, "'%s' is no configuration: too long, or not text", path);
	}
	*mode = info.st_mode & 0777;
	close(fd);
	return status;
}

void config_load(struct config *config, struct hv_text *problems)
{
	HV_CLEANUP_FREE char *path = config_path();
	struct hv_text text = HV_TEXT_INIT;
	struct hv_error error;
	mode_t mode;
	if (path == NULL) {
		return;
	}
	enum hv_status status = read_all(path, &text, &mode, &error);
	if (status == HV_OK) {
		config_read(config, path, hv_text_get(&text), problems);
	} else if (status != HV_ERR_NOT_FOUND && problems != NULL) {
		HV_CLEANUP_FREE char *line = hv_text_printable(error.text, strlen(error.text));
		hv_text_printf(problems, "%s\n", line);
	}
	hv_text_clear(&text);
}

/* The folder of the file, made when missing. */
static enum hv_status make_folder(const char *path, struct hv_error *err)
{
	HV_CLEANUP_FREE char *copy = hv_strdup(path);
	const char *folder = dirname(copy);
	HV_CLEANUP_FREE char *above = hv_strdup(folder);
	/* also ~/.config of a fresh home */
	if (mkdir(folder, 0700) != 0 && errno == ENOENT) {
		(void)mkdir(dirname(above), 0700);
		(void)mkdir(folder, 0700);
	}
	return access(folder, W_OK) == 0 ? HV_OK : fail(err, "write to the folder of", path);
}

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);
		if (written < 0 && errno != EINTR) {
			return false;
		}
		bytes += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

static void sync_folder(const char *path)
{
	HV_CLEANUP_FREE char *copy = hv_strdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
}

/* A new file beside the old one, on the disk before it takes its place. */
static enum hv_status replace(const char *path, const char *text, mode_t mode, struct hv_error *err)
{
	HV_CLEANUP_FREE char *beside = hv_sprintf("%s.XXXXXX", path);
	int fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		return fail(err, "write beside", path);
	}
	bool written = write_all(fd, text, strlen(text)) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	written = close(fd) == 0 && written;
	if (!written || rename(beside, path) != 0) {
		enum hv_status status = fail(err, "write", path);
		(void)unlink(beside);
		return status;
	}
	sync_folder(path);
	return HV_OK;
}

enum hv_status config_file_set(const char *path, const char *template, const char *section, const char *key,
	const char *value, struct hv_error *err)
{
	struct hv_text text = HV_TEXT_INIT;
	mode_t mode = 0600;
	HV_CLEANUP_FREE char *real = realpath(path, NULL); /* what a link leads to */
	enum hv_status status = read_all(path, &text, &mode, err);
	if (status == HV_ERR_NOT_FOUND) {
		mode = 0600;
		status = make_folder(path, err);
		hv_text_puts(&text, template);
	}
	if (status == HV_OK) {
		HV_CLEANUP_FREE char *changed = config_edit(hv_text_get(&text), section, key, value);
		status = replace(real ? real : path, changed, mode, err);
	}
	hv_text_clear(&text);
	return status;
}
