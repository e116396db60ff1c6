#include "tui/batch/demo_folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum hv_status demo_folder_make(char **ret_path, struct hv_error *err)
{
	const char *parent = getenv("TMPDIR");
	char *path = hv_sprintf("%s/hvtree-demo-XXXXXX", parent && *parent ? parent : "/tmp");
	if (!mkdtemp(path)) {
		hv_error_set(err, HV_ERR_IO, "cannot make a folder for the demo: %s", strerror(errno));
		free(path);
		return HV_ERR_IO;
	}
	*ret_path = path;
	return HV_OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

void demo_folder_remove(const char *path)
{
	if (path) {
		(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
}
