/* A virtual machine, its volumes, its host and its offering, as the store knows them. */
#ifndef HV_DOMAIN_VIRTUAL_MACHINE_H
#define HV_DOMAIN_VIRTUAL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/uuid.h"
#include "backend/domain/names.h"

struct host {
	int64_t id;
	struct hv_uuid uuid;
	char *name;
	char *group;     /* of the console's tree: "prod", "lab", ... (U1) */
	char *transport; /* "sim", "libssh2", "openssh", "auto" */
	char *address;   /* sim: state file; ssh: [user@]host[:port] */
	char *version;   /* hypervisor version as the host says; NULL before the first contact */
	enum host_state state;
	char *reason;    /* why it is not Up; NULL when Up */
	int64_t seen_us; /* wall time of the last message from it; 0 never. The age of its rows (U3) */
	int64_t free_bytes; /* of its primary storage; -1 not known */
	enum stop_policy stop_policy; /* P1-P3 */
};

/* Of a VM's snapshots; see vm_summary.h. */
struct vm_summary {
	int64_t snapshots;   /* live rows */
	int64_t on_host;     /* of them: those that exist, or may exist, on the host (C3) */
	int64_t chain;       /* from the root to the current one (Q2); untracked ones count */
	int64_t delta_bytes; /* of all of them; 0 not known */
	int64_t oldest_us;   /* when the oldest was taken; 0 none */
};

struct virtual_machine {
	int64_t id;
	struct hv_uuid uuid; /* the host's id for it: identity never changes (hyperv.md 2.2) */
	char *name;
	int64_t host_id;
	int64_t account_id;
	int64_t domain_id;
	int64_t offering_id;
	enum vm_state state;       /* S2: what the workflows say */
	enum vm_state power_state; /* last report of the host, as it came */
	int64_t cpus;
	int64_t memory_bytes;
	struct hv_uuid checkpoint; /* the host's pointer: what its running state descends from; nil: none */
	int64_t untracked;         /* number of checkpoints that hvtree does not track (T6) */
	int64_t update_count;
	int64_t revision;          /* of the host's reading that the row was made from; 0: it tells none */
	bool missing;              /* the host no longer reports it */
	bool unregistered;         /* the host holds only its export (P2); it is Stopped, and not missing */
	struct hv_uuid export;     /* the newest export of it; nil: none */
	enum export_state export_state;
	bool export_matches;       /* Complete, and the VM has not changed since */
	int64_t running_since_us;  /* when it was put back to its current snapshot; 0: never since that was taken */
	struct vm_summary summary; /* read only: kept by whatever changes the snapshots */
};

struct volume {
	int64_t id;
	struct hv_uuid uuid;
	int64_t vm_id;
	char *name;
	bool root;          /* ROOT or DATADISK */
	int64_t device_id;
	char *path;         /* the topmost file of the chain on the host; told, never touched (X7) */
	int64_t size_bytes; /* what the guest sees */
	int64_t chain_bytes; /* what its chain takes on the host */
};

struct volume_list {
	struct volume *items;
	size_t count;
	size_t capacity;
};

void host_clear(struct host *host);
void virtual_machine_clear(struct virtual_machine *vm);
void volume_clear(struct volume *volume);
void volume_list_clear(struct volume_list *list);
struct volume *volume_list_add(struct volume_list *list);
void volume_list_copy(struct volume_list *to, const struct volume_list *from);

struct host_list {
	struct host *items;
	size_t count;
	size_t capacity;
};
struct virtual_machine_list {
	struct virtual_machine *items;
	size_t count;
	size_t capacity;
};
void host_list_clear(struct host_list *list);
struct host *host_list_add(struct host_list *list);
void virtual_machine_list_clear(struct virtual_machine_list *list);
struct virtual_machine *virtual_machine_list_add(struct virtual_machine_list *list);

#endif
