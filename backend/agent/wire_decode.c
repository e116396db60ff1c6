/* Events and answers of protocol.md: tables of their fields, and what must hold between them. */
#include "backend/agent/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/agent/wire_field.h"
#include "backend/agent/wire_vm.h"
#include "backend/base/memory.h"

#define CAPABILITIES_MAX 256

/* ---- names ---- */

static bool parse_code(const char *name, int *ret_value)
{
	enum agent_code code;
	/* a failure of a newer kind is still a failure that the host told */
	if (!agent_code_parse(name, &code) || code == AGENT_CODE_NONE) {
		code = AGENT_CODE_HOST_ERROR;
	}
	*ret_value = (int)code;
	return true;
}

static bool parse_journal_state(const char *name, int *ret_value)
{
	static const char *const names[] = {
		[AGENT_JOURNAL_UNKNOWN] = "unknown",
		[AGENT_JOURNAL_RUNNING] = "running",
		[AGENT_JOURNAL_DONE] = "done",
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_value = (int)i;
			return true;
		}
	}
	return false;
}

/* ---- events ---- */

static const struct field hello_table[] = {
	WIRE_NUMBER(agent_hello, protocol, "protocol", 0, INT32_MAX),
	WIRE_REQUIRED(FIELD_TEXT, agent_hello, agent, "agent"),
};
static const struct field hello_host_table[] = {
	WIRE_REQUIRED(FIELD_TEXT, agent_hello, host_name, "name"),
	WIRE_REQUIRED(FIELD_UUID, agent_hello, host_uuid, "guid"),
	WIRE_NULLABLE(FIELD_TEXT, agent_hello, version, "hypervisorVersion"),
	WIRE_NULLABLE(FIELD_TEXT, agent_hello, powershell, "powershell"),
	WIRE_NULLABLE(FIELD_TEXT, agent_hello, module, "module"),
	WIRE_NULLABLE(FIELD_TEXT, agent_hello, user, "user"),
	WIRE_NULLABLE(FIELD_BOOL, agent_hello, administrator, "administrator"),
	WIRE_NULLABLE(FIELD_BOOL, agent_hello, hyperv_administrator, "hyperVAdministrator"),
	WIRE_NULLABLE_NUMBER(agent_hello, time_us, "time", 0, WIRE_TIME_MAX),
};
static const struct field hello_problem_table[] = {
	WIRE_REQUIRED(FIELD_TEXT, agent_hello, problem, "details"),
};
static const struct {
	const char *name;
	enum agent_capability capability;
} capabilities[] = {
	{"revert-memory-from-off", AGENT_CAN_REVERT_MEMORY_FROM_OFF},
	{"production-checkpoints", AGENT_CAN_PRODUCTION_CHECKPOINTS},
	{"export", AGENT_CAN_EXPORT},
	{"volumes", AGENT_CAN_VOLUMES},
};

static enum hv_status decode_capabilities(const json_t *root, unsigned *to, struct hv_error *err)
{
	const json_t *list;
	enum hv_status status =
		wire_member_list(root, "capabilities", "the greeting", CAPABILITIES_MAX, &list, err);
	for (size_t i = 0; status == HV_OK && i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		for (size_t k = 0; name && k < HV_ARRAY_LEN(capabilities); k++) {
			if (strcmp(capabilities[k].name, name) == 0) {
				*to |= (unsigned)capabilities[k].capability;
			}
		}
	}
	return status;
}

static enum hv_status decode_hello(const json_t *root, struct agent_hello *hello, struct hv_error *err)
{
	const json_t *host;
	enum hv_status status =
		wire_fields(root, hello_table, HV_ARRAY_LEN(hello_table), "the greeting", hello, err);
	if (status != HV_OK) {
		return status;
	}
	if (hello->protocol != WIRE_PROTOCOL) { /* before the rest: that may look different there */
		return hv_error_set(err, HV_ERR_PROTOCOL,
			"the agent speaks protocol %lld, this console speaks %d",
			(long long)hello->protocol, WIRE_PROTOCOL);
	}
	status = wire_member_object(root, "host", "the greeting", FIELD_REQUIRED, &host, err);
	if (status == HV_OK) {
		status = wire_fields(host, hello_host_table, HV_ARRAY_LEN(hello_host_table),
			"the host", hello, err);
	}
	const json_t *problem = NULL;
	if (status == HV_OK) {
		status = wire_member_object(host, "problem", "the host", FIELD_NULLABLE, &problem, err);
	}
	if (status == HV_OK && problem) {
		status = wire_fields(problem, hello_problem_table, HV_ARRAY_LEN(hello_problem_table),
			"the problem", hello, err);
	}
	return status == HV_OK ? decode_capabilities(root, &hello->capabilities, err) : status;
}

