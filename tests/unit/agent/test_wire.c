#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/agent/wire.h"
#include "backend/base/memory.h"

#define OPERATION "11111111-2222-4333-8444-555555555555"
#define VM_ID "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define CHECKPOINT "cccccccc-0000-4000-8000-000000000001"
#define PARENT "cccccccc-0000-4000-8000-000000000002"
#define TARGET "dddddddd-0000-4000-8000-000000000001"
#define VOLUME "eeeeeeee-0000-4000-8000-000000000001"

static struct hv_uuid uuid(const char *text)
{
	struct hv_uuid value;
	assert_true(hv_uuid_parse(text, &value));
	return value;
}

static void assert_uuid(const struct hv_uuid *actual, const char *expected)
{
	char text[HV_UUID_TEXT_SIZE];
	assert_string_equal(hv_uuid_format(actual, text), expected);
}

/* ---- decode: what is understood ---- */

static struct wire_line parse(const char *text)
{
	struct wire_line line;
	struct hv_error error = {0};
	if (wire_parse(text, strlen(text), &line, &error) != HV_OK) {
		fail_msg("%s: %s", error.text, text);
	}
	return line;
}

#define CHECKPOINTS_JSON                                                                                   \
	"[{\"id\":\"" CHECKPOINT "\",\"name\":\"n\",\"parent\":\"" PARENT "\",\"kind\":\"Recovery\","        \
	"\"hasMemory\":true,\"created\":1700000000000000,\"size\":17,\"new\":{\"x\":[1]}}]"
#define VOLUMES_JSON                                                                                       \
	"[{\"uuid\":\"" VOLUME "\",\"name\":\"root\",\"volumeType\":\"ROOT\",\"deviceId\":0,"                \
	"\"path\":\"C:\\\\vm\\\\x.avhdx\",\"size\":1000,\"chainSize\":1500}]"
#define VM_JSON                                                                                            \
	"{\"vmUuid\":\"" VM_ID "\",\"vmName\":\"db\",\"state\":\"Saved\",\"cpus\":2,\"memoryBytes\":4096,"   \
	"\"parentCheckpoint\":\"" CHECKPOINT "\",\"activity\":\"merging disks\",\"activityPercent\":34,"     \
	"\"volumes\":" VOLUMES_JSON ",\"checkpoints\":" CHECKPOINTS_JSON "}"

static void assert_whole_vm(const struct agent_vm *vm)
{
	assert_uuid(&vm->uuid, VM_ID);
	assert_string_equal(vm->name, "db");
	assert_int_equal(vm->state, VM_SAVED);
	assert_int_equal(vm->cpus, 2);
	assert_int_equal(vm->memory_bytes, 4096);
	assert_uuid(&vm->checkpoint, CHECKPOINT);
	assert_string_equal(vm->activity, "merging disks");
	assert_int_equal(vm->activity_percent, 34);
	assert_int_equal(vm->volumes.count, 1);
	assert_uuid(&vm->volumes.items[0].uuid, VOLUME);
	assert_true(vm->volumes.items[0].root);
	assert_string_equal(vm->volumes.items[0].path, "C:\\vm\\x.avhdx");
	assert_int_equal(vm->volumes.items[0].size_bytes, 1000);
	assert_int_equal(vm->volumes.items[0].chain_bytes, 1500);
	assert_int_equal(vm->checkpoints.count, 1);
	const struct checkpoint *checkpoint = &vm->checkpoints.items[0];
	assert_uuid(&checkpoint->id, CHECKPOINT);
	assert_uuid(&checkpoint->parent, PARENT);
	assert_int_equal(checkpoint->kind, CHECKPOINT_RECOVERY);
	assert_true(checkpoint->has_memory);
	assert_int_equal(checkpoint->created_us, INT64_C(1700000000000000));
	assert_int_equal(checkpoint->size_bytes, 17);
}

static void test_decode__hello(void **state)
{
	struct agent_hello hello;
	(void)state;
	struct wire_line line = parse("{\"event\":\"Ready\",\"protocol\":1,\"agent\":\"a 1\",\"host\":{\"name\":"
				      "\"hv01\",\"guid\":\"" VM_ID "\",\"hypervisorVersion\":\"10.0\"},"
				      "\"capabilities\":[\"export\",\"production-checkpoints\",\"?\",5]}");
	assert_int_equal(line.kind, WIRE_READY);
	assert_int_equal(wire_decode_hello(&line, &hello, NULL), HV_OK);
	assert_string_equal(hello.agent, "a 1");
	assert_string_equal(hello.host_name, "hv01");
	assert_string_equal(hello.version, "10.0");
	assert_uuid(&hello.host_uuid, VM_ID);
	assert_int_equal(hello.capabilities, AGENT_CAN_EXPORT | AGENT_CAN_PRODUCTION_CHECKPOINTS);
	agent_hello_clear(&hello);
	wire_line_clear(&line);
}

