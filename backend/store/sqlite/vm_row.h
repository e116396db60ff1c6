/* The columns of a VM's row, and reading them: for all files that select VMs. */
#ifndef HV_STORE_SQLITE_VM_ROW_H
#define HV_STORE_SQLITE_VM_ROW_H

#include "backend/store/sqlite/statement.h"

#define VM_COLUMNS                                                                                          \
	"id, uuid, name, host_id, account_id, domain_id, service_offering_id, state, power_state, cpus,"   \
	" memory_bytes, checkpoint, untracked, update_count, missing, running_since,"                       \
	" snapshots, snapshots_on_host, chain, delta_bytes, oldest, registered, export_uuid, export_state,"   \
	" export_matches, revision"

/** The next columns of the query are VM_COLUMNS. */
void read_vm(struct query *query, struct virtual_machine *vm);

#endif
