#include "backend/sim/liveness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "backend/base/memory.h"

enum hv_status liveness_open(const char *state_file, int *ret_fd, struct hv_error *err)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("%s-agents", state_file);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return hv_error_set(err, HV_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
	}
	*ret_fd = fd;
	return HV_OK;
}

/* Locks of the open file, not of the process: two agents in one process (a simulation) are two. */
static struct flock byte_of(int64_t session)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)session, .l_len = 1};
}

bool liveness_hold(int fd, int64_t session)
{
	struct flock lock = byte_of(session);
	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool liveness_of_other(int fd, int64_t session)
{
	struct flock lock = byte_of(session);
	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