static void test_decode__another_protocol_is_refused_with_both_numbers(void **state)
{
	struct agent_hello hello;
	struct hv_error error;
	(void)state;
	struct wire_line line = parse("{\"event\":\"Ready\",\"protocol\":2,\"agent\":\"a 2\",\"hosts\":[]}");
	assert_int_equal(wire_decode_hello(&line, &hello, &error), HV_ERR_PROTOCOL);
	assert_string_equal(error.text, "the agent speaks protocol 2, this console speaks 1");
	wire_line_clear(&line);
}

static void test_decode__events(void **state)
{
	struct wire_progress progress;
	struct agent_host_status status;
	struct agent_vm vm;
	struct hv_uuid removed;
	(void)state;
	struct wire_line line =
		parse("{\"event\":\"Progress\",\"operation\":\"" OPERATION "\",\"percent\":63,\"phase\":\"p\"}");
	assert_int_equal(wire_decode_progress(&line, &progress, NULL), HV_OK);
	assert_uuid(&progress.operation, OPERATION);
	assert_int_equal(progress.percent, 63);
	assert_string_equal(progress.phase, "p");
	free(progress.phase);
	wire_line_clear(&line);

	line = parse("{\"event\":\"SnapshotsChanged\",\"body\":{\"vm\":" VM_JSON "}}");
	assert_int_equal(line.kind, WIRE_VM_CHANGED);
	assert_int_equal(wire_decode_vm(&line, &vm, NULL), HV_OK);
	assert_whole_vm(&vm);
	agent_vm_clear(&vm);
	wire_line_clear(&line);

	line = parse("{\"event\":\"VmRemoved\",\"body\":{\"vmUuid\":\"" VM_ID "\"}}");
	assert_int_equal(wire_decode_vm_removed(&line, &removed, NULL), HV_OK);
	assert_uuid(&removed, VM_ID);
	wire_line_clear(&line);

	line = parse("{\"event\":\"HostStatus\",\"body\":{\"freeBytes\":5,\"storageUp\":false}}");
	assert_int_equal(wire_decode_host_status(&line, &status, NULL), HV_OK);
	assert_int_equal(status.free_bytes, 5);
	assert_false(status.storage_up);
	wire_line_clear(&line);

	line = parse("{\"event\":\"OfTomorrow\"}");
	assert_int_equal(line.kind, WIRE_OTHER_EVENT);
	wire_line_clear(&line);
}

static enum hv_status decode_answer(const char *text, enum agent_command_kind kind,
	enum agent_command_kind query_kind, struct agent_answer *ret_answer, struct agent_host_status *ret_status,
	bool *ret_has_status, struct hv_error *err)
{
	struct wire_question question = {kind, uuid(OPERATION), query_kind, 0};
	struct wire_line line;
	enum hv_status status = wire_parse(text, strlen(text), &line, err);
	if (status == HV_OK) {
		assert_int_equal(line.kind, WIRE_ANSWER);
		status = wire_decode_answer(&line, &question, ret_answer, ret_has_status, ret_status, err);
		wire_line_clear(&line);
	}
	return status;
}

static struct agent_answer answer_of(
	const char *text, enum agent_command_kind kind, enum agent_command_kind query_kind)
{
	struct agent_answer answer;
	struct agent_host_status status;
	struct hv_error error = {0};
	bool has_status;
	if (decode_answer(text, kind, query_kind, &answer, &status, &has_status, &error) != HV_OK) {
		fail_msg("%s: %s", error.text, text);
	}
	assert_int_equal(answer.kind, kind);
	assert_uuid(&answer.operation, OPERATION);
	return answer;
}

