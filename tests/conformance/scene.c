#include "tests/conformance/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/conformance/transcript.h"
#include "tests/support/program.h"

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));
	return text ? text : "";
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static void learn_vms(struct scene *scene)
{
	size_t index;
	json_t *vm;
	const json_t *answer = scene_answer(scene, scene_send(scene, "GetInventoryCommand", NULL, 0, json_object()));
	scene->vms = json_object();
	json_array_foreach(json_object_get(json_object_get(answer, "body"), "vms"), index, vm) {
		(void)json_object_set_new(scene->vms, text_of(vm, "vmName"), json_string(text_of(vm, "vmUuid")));
	}
}

void scene_start_agent(struct scene *scene)
{
	size_t size = 0;
	talk_open(&scene->agent, subject_command());
	const char *preamble = subject_preamble(&size);
	if (preamble) {
		talk_write(&scene->agent, preamble, size);
	}
	json_decref(scene->ready);
	scene->ready = NULL;
	while ((scene->ready = talk_hear(&scene->agent)) != NULL &&
		strcmp(text_of(scene->ready, "event"), "Ready") != 0) {
		json_decref(scene->ready);
	}
	if (!scene->ready) {
		fail_msg("the agent ended before it was ready: %d", talk_close(&scene->agent));
	}
}

/* What the next scene takes over: the agent with its host, and what must not come twice. */
static struct scene kept;

