/* How the host is seen: the objects of protocol.md, built from the file. */
#ifndef HV_SIM_VIEW_H
#define HV_SIM_VIEW_H

#include <jansson.h>
#include "backend/sim/exports.h"
#include "backend/sim/host.h"

/** The VM object; NULL when there is no such VM. A new reference. */
json_t *view_vm(struct sim *sim, int64_t vm);
/** The VM as an export of it holds it. */
json_t *view_export(struct sim *sim, const struct export_row *export);
/** The array "vms" of an inventory. */
json_t *view_vms(struct sim *sim);
/** The array "vms" of a state report. */
json_t *view_states(struct sim *sim);
/** {"freeBytes":n,"storageUp":b} */
json_t *view_storage(struct sim *sim);

#endif
