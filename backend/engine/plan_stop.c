#include "backend/engine/internal.h"

/* What a stop, and a create, mean on a host that does not keep its stopped VMs (P1-P3). */

static bool host_can_export(const struct request_at *at)
{
	const struct engine_agents *agents = &at->engine->config.agents;
	return agents->capabilities(agents->context, at->scene.host.id) & AGENT_CAN_EXPORT;
}

static void add_export(const struct request_at *at, struct plan *plan)
{
	struct operation *row = plan_add_row(at, plan, 0);
	row->kind = OPERATION_EXPORT_VM;
	row->export = at->engine->config.ids.next(at->engine->config.ids.context);
}

void plan_export_of_snapshot(const struct request_at *at, struct plan *plan)
{
	if (at->scene.host.stop_policy == STOP_POLICY_EXPORT_AT_SNAPSHOT && host_can_export(at)) {
		add_export(at, plan);
	}
}

void plan_stop(const struct request_at *at, struct plan *plan)
{
	plan_add_row(at, plan, 0)->force = at->request->force;
	if (at->scene.host.stop_policy == STOP_POLICY_KEEP) {
		return;
	}
	if (!host_can_export(at)) {
		engine_say(at->engine, true,
			"The agent of host '%s' cannot export, so VM '%s' stays on it when it is stopped",
			at->scene.host_name, at->scene.vm_name);
		return;
	}
	add_export(at, plan);
	plan_add_row(at, plan, 0)->kind = OPERATION_REMOVE_VM;
}