enum hv_status wire_decode_hello(
	const struct wire_line *line, struct agent_hello *ret_hello, struct hv_error *err)
{
	struct agent_hello hello = {0};
	enum hv_status status = decode_hello(line->root, &hello, err);
	if (status != HV_OK) {
		agent_hello_clear(&hello);
		return status;
	}
	*ret_hello = hello;
	return HV_OK;
}

static const struct field refusal_table[] = {
	WIRE_REQUIRED(FIELD_TEXT, agent_hello, problem, "details"),
};

char *wire_decode_refusal(const struct wire_line *line)
{
	struct agent_hello told = {0};
	(void)!wire_fields(line->root, refusal_table, HV_ARRAY_LEN(refusal_table), "a refusal", &told, NULL);
	return told.problem ? told.problem : hv_strdup("no reason is given");
}

static const struct field progress_table[] = {
	WIRE_REQUIRED(FIELD_UUID, wire_progress, operation, "operation"),
	WIRE_NULLABLE_NUMBER(wire_progress, percent, "percent", -1, 100),
	WIRE_NULLABLE(FIELD_TEXT, wire_progress, phase, "phase"),
};

enum hv_status wire_decode_progress(
	const struct wire_line *line, struct wire_progress *ret_progress, struct hv_error *err)
{
	struct wire_progress progress = {.percent = -1};
	enum hv_status status = wire_fields(line->root, progress_table, HV_ARRAY_LEN(progress_table),
		"a progress event", &progress, err);
	if (status != HV_OK) {
		free(progress.phase);
		return status;
	}
	*ret_progress = progress;
	return HV_OK;
}

static enum hv_status event_body(
	const struct wire_line *line, const json_t **ret_body, struct hv_error *err)
{
	return wire_member_object(line->root, "body", "an event", FIELD_REQUIRED, ret_body, err);
}

enum hv_status wire_decode_vm(
	const struct wire_line *line, struct agent_vm *ret_vm, struct hv_error *err)
{
	const json_t *body;
	const json_t *vm;
	enum hv_status status = event_body(line, &body, err);
	if (status == HV_OK) {
		status = wire_member_object(body, "vm", "an event", FIELD_REQUIRED, &vm, err);
	}
	return status == HV_OK ? wire_vm(vm, true, ret_vm, err) : status;
}

enum hv_status wire_decode_vm_removed(
	const struct wire_line *line, struct hv_uuid *ret_uuid, struct hv_error *err)
{
	static const struct field table[] = {
		{.name = "vmUuid", .type = FIELD_UUID, .presence = FIELD_REQUIRED},
	};
	const json_t *body;
	enum hv_status status = event_body(line, &body, err);
	return status == HV_OK ? wire_fields(body, table, HV_ARRAY_LEN(table), "an event", ret_uuid, err)
			       : status;
}

static const struct field host_status_table[] = {
	WIRE_NULLABLE_NUMBER(agent_host_status, free_bytes, "freeBytes", -1, WIRE_BYTES_MAX),
	WIRE_REQUIRED(FIELD_BOOL, agent_host_status, storage_up, "storageUp"),
};

static enum hv_status decode_host_status(
	const json_t *body, struct agent_host_status *ret_status, struct hv_error *err)
{
	struct agent_host_status host = {.free_bytes = -1};
	enum hv_status status = wire_fields(body, host_status_table, HV_ARRAY_LEN(host_status_table),
		"a host's status", &host, err);
	if (status == HV_OK) {
		*ret_status = host;
	}
	return status;
}

enum hv_status wire_decode_host_status(
	const struct wire_line *line, struct agent_host_status *ret_status, struct hv_error *err)
{
	const json_t *body;
	enum hv_status status = event_body(line, &body, err);
	return status == HV_OK ? decode_host_status(body, ret_status, err) : status;
}

/* ---- answers ---- */

static const struct field answer_table[] = {
	WIRE_REQUIRED(FIELD_BOOL, agent_answer, result, "result"),
	WIRE_NULLABLE(FIELD_TEXT, agent_answer, details, "details"),
	WIRE_NULLABLE(FIELD_BOOL, agent_answer, replayed, "replayed"),
};

