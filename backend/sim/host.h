/*
 * Inside the model: the open state file, the VM row, and the finding of VMs by name. All functions that write expect an
 * open transaction; errors stick in sim->db (db.h).
 */
#ifndef HV_SIM_HOST_H
#define HV_SIM_HOST_H

#include "backend/sim/db.h"
#include "backend/sim/sim.h"

struct sim {
	struct db db;
	struct sim_options options;
};

enum power {
	POWER_RUNNING,
	POWER_STOPPED,
	POWER_SAVED,
	POWER_PAUSED,
	POWER_STARTING,
	POWER_STOPPING,
	POWER_COUNT
};
const char *power_name(enum power power);

struct vm_row {
	int64_t id;
	char uuid[HV_UUID_TEXT_SIZE];
	enum power power;
	int64_t cpus, memory_bytes;
	int64_t parent; /* checkpoint, 0: none */
	bool production;
	bool registered; /* false: only its export is there */
};

int64_t host_now(const struct sim *sim);
void host_new_uuid(const struct sim *sim, char text[HV_UUID_TEXT_SIZE]);
/** Per cent of the demo's pace. */
int64_t host_scaled_us(struct sim *sim, int64_t duration_us);
/** Free bytes of the primary storage, as far as copies and merges have come by now: 0 while the fault disk-full stands. */
int64_t host_free_bytes(struct sim *sim);

bool vm_load(struct sim *sim, int64_t id, struct vm_row *ret_vm);
int64_t vm_by_uuid(struct sim *sim, const char *uuid); /* registered or not; 0: none */
/** By uuid or by name; HV_ERR_NOT_FOUND or HV_ERR_AMBIGUOUS with the candidates. */
enum hv_status vm_by_name(struct sim *sim, const char *name, int64_t *ret_vm, struct hv_error *err) HV_MUST_CHECK;
void vm_set_power(struct sim *sim, int64_t vm, enum power power);
/** What is seen from outside changed: its state, activity or export; its tree, pointer, volumes or their snapshots. */
void vm_touch_state(struct sim *sim, int64_t vm);
void vm_touch_tree(struct sim *sim, int64_t vm);
/** It is not any more what an export of it holds. */
void vm_mark_edited(struct sim *sim, int64_t vm);

#endif
