/* A VM with two snapshots on a host with a stop policy, what is asked of it, and how it must look. */
#ifndef HV_TESTS_UNIT_ENGINE_EXPORT_FIXTURE_H
#define HV_TESTS_UNIT_ENGINE_EXPORT_FIXTURE_H

#include "tests/support/engine_world.h"

#define EXPORT_CAPABILITIES                                                                                \
	(AGENT_CAN_REVERT_MEMORY_FROM_OFF | AGENT_CAN_PRODUCTION_CHECKPOINTS | AGENT_CAN_EXPORT | AGENT_CAN_VOLUMES)

/** A(B*), the VM running on "disknow". */
void export_make(struct engine_world *world, enum stop_policy policy);
enum hv_status export_ask(struct engine_world *world, enum operation_kind kind, struct hv_error *err);
void export_must_ask(struct engine_world *world, enum operation_kind kind);
/** And everything that follows has ended. */
void export_must_do(struct engine_world *world, enum operation_kind kind);
/** A stop was asked for, and its export is being copied, which takes a while. */
void export_begin_one(struct engine_world *world);
/** How the last operation of this kind ended; `says` is part of its sentence, NULL: any. */
void export_assert_ended(
	struct engine_world *world, enum operation_kind kind, enum operation_state state, const char *says);
int export_acts(struct engine_world *world, enum agent_command_kind kind);
const struct fake_checkpoint *export_checkpoint(struct engine_world *world, const char *display_name);
/** A(B*), and each gives back what it was taken of. */
void export_assert_snapshots(struct engine_world *world);
/** Only its export is on the host, and the store says so. */
void export_assert_off(struct engine_world *world);
void export_assert_on(struct engine_world *world, enum vm_state state);

#endif