static void test_decode__simple_answers_of_every_kind_with_the_vm(void **state)
{
	(void)state;
	static const enum agent_command_kind kinds[] = {AGENT_STARTUP, AGENT_PING, AGENT_REVERT_TO_VM_SNAPSHOT,
		AGENT_DELETE_VM_SNAPSHOT, AGENT_START, AGENT_STOP};
	for (size_t i = 0; i < HV_ARRAY_LEN(kinds); i++) {
		char text[4096];
		(void)snprintf(text, sizeof text,
			"{\"id\":7,\"answer\":\"%s\",\"result\":true,\"details\":null,\"replayed\":true,"
			"\"body\":{\"vm\":" VM_JSON "}}",
			agent_answer_name(kinds[i]));
		struct agent_answer answer = answer_of(text, kinds[i], AGENT_STARTUP);
		assert_true(answer.result);
		assert_true(answer.replayed);
		assert_int_equal(answer.code, AGENT_CODE_NONE);
		assert_true(answer.has_vm);
		assert_whole_vm(&answer.vm);
		agent_answer_clear(&answer);
	}
}

static void test_decode__create_answer_tells_the_checkpoint(void **state)
{
	(void)state;
	struct agent_answer answer = answer_of(
		"{\"id\":7,\"answer\":\"CreateVMSnapshotAnswer\",\"result\":true,\"body\":{\"vmSnapshotTo\":{\"uuid\":"
		"\"" TARGET "\",\"snapshotName\":\"n\",\"checkpointId\":\"" CHECKPOINT "\",\"createTime\":99}}}",
		AGENT_CREATE_VM_SNAPSHOT, AGENT_STARTUP);
	assert_uuid(&answer.checkpoint, CHECKPOINT);
	assert_int_equal(answer.created_us, 99);
	assert_false(answer.has_vm);
	agent_answer_clear(&answer);
}

static void test_decode__failed_answer_keeps_code_sentence_and_vm__V4(void **state)
{
	(void)state;
	struct agent_answer answer =
		answer_of("{\"id\":7,\"answer\":\"CreateVMSnapshotAnswer\",\"result\":false,\"code\":\"DiskFull\","
			  "\"details\":\"no \\u001b[2J room\",\"body\":{\"vm\":" VM_JSON "}}",
			AGENT_CREATE_VM_SNAPSHOT, AGENT_STARTUP);
	assert_false(answer.result);
	assert_int_equal(answer.code, AGENT_CODE_DISK_FULL);
	assert_string_equal(answer.details, "no \x1b[2J room");
	assert_true(answer.has_vm);
	agent_answer_clear(&answer);
	answer = answer_of("{\"id\":7,\"answer\":\"ErrorAnswer\",\"result\":false,\"code\":\"OfTomorrow\"}",
		AGENT_STOP, AGENT_STARTUP);
	assert_int_equal(answer.code, AGENT_CODE_HOST_ERROR);
	agent_answer_clear(&answer);
}

static void test_decode__inventory_and_state_report(void **state)
{
	struct agent_answer answer;
	struct agent_host_status status;
	bool has_status;
	(void)state;
	assert_int_equal(decode_answer("{\"id\":7,\"answer\":\"GetInventoryAnswer\",\"result\":true,\"body\":{"
				       "\"vms\":[" VM_JSON "],\"freeBytes\":77,\"storageUp\":true}}",
				 AGENT_GET_INVENTORY, AGENT_STARTUP, &answer, &status, &has_status, NULL),
		HV_OK);
	assert_true(has_status);
	assert_int_equal(status.free_bytes, 77);
	assert_int_equal(answer.inventory.count, 1);
	assert_whole_vm(&answer.inventory.items[0]);
	agent_answer_clear(&answer);
	answer = answer_of("{\"id\":7,\"answer\":\"HostVmStateReportAnswer\",\"result\":true,\"body\":{\"vms\":[{"
			   "\"vmUuid\":\"" VM_ID "\",\"vmName\":\"db\",\"state\":\"Stopped\"}]}}",
		AGENT_HOST_VM_STATE_REPORT, AGENT_STARTUP);
	assert_int_equal(answer.inventory.count, 1);
	assert_int_equal(answer.inventory.items[0].state, VM_STOPPED);
	agent_answer_clear(&answer);
}

