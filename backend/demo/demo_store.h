/* The store's half of a training fleet: the same hosts, VMs and snapshots as the simulated hosts hold. */
#ifndef HV_DEMO_DEMO_STORE_H
#define HV_DEMO_DEMO_STORE_H

#include <stdint.h>
#include "backend/demo/fleet_file.h"

/** Make the store at `path` and fill it. A host's address is "hosts/<name>.db", relative to the store's folder. */
enum hv_status demo_store_make(const char *path, const struct fleet *fleet, int64_t now_us,
	struct hv_error *err) HV_MUST_CHECK;

#endif