struct code_field {
	int code;
};
static const struct field code_table[] = {
	WIRE_NAMED(code_field, code, "code", parse_code),
};

static const struct field created_table[] = {
	WIRE_REQUIRED(FIELD_UUID, agent_answer, checkpoint, "checkpointId"),
	WIRE_NUMBER(agent_answer, created_us, "createTime", 0, WIRE_TIME_MAX),
};

struct query_fields {
	int journal;
};
static const struct field query_table[] = {
	WIRE_NAMED(query_fields, journal, "state", parse_journal_state),
};

/* What comes with an answer but belongs to the host, not to the command. */
struct aside {
	bool has_status;
	struct agent_host_status status;
};

static enum hv_status decode_answer(const json_t *root, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err);

static enum hv_status body_nothing(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	(void)body;
	(void)question;
	(void)answer;
	(void)aside;
	(void)err;
	return HV_OK;
}

static enum hv_status body_inventory(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	(void)question;
	enum hv_status status = wire_vms(body, true, &answer->inventory, err);
	if (status == HV_OK && json_object_get(body, "storageUp")) {
		aside->has_status = true;
		status = decode_host_status(body, &aside->status, err);
	}
	return status;
}

static enum hv_status body_state_report(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	(void)question;
	(void)aside;
	return wire_vms(body, false, &answer->inventory, err);
}

static enum hv_status body_create(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	(void)question;
	(void)aside;
	const json_t *to;
	enum hv_status status =
		wire_member_object(body, "vmSnapshotTo", "the answer", FIELD_REQUIRED, &to, err);
	return status == HV_OK ? wire_fields(to, created_table, HV_ARRAY_LEN(created_table),
					 "the new snapshot", answer, err)
			       : status;
}

static enum hv_status body_export(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	(void)question;
	(void)aside;
	const json_t *exported;
	enum hv_status status =
		wire_member_object(body, "exported", "the answer", FIELD_REQUIRED, &exported, err);
	if (status == HV_OK) {
		status = wire_vm(exported, true, &answer->exported, err);
		answer->has_exported = status == HV_OK;
	}
	return status;
}

static const struct field attach_table[] = {
	WIRE_REQUIRED(FIELD_UUID, agent_answer, volume, "volumeUuid"),
};

static enum hv_status body_attach(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	(void)question;
	(void)aside;
	return wire_fields(body, attach_table, HV_ARRAY_LEN(attach_table), "the answer", answer, err);
}

static const struct field volume_snapshot_table[] = {
	WIRE_REQUIRED(FIELD_TEXT, agent_answer, path, "path"),
	WIRE_NUMBER(agent_answer, size_bytes, "size", 0, WIRE_BYTES_MAX),
	WIRE_NUMBER(agent_answer, created_us, "createTime", 0, WIRE_TIME_MAX),
};

static enum hv_status body_volume_snapshot(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	(void)question;
	(void)aside;
	return wire_fields(body, volume_snapshot_table, HV_ARRAY_LEN(volume_snapshot_table),
		"the volume snapshot", answer, err);
}

static enum hv_status body_query(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	struct query_fields fields = {0};
	const json_t *recorded;
	enum hv_status status = wire_fields(
		body, query_table, HV_ARRAY_LEN(query_table), "the answer", &fields, err);
	answer->journal = (enum agent_journal_state)fields.journal;
	answer->query_kind = question->query_kind;
	if (status != HV_OK || answer->journal != AGENT_JOURNAL_DONE) {
		return status;
	}
	if (question->query_kind == AGENT_QUERY_OPERATION) { /* nobody records those: no recursion */
		return hv_error_set(err, HV_ERR_PROTOCOL, "a question stands in the journal");
	}
	status = wire_member_object(body, "answer", "the answer", FIELD_REQUIRED, &recorded, err);
	if (status != HV_OK) {
		return status;
	}
	struct wire_question inner = {question->query_kind, question->operation, AGENT_STARTUP, question->mark};
	answer->recorded = hv_alloc(sizeof *answer->recorded);
	return decode_answer(recorded, &inner, answer->recorded, aside, err);
}