static void test_decode__query_answer_holds_the_recorded_one__Y2(void **state)
{
	(void)state;
	struct agent_answer answer = answer_of(
		"{\"id\":7,\"answer\":\"QueryOperationAnswer\",\"result\":true,\"body\":{\"state\":\"done\",\"answer\":"
		"{\"answer\":\"StopAnswer\",\"result\":true,\"details\":null,\"body\":{\"vm\":" VM_JSON "}}}}",
		AGENT_QUERY_OPERATION, AGENT_STOP);
	assert_int_equal(answer.journal, AGENT_JOURNAL_DONE);
	assert_int_equal(answer.query_kind, AGENT_STOP);
	assert_non_null(answer.recorded);
	assert_int_equal(answer.recorded->kind, AGENT_STOP);
	assert_uuid(&answer.recorded->operation, OPERATION);
	assert_whole_vm(&answer.recorded->vm);
	agent_answer_clear(&answer);
	answer = answer_of(
		"{\"id\":7,\"answer\":\"QueryOperationAnswer\",\"result\":true,\"body\":{\"state\":\"running\"}}",
		AGENT_QUERY_OPERATION, AGENT_STOP);
	assert_int_equal(answer.journal, AGENT_JOURNAL_RUNNING);
	assert_null(answer.recorded);
	agent_answer_clear(&answer);
}

/* ---- decode: what is refused ---- */

static void test_parse__refuses_lines_that_are_no_message(void **state)
{
	static const struct {
		const char *line;
		const char *sentence;
	} cases[] = {
		{"", "not JSON at byte 0: '[' or '{' expected near end of file"},
		{"[1]", "not an object"},
		{"7", "not JSON at byte 1: '[' or '{' expected near '7'"},
		{"{}", "neither an event nor an answer"},
		{"{\"id\":1}", "neither an event nor an answer"},
		{"{\"event\":7}", "neither an event nor an answer"},
		{"{\"id\":1.5,\"answer\":\"x\"}", "neither an event nor an answer"},
		{"{\"id\":\"1\",\"answer\":\"x\"}", "neither an event nor an answer"},
		{"{\"event\":\"a\",\"event\":\"b\"}", "not JSON at byte 20: duplicate object key near '\"event\"'"},
		{"{\"event\":\"\xff\"}", NULL},
		{"{\"event\":\"\\u0000\"}", NULL},
		{"{\"event\":\"\\ud800\"}", NULL},
		{"{\"id\":9223372036854775808,\"answer\":\"x\"}", NULL},
		{"{\"event\":\"x\"} {}", NULL},
		{"{\"event\":\"x\",}", NULL},
		{"{\"event\":\"x\"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct wire_line line;
		struct hv_error error = {0};
		assert_int_equal(
			wire_parse(cases[i].line, strlen(cases[i].line), &line, &error), HV_ERR_PROTOCOL);
		if (cases[i].sentence) {
			assert_string_equal(error.text, cases[i].sentence);
		}
		assert_true(hv_text_is_name(error.text, 600)); /* printable */
	}
}

static void test_parse__refuses_depth_and_crowds_before_they_cost_memory(void **state)
{
	struct wire_line line;
	struct hv_error error;
	(void)state;
	enum { SIZE = 8 << 20 };
	char *text = hv_alloc(SIZE);
	memset(text, '[', SIZE);
	assert_int_equal(wire_parse(text, SIZE, &line, &error), HV_ERR_PROTOCOL);
	assert_string_equal(error.text, "nested or crowded beyond reason");
	memcpy(text, "{\"a\":[", 6);
	for (size_t i = 6; i + 3 < SIZE; i += 3) {
		memcpy(text + i, "[],", 3);
	}
	assert_int_equal(wire_parse(text, SIZE, &line, &error), HV_ERR_PROTOCOL);
	assert_string_equal(error.text, "nested or crowded beyond reason");
	free(text);
}

static void test_decode__refuses_answers_that_break_the_contract(void **state)
{
	/* each with the kind of the question and what is said */
	static const struct {
		enum agent_command_kind kind;
		const char *text;
		const char *sentence;
	} cases[] = {
		{AGENT_STOP, "\"answer\":\"StopAnswer\"", "'result' of the answer is missing"},
		{AGENT_STOP, "\"answer\":\"StopAnswer\",\"result\":1", "'result' of the answer is neither true nor false"},
		{AGENT_STOP, "\"answer\":\"StartAnswer\",\"result\":true,\"body\":{}", "'answer' is not StopAnswer"},
		{AGENT_STOP, "\"answer\":\"ErrorAnswer\",\"result\":true,\"body\":{}", "'answer' is not StopAnswer"},
		{AGENT_STOP, "\"answer\":\"StopAnswer\",\"result\":true", "'body' of the answer is missing"},
		{AGENT_STOP, "\"answer\":\"StopAnswer\",\"result\":true,\"body\":[]", "'body' of the answer is not an object"},
		{AGENT_STOP, "\"answer\":\"StopAnswer\",\"result\":false", "'code' of the answer is missing"},
		{AGENT_STOP, "\"answer\":\"StopAnswer\",\"result\":false,\"code\":7", "'code' of the answer is not a string"},
		{AGENT_STOP, "\"answer\":\"StopAnswer\",\"result\":true,\"body\":{\"vm\":5}", "'vm' of the answer is not an object"},
		{AGENT_STOP, "\"answer\":\"StopAnswer\",\"result\":true,\"body\":{\"vm\":{}}", "'vmUuid' of a VM is missing"},
		{AGENT_CREATE_VM_SNAPSHOT, "\"answer\":\"CreateVMSnapshotAnswer\",\"result\":true,\"body\":{}",
			"'vmSnapshotTo' of the answer is missing"},
		{AGENT_CREATE_VM_SNAPSHOT,
			"\"answer\":\"CreateVMSnapshotAnswer\",\"result\":true,\"body\":{\"vmSnapshotTo\":{\"checkpointId\":null}}",
			"'checkpointId' of the new snapshot is missing"},
		{AGENT_GET_INVENTORY, "\"answer\":\"GetInventoryAnswer\",\"result\":true,\"body\":{\"vms\":{}}",
			"'vms' of the answer is not a list"},
		{AGENT_GET_INVENTORY, "\"answer\":\"GetInventoryAnswer\",\"result\":true,\"body\":{\"vms\":[" VM_JSON "," VM_JSON "]}",
			"two VMs have the same 'vmUuid'"},
		{AGENT_QUERY_OPERATION, "\"answer\":\"QueryOperationAnswer\",\"result\":true,\"body\":{\"state\":\"maybe\"}",
			"'state' of the answer is none of the known names"},
		{AGENT_QUERY_OPERATION, "\"answer\":\"QueryOperationAnswer\",\"result\":true,\"body\":{\"state\":\"done\"}",
			"'answer' of the answer is missing"},
		{AGENT_QUERY_OPERATION,
			"\"answer\":\"QueryOperationAnswer\",\"result\":true,\"body\":{\"state\":\"done\",\"answer\":{\"answer\":"
			"\"QueryOperationAnswer\",\"result\":true,\"body\":{}}}",
			"'answer' is not StopAnswer"},
	};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct agent_answer answer;
		struct agent_host_status status;
		struct hv_error error = {0};
		bool has_status;
		char *text = hv_sprintf("{\"id\":1,%s}", cases[i].text);
		assert_int_equal(decode_answer(text, cases[i].kind, AGENT_STOP, &answer, &status, &has_status, &error),
			HV_ERR_PROTOCOL);
		assert_string_equal(error.text, cases[i].sentence);
		free(text);
	}
}

