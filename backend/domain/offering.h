/* What a VM may be given (V5, X4), and what a hypervisor may be asked for (X5). */
#ifndef HV_DOMAIN_OFFERING_H
#define HV_DOMAIN_OFFERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service_offering {
	int64_t id;
	char *name;
	int64_t cpus;
	int64_t memory_bytes;
	int64_t vm_count; /* how many VMs have it; in a list: of those that the caller may see */
};
void service_offering_clear(struct service_offering *offering);

struct service_offering_list {
	struct service_offering *items;
	size_t count;
	size_t capacity;
};
void service_offering_list_clear(struct service_offering_list *list);
struct service_offering *service_offering_list_add(struct service_offering_list *list);

struct hypervisor_capability {
	char *hypervisor; /* "Hyperv" */
	char *version;    /* "default": all versions without a row of their own */
	bool snapshots;   /* vm_snapshot_enabled */
};
void hypervisor_capability_clear(struct hypervisor_capability *capability);

struct hypervisor_capability_list {
	struct hypervisor_capability *items;
	size_t count;
	size_t capacity;
};
void hypervisor_capability_list_clear(struct hypervisor_capability_list *list);
struct hypervisor_capability *hypervisor_capability_list_add(struct hypervisor_capability_list *list);

#endif
