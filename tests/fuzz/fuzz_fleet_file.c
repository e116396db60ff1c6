/*
 * A fleet file that holds anything. What must hold of one that is read: every reference is there, parents stand before
 * children, at most one snapshot of a VM is current; of one that is refused: there is a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "backend/demo/fleet_file.h"
#include "fuzz.h"

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static bool stands_before(const struct fleet *fleet, size_t index)
{
	const struct fleet_snapshot *one = &fleet->snapshots[index];
	for (size_t i = 0; i < index; i++) {
		const struct fleet_snapshot *other = &fleet->snapshots[i];
		if (strcmp(other->vm, one->vm) == 0 && strcmp(other->name, one->parent) == 0) {
			return true;
		}
	}
	return false;
}

static void check_fleet(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->vm_count; i++) {
		check(fleet_find_host(fleet, fleet->vms[i].host) != NULL);
		check(fleet->vms[i].disk_count > 0 && fleet->vms[i].cpus > 0);
	}
	for (size_t i = 0; i < fleet->snapshot_count; i++) {
		const struct fleet_snapshot *one = &fleet->snapshots[i];
		check(fleet_find_vm(fleet, one->vm) != NULL);
		check(!one->parent || stands_before(fleet, i));
		check(hv_utf8_is_valid(one->internal_name, strlen(one->internal_name)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hv_text text = HV_TEXT_INIT;
	struct fleet fleet;
	struct hv_error err = {0};
	if (memchr(data, '\0', size) == NULL) {
		hv_text_append(&text, (const char *)data, size);
		if (fleet_read(hv_text_get(&text), &fleet, &err) == HV_OK) {
			check_fleet(&fleet);
			fleet_clear(&fleet);
		} else {
			check(err.text[0] != '\0');
		}
	}
	hv_text_clear(&text);
	return 0;
}