/* The VM of VM_JSON with one piece of its text replaced. */
static char *vm_with(const char *piece, const char *instead)
{
	const char *at = strstr(VM_JSON, piece);
	assert_non_null(at);
	return hv_sprintf("{\"event\":\"VmStateChanged\",\"body\":{\"vm\":%.*s%s%s}}", (int)(at - VM_JSON), VM_JSON,
		instead, at + strlen(piece));
}

static void test_decode__refuses_vms_that_cannot_be(void **state)
{
	char long_name[5100];
	static const struct {
		const char *piece;
		const char *instead;
		const char *sentence;
	} cases[] = {
		{"\"" VM_ID "\"", "\"00000000-0000-0000-0000-000000000000\"", "'vmUuid' of a VM is not a uuid"},
		{"\"" VM_ID "\"", "\"x\"", "'vmUuid' of a VM is not a uuid"},
		{"\"db\"", "null", "'vmName' of a VM is missing"},
		{"\"db\"", NULL, "'vmName' of a VM is too long"},
		{"\"Saved\"", "\"Snapshotting\"", "'state' of a VM is none of the known names"},
		{"\"Saved\"", "3", "'state' of a VM is not a string"},
		{"\"cpus\":2", "\"cpus\":2.0", "'cpus' of a VM is not an integer"},
		{"\"cpus\":2", "\"cpus\":-1", "'cpus' of a VM is out of range"},
		{"4096", "9223372036854775807", "'memoryBytes' of a VM is out of range"},
		{"\"activityPercent\":34", "\"activityPercent\":101", "'activityPercent' of a VM is out of range"},
		{VOLUMES_JSON, "null", "'volumes' of a VM is not a list"},
		{VOLUMES_JSON, "[7]", "a volume is not an object"},
		{"\"ROOT\"", "\"FLOPPY\"", "'volumeType' of a volume is none of the known names"},
		{CHECKPOINTS_JSON, "{}", "'checkpoints' of a VM is not a list"},
		{"\"parent\":\"" PARENT "\"", "\"parent\":\"" CHECKPOINT "\"", "a checkpoint is its own parent"},
		{"\"Recovery\"", "\"Tomorrow\"", "'kind' of a checkpoint is none of the known names"},
		{"true", "\"yes\"", "'hasMemory' of a checkpoint is neither true nor false"},
		{"1700000000000000", "-1", "'created' of a checkpoint is out of range"},
		{"1700000000000000", "999999999999999999", "'created' of a checkpoint is out of range"},
	};
	(void)state;
	memset(long_name, 'n', sizeof long_name);
	long_name[0] = '"';
	(void)snprintf(long_name + 5000, 50, "\"");
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct agent_vm vm;
		struct hv_error error = {0};
		char *text = vm_with(cases[i].piece, cases[i].instead ? cases[i].instead : long_name);
		struct wire_line line = parse(text);
		assert_int_equal(wire_decode_vm(&line, &vm, &error), HV_ERR_PROTOCOL);
		assert_string_equal(error.text, cases[i].sentence);
		wire_line_clear(&line);
		free(text);
	}
}