static enum hv_status (*const body_decoders[])(const json_t *body, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err) = {
	[AGENT_STARTUP] = body_nothing,
	[AGENT_PING] = body_nothing,
	[AGENT_GET_INVENTORY] = body_inventory,
	[AGENT_HOST_VM_STATE_REPORT] = body_state_report,
	[AGENT_CREATE_VM_SNAPSHOT] = body_create,
	[AGENT_REVERT_TO_VM_SNAPSHOT] = body_nothing,
	[AGENT_DELETE_VM_SNAPSHOT] = body_nothing,
	[AGENT_START] = body_nothing,
	[AGENT_STOP] = body_nothing,
	[AGENT_QUERY_OPERATION] = body_query,
	[AGENT_EXPORT_VM] = body_export,
	[AGENT_CANCEL_EXPORT] = body_nothing,
	[AGENT_REMOVE_VM] = body_nothing,
	[AGENT_IMPORT_VM] = body_nothing,
	[AGENT_DESTROY] = body_nothing,
	[AGENT_ATTACH] = body_attach,
	[AGENT_DETTACH] = body_nothing,
	[AGENT_RESIZE_VOLUME] = body_nothing,
	[AGENT_SCALE_VM] = body_nothing,
	[AGENT_CREATE_VOLUME_SNAPSHOT] = body_volume_snapshot,
	[AGENT_DELETE_VOLUME_SNAPSHOT] = body_nothing,
};
static_assert(HV_ARRAY_LEN(body_decoders) == AGENT_COMMAND_COUNT, "a decoder for every answer");

static enum hv_status check_answer_name(
	const json_t *root, const struct agent_answer *answer, struct hv_error *err)
{
	const char *name = json_string_value(json_object_get(root, "answer"));
	const char *expected = agent_answer_name(answer->kind);
	if (name && (strcmp(name, expected) == 0 ||
			    (strcmp(name, "ErrorAnswer") == 0 && !answer->result))) {
		return HV_OK;
	}
	return hv_error_set(err, HV_ERR_PROTOCOL, "'answer' is not %s", expected);
}

static enum hv_status decode_code(const json_t *root, struct agent_answer *answer, struct hv_error *err)
{
	struct code_field field = {AGENT_CODE_NONE};
	if (answer->result) {
		return HV_OK;
	}
	enum hv_status status =
		wire_fields(root, code_table, HV_ARRAY_LEN(code_table), "the answer", &field, err);
	answer->code = (enum agent_code)field.code;
	return status;
}

static enum hv_status decode_answer_vm(const json_t *body, struct agent_answer *answer, struct hv_error *err)
{
	const json_t *vm;
	enum hv_status status =
		wire_member_object(body, "vm", "the answer", FIELD_NULLABLE, &vm, err);
	if (status == HV_OK && vm) {
		status = wire_vm(vm, true, &answer->vm, err);
		answer->has_vm = status == HV_OK;
	}
	return status;
}

/* On failure `answer` may own things. */
static enum hv_status decode_answer(const json_t *root, const struct wire_question *question,
	struct agent_answer *answer, struct aside *aside, struct hv_error *err)
{
	const json_t *body = NULL;
	answer->kind = question->kind;
	answer->operation = question->operation;
	answer->mark = question->mark;
	enum hv_status status = wire_fields(
		root, answer_table, HV_ARRAY_LEN(answer_table), "the answer", answer, err);
	if (status == HV_OK) {
		status = check_answer_name(root, answer, err);
	}
	if (status == HV_OK) {
		status = decode_code(root, answer, err);
	}
	if (status == HV_OK) {
		status = wire_member_object(root, "body", "the answer",
			answer->result ? FIELD_REQUIRED : FIELD_NULLABLE, &body, err);
	}
	if (status == HV_OK && body) {
		status = decode_answer_vm(body, answer, err);
	}
	if (status == HV_OK && answer->result) {
		status = body_decoders[answer->kind](body, question, answer, aside, err);
	}
	return status;
}

enum hv_status wire_decode_answer(const struct wire_line *line, const struct wire_question *question,
	struct agent_answer *ret_answer, bool *ret_has_status, struct agent_host_status *ret_status,
	struct hv_error *err)
{
	struct agent_answer answer = {0};
	struct aside aside = {0};
	answer.vm.activity_percent = -1;
	enum hv_status status = decode_answer(line->root, question, &answer, &aside, err);
	if (status != HV_OK) {
		agent_answer_clear(&answer);
		return status;
	}
	*ret_answer = answer;
	*ret_has_status = aside.has_status;
	*ret_status = aside.status;
	return HV_OK;
}
