/*
 * A simulated fleet as a file (INI): hosts, VMs, their snapshot trees and what the guests hold. Read by hvtree-sim to make
 * a host, and by the demo to fill the store, so that both say the same. Knows neither domain nor engine.
 *
 *   [fleet]                      name = Northwind Freight
 *   [host hv01.prod]             group = prod, version = 10.0.20348, latency_ms = 0, down = no, storage_gb, free_gb
 *   [vm db-primary]              host, state = Running|Stopped|Saved|Paused, cpus, memory_mb, offering, account,
 *                                disks = root:120 data:500  (GB), production = yes|no (the guest can be quiesced),
 *                                guest.disk.KEY = VALUE, guest.memory.KEY = VALUE  (what it holds now)
 *   [snapshot db-primary/base]   parent = NAME (none: a root), type = Disk|DiskAndMemory, age = 82d, delta_mb, by, note,
 *                                tracked = yes|no, kind = Standard|Recovery|Automatic, current = yes|no,
 *                                guest.disk.KEY = VALUE, guest.memory.KEY = VALUE  (what it holds)
 *
 * Ids are made from names (hv_uuid_from_text), so the same file gives the same ids everywhere: a VM's id from
 * "vm:<host>/<name>", a snapshot's from "snapshot:<host>/<vm>/<name>", its checkpoint's from "checkpoint:<...>", a
 * volume's from "volume:<host>/<vm>/<disk>", a host's from "host:<name>". Internal name of a tracked snapshot:
 * "<vm>_VS_<snapshot name>".
 */
#ifndef HV_DEMO_FLEET_FILE_H
#define HV_DEMO_FLEET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"
#include "backend/base/uuid.h"

struct fleet_pair {
	char *key;
	char *value;
};
struct fleet_content { /* what a guest's disks, or memory, hold */
	struct fleet_pair *pairs;
	size_t count;
	size_t capacity;
};
struct fleet_host {
	char *name, *group, *version;
	char *stop_policy; /* what becomes of a VM that is stopped: keep, export, export-at-snapshot */
	struct hv_uuid id;
	int64_t latency_ms, storage_bytes, free_bytes;
	bool down;
};
struct fleet_disk {
	char *name;
	struct hv_uuid id;
	int64_t size_bytes;
};
struct fleet_vm {
	char *name, *host, *state, *offering, *account;
	struct hv_uuid id;
	int64_t cpus, memory_bytes;
	bool production;
	struct fleet_disk *disks;
	size_t disk_count, disk_capacity;
	struct fleet_content disk, memory;
};
struct fleet_snapshot {
	char *name, *vm, *parent, *type, *kind, *by, *note, *internal_name;
	struct hv_uuid id, checkpoint;
	int64_t age_us, delta_bytes;
	bool tracked, current;
	struct fleet_content disk, memory;
};
struct fleet {
	char *name;
	struct fleet_host *hosts;
	size_t host_count, host_capacity;
	struct fleet_vm *vms;
	size_t vm_count, vm_capacity;
	struct fleet_snapshot *snapshots; /* parents stand before children */
	size_t snapshot_count, snapshot_capacity;
};

/** Read a fleet; an error names line, section and key. Every reference is checked. */
enum hv_status fleet_read(const char *text, struct fleet *ret_fleet, struct hv_error *err) HV_MUST_CHECK;
enum hv_status fleet_read_file(const char *path, struct fleet *ret_fleet, struct hv_error *err) HV_MUST_CHECK;
void fleet_clear(struct fleet *fleet);
const struct fleet_host *fleet_find_host(const struct fleet *fleet, const char *name);
const struct fleet_vm *fleet_find_vm(const struct fleet *fleet, const char *name);

#endif