static void test_decode__refuses_too_many_of_anything(void **state)
{
	struct agent_vm vm;
	struct hv_error error = {0};
	struct hv_text list = HV_TEXT_INIT;
	(void)state;
	hv_text_puts(&list, "[0");
	for (int i = 0; i < 20000; i++) {
		hv_text_puts(&list, ",0");
	}
	hv_text_puts(&list, "]");
	char *text = vm_with(CHECKPOINTS_JSON, list.bytes);
	struct wire_line line = parse(text);
	assert_int_equal(wire_decode_vm(&line, &vm, &error), HV_ERR_PROTOCOL);
	assert_string_equal(error.text, "'checkpoints' of a VM has more than 20000 entries");
	wire_line_clear(&line);
	free(text);
	text = vm_with(VOLUMES_JSON, list.bytes);
	line = parse(text);
	assert_int_equal(wire_decode_vm(&line, &vm, &error), HV_ERR_PROTOCOL);
	assert_string_equal(error.text, "'volumes' of a VM has more than 1024 entries");
	wire_line_clear(&line);
	free(text);
	hv_text_clear(&list);
}

static void test_names__are_the_same_in_both_directions(void **state)
{
	(void)state;
	for (size_t i = 0; i < AGENT_COMMAND_COUNT; i++) {
		enum agent_command_kind kind = AGENT_COMMAND_COUNT;
		assert_true(agent_command_parse(agent_command_name((enum agent_command_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	for (size_t i = 0; i < AGENT_CODE_COUNT; i++) {
		enum agent_code code = AGENT_CODE_COUNT;
		assert_true(agent_code_parse(agent_code_name((enum agent_code)i), &code));
		assert_int_equal(code, i);
	}
	enum agent_command_kind kind = AGENT_PING;
	assert_false(agent_command_parse("QuitCommand", &kind));
	assert_int_equal(kind, AGENT_PING);
	assert_string_equal(agent_command_name(AGENT_COMMAND_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode__hello),
		cmocka_unit_test(test_decode__another_protocol_is_refused_with_both_numbers),
		cmocka_unit_test(test_decode__events),
		cmocka_unit_test(test_decode__simple_answers_of_every_kind_with_the_vm),
		cmocka_unit_test(test_decode__create_answer_tells_the_checkpoint),
		cmocka_unit_test(test_decode__failed_answer_keeps_code_sentence_and_vm__V4),
		cmocka_unit_test(test_decode__inventory_and_state_report),
		cmocka_unit_test(test_decode__query_answer_holds_the_recorded_one__Y2),
		cmocka_unit_test(test_parse__refuses_lines_that_are_no_message),
		cmocka_unit_test(test_parse__refuses_depth_and_crowds_before_they_cost_memory),
		cmocka_unit_test(test_decode__refuses_answers_that_break_the_contract),
		cmocka_unit_test(test_decode__refuses_vms_that_cannot_be),
		cmocka_unit_test(test_decode__refuses_too_many_of_anything),
		cmocka_unit_test(test_names__are_the_same_in_both_directions),
	};
	return cmocka_run_group_tests_name("agent/wire", tests, NULL, NULL);
}
