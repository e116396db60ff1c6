#include "backend/domain/volume_snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/attributes.h"
#include "backend/base/clock.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"

#define PATH_MAX_CHARACTERS 1024
#define PART_MAX 80 /* characters of a VM's or volume's name in a generated one */

void volume_snapshot_clear(struct volume_snapshot *snapshot)
{
	free(snapshot->volume_name);
	free(snapshot->name);
	free(snapshot->path);
	free(snapshot->created_by);
	*snapshot = (struct volume_snapshot){0};
}

void volume_snapshot_list_clear(struct volume_snapshot_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		volume_snapshot_clear(&list->items[i]);
	}
	free(list->items);
	*list = (struct volume_snapshot_list){0};
}

struct volume_snapshot *volume_snapshot_list_add(struct volume_snapshot_list *list)
{
	HV_GROW(list->items, list->count, list->capacity);
	struct volume_snapshot *added = &list->items[list->count++];
	*added = (struct volume_snapshot){0};
	return added;
}

/* At most so many bytes, and no character cut in two. */
static int cut(const char *text)
{
	size_t length = strlen(text);
	length = length < PART_MAX ? length : PART_MAX;
	while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) {
		length--;
	}
	return (int)length;
}

char *volume_snapshot_make_name(const char *vm_name, const char *volume_name, int64_t now_us)
{
	char time[32];
	char digits[32];
	size_t count = 0;
	(void)hv_format_time(now_us, time);
	for (const char *p = time; *p; p++) {
		if (*p >= '0' && *p <= '9') {
			digits[count++] = *p;
		}
	}
	digits[count] = '\0';
	HV_CLEANUP_FREE char *vm = hv_text_printable(vm_name, strlen(vm_name));
	HV_CLEANUP_FREE char *volume = hv_text_printable(volume_name, strlen(volume_name));
	return hv_sprintf("%.*s-%.*s-%.14s", cut(vm), vm, cut(volume), volume, digits);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t wanted = strlen(end);
	return length > wanted && strcasecmp(text + length - wanted, end) == 0;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_separator(char c)
{
	return c == '\\' || c == '/';
}

/* "D:\disks\data.vhdx", "\\server\share\data.vhdx", or a path of a simulated host. */
static bool is_absolute(const char *path)
{
	return path[0] == '/' || (is_letter(path[0]) && path[1] == ':' && is_separator(path[2])) ||
	       (path[0] == '\\' && path[1] == '\\');
}

enum hv_status volume_check_path(const char *path, struct hv_error *err)
{
	if (!path || !hv_text_is_name(path, PATH_MAX_CHARACTERS)) {
		return hv_error_set(err, HV_ERR_INVALID,
			"the path of a disk has 1 to %d characters and no control characters", PATH_MAX_CHARACTERS);
	}
	if (ends_with(path, ".avhdx") || ends_with(path, ".avhd")) {
		return hv_error_set(err, HV_ERR_INVALID,
			"an .avhdx file is a part of a checkpoint; attaching it would destroy that, so it is never touched");
	}
	if (!ends_with(path, ".vhdx") && !ends_with(path, ".vhd")) {
		return hv_error_set(err, HV_ERR_INVALID, "a disk that can be attached is a .vhdx or .vhd file");
	}
	if (!is_absolute(path) || strstr(path, "..\\") || strstr(path, "../")) {
		return hv_error_set(err, HV_ERR_INVALID,
			"say where on the host the disk is: a whole path such as D:\\disks\\data.vhdx");
	}
	return HV_OK;
}
