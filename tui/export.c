#include "tui/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/batch/demo_folder.h"
#include "tui/batch/session.h"
#include "tui/offline/picture.h"

#define EXIT_REFUSED 1
#define TREES_AT_ONCE 256

static int complain(const struct hv_error *err)
{
	(void)fprintf(stderr, "hvtree: %s\n", err->text);
	return EXIT_REFUSED;
}

/* The trees of some VMs; one that went away meanwhile has none. */
static enum hv_status put_trees(
	struct session *session, struct picture_writer *writer, const struct hv_uuid *vms, size_t count, struct hv_error *err)
{
	const struct hv_tree *trees[TREES_AT_ONCE] = {NULL};
	enum hv_status status = count > 0 ? session_trees(session, vms, count, trees, err) : HV_OK;
	for (size_t i = 0; i < count; i++) {
		if (status == HV_OK && trees[i]) {
			picture_put_tree(writer, trees[i]);
		}
		hv_tree_unref(trees[i]);
	}
	return status;
}

static enum hv_status put_vms(struct session *session, struct picture_writer *writer, struct hv_error *err)
{
	size_t count = session->overview.vms.count;
	const struct hv_vm **vms = overview_vms_in_order(&session->overview);
	struct hv_uuid some[TREES_AT_ONCE];
	size_t some_count = 0;
	enum hv_status status = HV_OK;
	for (size_t i = 0; i < count && status == HV_OK; i++) {
		picture_put_vm(writer, vms[i]);
		if (vms[i]->snapshots + vms[i]->untracked > 0) {
			some[some_count++] = vms[i]->uuid;
		}
		if (some_count == TREES_AT_ONCE) {
			status = put_trees(session, writer, some, some_count, err);
			some_count = 0;
		}
	}
	if (status == HV_OK) {
		status = put_trees(session, writer, some, some_count, err);
	}
	overview_free_vms(vms, count);
	return status;
}

static enum hv_status put_all(struct session *session, struct picture_writer *writer, struct hv_error *err)
{
	size_t count = session->overview.hosts.count;
	const struct hv_host **hosts = overview_hosts_in_order(&session->overview);
	for (size_t i = 0; i < count; i++) {
		picture_put_host(writer, hosts[i]);
	}
	overview_free_hosts(hosts, count);
	enum hv_status status = put_vms(session, writer, err);
	for (size_t i = 0; i < session->overview.operations.count; i++) {
		picture_put_operation(writer, session->overview.operations.entries[i].operation);
	}
	return status;
}

/* Never over a file that is there; what could not be written whole is taken away again. */
static enum hv_status write_file(struct session *session, const char *path, struct hv_error *err)
{
	HV_CLEANUP_FREE char *shown = hv_text_printable(path, strlen(path));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!file) {
		return hv_error_set(err, HV_ERR_IO, "cannot make '%s': %s", shown, strerror(errno));
	}
	struct picture_writer writer;
	struct hv_clock clock = hv_clock_system();
	picture_begin(&writer, file, hv_clock_wall_us(&clock));
	enum hv_status status = put_all(session, &writer, err);
	bool written = picture_end(&writer) && fsync(fd) == 0;
	written = fclose(file) == 0 && written;
	if (status == HV_OK && !written) {
		status = hv_error_set(err, HV_ERR_IO, "cannot write '%s': %s", shown, strerror(errno));
	}
	if (status != HV_OK) {
		(void)unlink(path);
	}
	return status;
}

static enum hv_status export(const struct console_options *options, const char *demo_dir, struct hv_error *err)
{
	const struct hv_config config = {
		.store_path = options->store, .demo_dir = demo_dir, .connect = HV_CONNECT_ON_DEMAND};
	struct session session;
	enum hv_status status = session_open(&session, &config, err);
	if (status == HV_OK) {
		status = session_load(&session, err);
	}
	if (status == HV_OK) {
		status = write_file(&session, options->export, err);
	}
	session_close(&session);
	return status;
}

int export_main(const struct console_options *options)
{
	struct hv_error err;
	char *temporary = NULL;
	if (options->demo && options->demo_dir == NULL && demo_folder_make(&temporary, &err) != HV_OK) {
		return complain(&err);
	}
	enum hv_status status = export(options, temporary ? temporary : options->demo_dir, &err);
	demo_folder_remove(temporary);
	free(temporary);
	return status == HV_OK ? 0 : complain(&err);
}
