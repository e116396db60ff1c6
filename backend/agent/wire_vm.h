/*
 * The VM object of protocol.md, alone and in lists. Used by wire_decode.c only: this header shows jansson.
 */
#ifndef HV_AGENT_WIRE_VM_H
#define HV_AGENT_WIRE_VM_H

#include "backend/agent/message.h"
#include "backend/agent/wire_field.h"

/** `whole`: everything; else only what a state report tells: id, name and state. */
enum hv_status wire_vm(
	const json_t *object, bool whole, struct agent_vm *ret_vm, struct hv_error *err) HV_MUST_CHECK;
/** The list "vms" of `body`; on failure `to` may hold some already. */
enum hv_status wire_vms(
	const json_t *body, bool whole, struct agent_vm_list *to, struct hv_error *err) HV_MUST_CHECK;

#endif
