#include "backend/engine/internal.h"

#include "backend/base/memory.h"

bool command_host_is_up(const struct engine *engine, int64_t host_id)
{
	const struct engine_agents *agents = &engine->config.agents;
	return agents->is_up(agents->context, host_id);
}

/* VMSnapshotTO, from the rows. For a create, the parent is the pointer that this console believes in: the host
 * refuses when it has moved (StaleView). */
static void fill_target(
	struct agent_command *command, const struct snapshot *snapshot, const struct virtual_machine *vm)
{
	command->target = (struct agent_target){
		.uuid = snapshot->uuid,
		.name = hv_strdup(snapshot->name),
		.display_name = hv_strdup(snapshot->display_name),
		.description = hv_strdup_null(snapshot->description),
		.type = snapshot->type,
		.quiesce = snapshot->quiesce,
		.checkpoint = snapshot->checkpoint,
	};
	if (command->kind == AGENT_CREATE_VM_SNAPSHOT) {
		command->target.parent_checkpoint = vm->checkpoint;
	}
}

/* A preparation stops the VM at once: what the guest runs is about to be thrown away (V2). */
static bool needs_force(const struct operation *row)
{
	return row->kind == OPERATION_REVERT_SNAPSHOT || row->force;
}

/* What is said about volumes, offerings and volume snapshots. */
static enum hv_status fill_volume(struct engine *engine, const struct operation *row, const struct scene *scene,
	struct agent_command *command, struct hv_error *err)
{
	struct store *store = engine->config.store;
	command->volume = row->volume;
	command->path = hv_strdup_null(row->path);
	command->size_bytes = row->size_bytes;
	if (scene->has_copy) {
		command->volume = scene->copy.volume;
		command->volume_snapshot = scene->copy.uuid;
		command->volume_snapshot_name = hv_strdup(scene->copy.name);
	}
	if (command->kind != AGENT_SCALE_VM) {
		return HV_OK;
	}
	struct service_offering offering = {0};
	enum hv_status status = store->ops->offering_get(store, row->offering_id, &offering, err);
	command->cpus = offering.cpus;
	command->memory_bytes = offering.memory_bytes;
	service_offering_clear(&offering);
	return status;
}

static enum hv_status make_command(struct engine *engine, const struct operation *row,
	enum agent_command_kind kind, struct agent_command *command, struct hv_error *err)
{
	struct scene scene;
	enum hv_status status = scene_load(engine, row, &scene, err);
	if (status != HV_OK) {
		return status;
	}
	*command = (struct agent_command){
		.kind = kind,
		.operation = row->uuid,
		.epoch = row->epoch,
		.vm_uuid = scene.vm.uuid,
		.vm_name = hv_strdup(scene.vm.name),
		.force = kind == AGENT_STOP && needs_force(row),
		.export = row->export,
	};
	if (kind == AGENT_EXPORT_VM) {
		status = export_needs_disks(engine, &scene.vm, &command->with_disks, err);
	}
	if (status == HV_OK && scene.has_snapshot && kind != AGENT_START && kind != AGENT_STOP) {
		struct store *store = engine->config.store;
		fill_target(command, &scene.snapshot, &scene.vm);
		status = store->ops->volume_list(store, scene.vm.id, &command->volumes, err);
	}
	if (status == HV_OK) {
		status = fill_volume(engine, row, &scene, command, err);
	}
	scene_clear(&scene);
	if (status != HV_OK) {
		agent_command_clear(command);
	}
	return status;
}

static void wait_for_sign_of_life(struct engine *engine, struct run *run, enum run_wait wait)
{
	run->wait = wait;
	run->ask_us = engine_monotonic_us(engine) + ENGINE_ASK_US;
}

void command_send(struct engine *engine, struct run *run)
{
	const struct engine_agents *agents = &engine->config.agents;
	enum agent_command_kind kind;
	struct agent_command command = {0};
	struct hv_error err = {0};
	if (!workflow_command(&run->row, &kind)) { /* a row that no version of this program writes */
		outcome_fail(engine, run, HV_ERR_INVALID, "its row says that it was sent at a step without a command",
			NULL);
		return;
	}
	enum hv_status status = make_command(engine, &run->row, kind, &command, &err);
	if (status != HV_OK) {
		run_trouble(engine, run, status, &err, NULL);
		return;
	}
	status = agents->send(agents->context, run->row.host_id, &command, &err);
	agent_command_clear(&command);
	if (status == HV_OK) {
		wait_for_sign_of_life(engine, run, RUN_FOR_ANSWER);
	} else if (status == HV_ERR_UNREACHABLE) {
		run->wait = RUN_FOR_HOST; /* it went away at this moment: nothing has left, so nothing is unknown */
	} else {
		run->row.sent = false;
		outcome_fail(engine, run, status, err.text, NULL);
	}
}

void command_ask(struct engine *engine, struct run *run)
{
	const struct engine_agents *agents = &engine->config.agents;
	struct agent_command command = {.kind = AGENT_QUERY_OPERATION, .operation = run->row.uuid};
	struct hv_error err;
	if (!workflow_command(&run->row, &command.query_kind)) {
		run->must_ask = false; /* command_send() says what is wrong */
		return;
	}
	enum hv_status status = agents->send(agents->context, run->row.host_id, &command, &err);
	if (status == HV_ERR_UNREACHABLE) {
		run->wait = RUN_FOR_HOST;
	} else { /* asked; or asked again later, whatever is wrong */
		wait_for_sign_of_life(engine, run, RUN_FOR_QUERY);
	}
}