void scene_open(struct scene *scene, const struct subject *subject)
{
	*scene = kept;
	kept = (struct scene){0};
	scene->heard = json_array();
	if (scene->agent.pid != 0 && subject_renew()) {
		learn_vms(scene);
		return;
	}
	scene->next_id = 1;
	(void)snprintf(scene->folder, sizeof scene->folder, "/tmp/hvtree-conf-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	subject_open(subject, scene->folder);
	scene_start_agent(scene);
	learn_vms(scene);
}

void scene_kill_agent(struct scene *scene)
{
	talk_kill(&scene->agent);
}

static void leave_host(struct scene *scene)
{
	const char *const remove[] = {"/bin/rm", "-rf", scene->folder, NULL};
	struct program_result result;
	if (scene->agent.pid != 0) {
		scene_kill_agent(scene);
	}
	subject_close();
	program_run(remove, NULL, NULL, &result);
	program_result_clear(&result);
	json_decref(scene->ready);
	scene->ready = NULL;
}

void scene_close(struct scene *scene)
{
	unsigned next_operation = scene->next_operation;
	json_decref(scene->heard);
	json_decref(scene->vms);
	scene->heard = scene->vms = NULL;
	if (subject_is_slow_to_start() && scene->agent.pid != 0) {
		kept = *scene;
		kept.transcript = NULL;
	} else {
		leave_host(scene);
	}
	kept.next_operation = next_operation;
	*scene = (struct scene){0};
}

void scenes_end(void)
{
	if (kept.agent.pid != 0) {
		leave_host(&kept);
	}
	kept = (struct scene){0};
}

/* --- lines ----------------------------------------------------------------------------------------------------- */

const char *fresh_operation(struct scene *scene)
{
	static char texts[8][HV_UUID_TEXT_SIZE];
	HV_CLEANUP_FREE char *seed = hv_sprintf("operation %s%u", scene->run, scene->next_operation++);
	struct hv_uuid uuid = hv_uuid_from_text(seed);
	return hv_uuid_format(&uuid, texts[scene->next_operation % 8]);
}

const char *vm_uuid(struct scene *scene, const char *vm)
{
	const char *uuid = json_string_value(json_object_get(scene->vms, vm));
	return uuid ? uuid : "99999999-9999-4999-8999-999999999999";
}

int64_t scene_send(struct scene *scene, const char *command, const char *operation, int64_t epoch, json_t *take_body)
{
	int64_t id = scene->next_id++;
	if (operation && scene->only && strcmp(text_of(take_body, "vmUuid"), scene->only) != 0) {
		fail_msg("%s would act on a VM that nobody has named", command);
	}
	json_t *object = json_pack("{s:I, s:s, s:o}", "id", (json_int_t)id, "command", command, "body", take_body);
	if (operation) {
		(void)json_object_set_new(object, "operation", json_string(operation));
		(void)json_object_set_new(object, "epoch", json_integer(epoch));
	}
	char *line = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	talk_say(&scene->agent, line);
	if (scene->transcript) {
		transcript_sent(scene->transcript, object);
	}
	free(line);
	json_decref(object);
	return id;
}

static bool answers(const json_t *line, int64_t id)
{
	const json_t *told = json_object_get(line, "id");
	return json_is_integer(told) && json_integer_value(told) == id;
}

/* One more line into the list; false at the end. */
static bool hear_more(struct scene *scene)
{
	json_t *line = talk_hear(&scene->agent);
	if (line) {
		(void)json_array_append_new(scene->heard, line);
	}
	return line != NULL;
}

size_t scene_heard(const struct scene *scene)
{
	return json_array_size(scene->heard);
}

const json_t *scene_hear_answer(struct scene *scene, int64_t id)
{
	for (size_t i = 0;; i++) {
		if (i == scene_heard(scene) && !hear_more(scene)) {
			return NULL;
		}
		const json_t *line = json_array_get(scene->heard, i);
		if (answers(line, id)) {
			if (scene->transcript) {
				transcript_heard(scene->transcript, line);
			}
			return line;
		}
	}
}

const json_t *scene_answer(struct scene *scene, int64_t id)
{
	const json_t *answer = scene_hear_answer(scene, id);
	assert_non_null(answer);
	return answer;
}

const json_t *scene_event(struct scene *scene, size_t from, const char *event, const char *vm)
{
	for (size_t i = from;; i++) {
		if (i == scene_heard(scene) && !hear_more(scene)) {
			fail_msg("no %s", event);
		}
		const json_t *line = json_array_get(scene->heard, i);
		const json_t *about = json_object_get(json_object_get(line, "body"), "vm");
		if (strcmp(text_of(line, "event"), event) == 0 && (!vm || strcmp(text_of(about, "vmName"), vm) == 0)) {
			return line;
		}
	}
}

/* --- commands -------------------------------------------------------------------------------------------------- */

json_t *vm_body(struct scene *scene, const char *vm)
{
	return json_pack("{s:s, s:s}", "vmName", vm, "vmUuid", vm_uuid(scene, vm));
}

json_t *target_body(struct scene *scene, const char *vm, const char *name, const char *type)
{
	json_t *body = vm_body(scene, vm);
	json_t *target = json_pack("{s:s, s:s, s:s, s:n}", "uuid", "11111111-2222-4333-8444-555555555555", "snapshotName",
		name, "type", type, "checkpointId");
	(void)json_object_set_new(body, "target", target);
	(void)json_object_set_new(body, "volumeTOs", json_array());
	return body;
}

const json_t *ask(struct scene *scene, const char *command, json_t *take_body)
{
	return scene_answer(scene, scene_send(scene, command, NULL, 0, take_body));
}

static const json_t *act(struct scene *scene, const char *command, json_t *take_body)
{
	return scene_answer(scene, scene_send(scene, command, fresh_operation(scene), 1, take_body));
}

const json_t *create(struct scene *scene, const char *vm, const char *name, const char *type)
{
	return act(scene, "CreateVMSnapshotCommand", target_body(scene, vm, name, type));
}

const json_t *revert(struct scene *scene, const char *vm, const char *name, const char *type)
{
	return act(scene, "RevertToVMSnapshotCommand", target_body(scene, vm, name, type));
}

const json_t *remove_snapshot(struct scene *scene, const char *vm, const char *name)
{
	return act(scene, "DeleteVMSnapshotCommand", target_body(scene, vm, name, "Disk"));
}

const json_t *start(struct scene *scene, const char *vm)
{
	return act(scene, "StartCommand", vm_body(scene, vm));
}

const json_t *stop(struct scene *scene, const char *vm, bool force)
{
	json_t *body = vm_body(scene, vm);
	(void)json_object_set_new(body, "force", json_boolean(force));
	return act(scene, "StopCommand", body);
}

int64_t send_about(struct scene *scene, const char *command, const char *operation, const char *vm, json_t *take_more)
{
	json_t *body = vm_body(scene, vm);
	if (take_more) {
		(void)json_object_update(body, take_more);
		json_decref(take_more);
	}
	return scene_send(scene, command, operation, 1, body);
}

const json_t *ask_about(struct scene *scene, const char *command, const char *vm, json_t *take_more)
{
	return scene_answer(scene, send_about(scene, command, fresh_operation(scene), vm, take_more));
}

const json_t *told_vm(struct scene *scene, const char *vm)
{
	size_t index;
	json_t *one;
	const json_t *body = json_object_get(ask(scene, "GetInventoryCommand", json_object()), "body");
	json_array_foreach(json_object_get(body, "vms"), index, one) {
		if (strcmp(text_of(one, "vmName"), vm) == 0) {
			return one;
		}
	}
	return NULL;
}

/* --- what was answered ----------------------------------------------------------------------------------------- */

void assert_well(const json_t *answer)
{
	if (!json_is_true(json_object_get(answer, "result"))) {
		fail_msg("%s: %s: %s", text_of(answer, "answer"), text_of(answer, "code"), text_of(answer, "details"));
	}
	assert_true(json_is_null(json_object_get(answer, "details")));
}

void assert_failed(const json_t *answer, const char *code)
{
	assert_true(json_is_false(json_object_get(answer, "result")));
	if (strcmp(text_of(answer, "code"), code) != 0) {
		fail_msg("%s instead of %s: %s", text_of(answer, "code"), code, text_of(answer, "details"));
	}
	assert_string_not_equal(text_of(answer, "details"), "");
	assert_true(json_is_object(json_object_get(answer, "body")));
}

const json_t *answered_vm(const json_t *message)
{
	const json_t *vm = json_object_get(json_object_get(message, "body"), "vm");
	assert_true(json_is_object(vm));
	return vm;
}

const char *state_of(const json_t *message)
{
	return text_of(answered_vm(message), "state");
}

static void add_children(const json_t *vm, const char *parent, struct hv_text *tree)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(vm, "checkpoints"), index, one) {
		if (strcmp(text_of(one, "parent"), parent) == 0) {
			hv_text_printf(tree, "%s(", text_of(one, "name"));
			add_children(vm, text_of(one, "id"), tree);
			hv_text_puts(tree, ")");
		}
	}
	if (strcmp(text_of(vm, "parentCheckpoint"), parent) == 0) {
		hv_text_puts(tree, "*");
	}
}

const char *tree_of(const json_t *message)
{
	static char shown[4096];
	struct hv_text tree = HV_TEXT_INIT;
	add_children(answered_vm(message), "", &tree);
	(void)snprintf(shown, sizeof shown, "%s", hv_text_get(&tree));
	hv_text_clear(&tree);
	return shown;
}

const json_t *checkpoint_of(const json_t *message, const char *name)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(answered_vm(message), "checkpoints"), index, one) {
		if (strcmp(text_of(one, "name"), name) == 0) {
			return one;
		}
	}
	fail_msg("no checkpoint '%s'", name);
	return NULL;
}

const char *export_of(const json_t *vm)
{
	static char shown[64];
	const json_t *export = json_object_get(vm, "export");
	if (!json_is_object(export)) {
		return "none";
	}
	(void)snprintf(shown, sizeof shown, "%s%s", text_of(export, "state"),
		json_is_true(json_object_get(export, "matches")) ? " matches" : "");
	return shown;
}
