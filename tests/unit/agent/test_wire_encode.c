#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/agent/wire.h"
#include "backend/base/memory.h"

#define OPERATION "11111111-2222-4333-8444-555555555555"
#define VM_ID "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define PARENT "cccccccc-0000-4000-8000-000000000002"
#define TARGET "dddddddd-0000-4000-8000-000000000001"
#define EXPORT "ffffffff-0000-4000-8000-000000000001"
#define COPY "ffffffff-0000-4000-8000-000000000002"
#define VOLUME "eeeeeeee-0000-4000-8000-000000000001"

static struct hv_uuid uuid(const char *text)
{
	struct hv_uuid value;
	assert_true(hv_uuid_parse(text, &value));
	return value;
}

static struct agent_command command_of(enum agent_command_kind kind)
{
	struct agent_command command = {
		.kind = kind,
		.operation = uuid(OPERATION),
		.epoch = 3,
		.vm_uuid = uuid(VM_ID),
		.vm_name = hv_strdup("db \"primary\" \xC3\xA9"),
		.target = {.uuid = uuid(TARGET), .name = hv_strdup("db_VS_1"),
			.display_name = hv_strdup("before\nupdate"), .type = SNAPSHOT_DISK_AND_MEMORY,
			.quiesce = true, .parent_checkpoint = uuid(PARENT)},
		.query_kind = AGENT_REVERT_TO_VM_SNAPSHOT,
		.export = uuid(EXPORT),
		.with_disks = true,
		.volume = uuid(VOLUME),
		.path = hv_strdup("D:\\disks\\data.vhdx"),
		.size_bytes = 4096,
		.cpus = 4,
		.memory_bytes = 8192,
		.volume_snapshot = uuid(COPY),
		.volume_snapshot_name = hv_strdup("nightly"),
	};
	struct volume *volume = volume_list_add(&command.volumes);
	volume->uuid = uuid(VOLUME);
	volume->name = hv_strdup("root");
	volume->root = true;
	volume->path = hv_strdup("C:\\r.avhdx");
	volume->size_bytes = 40;
	volume->chain_bytes = 30;
	return command;
}

#define VM_BODY "\"vmName\":\"db \\\"primary\\\" \\u00E9\",\"vmUuid\":\"" VM_ID "\""
#define JOURNALED "\"operation\":\"" OPERATION "\",\"epoch\":3,"
#define SNAPSHOT_BODY                                                                                      \
	"\"body\":{" VM_BODY ",\"target\":{\"uuid\":\"" TARGET "\",\"snapshotName\":\"db_VS_1\","            \
	"\"displayName\":\"before\\nupdate\",\"description\":null,\"type\":\"DiskAndMemory\","               \
	"\"quiescevm\":true,\"checkpointId\":null,\"parent\":\"" PARENT "\"},\"volumeTOs\":[{\"uuid\":\""       \
	VOLUME "\",\"name\":\"root\",\"volumeType\":\"ROOT\",\"deviceId\":0,\"path\":\"C:\\\\r.avhdx\","       \
	"\"size\":40,\"chainSize\":30}]}}\n"

#define EXPORT_BODY VM_BODY ",\"export\":\"" EXPORT "\""
#define VOLUME_BODY VM_BODY ",\"volumeUuid\":\"" VOLUME "\""
#define COPY_BODY VM_BODY ",\"volumeSnapshot\":\"" COPY "\""
#define CHANGE(name, body) "{\"id\":7," JOURNALED "\"command\":\"" name "\",\"body\":{" body "}}\n"

static const char *const golden[AGENT_COMMAND_COUNT] = {
	[AGENT_STARTUP] = "{\"id\":7,\"command\":\"StartupCommand\",\"body\":{\"console\":\"hvtree " HVTREE_VERSION
			  "\"}}\n",
	[AGENT_PING] = "{\"id\":7,\"command\":\"PingCommand\",\"body\":{}}\n",
	[AGENT_GET_INVENTORY] = "{\"id\":7,\"command\":\"GetInventoryCommand\",\"body\":{}}\n",
	[AGENT_HOST_VM_STATE_REPORT] = "{\"id\":7,\"command\":\"HostVmStateReportCommand\",\"body\":{}}\n",
	[AGENT_CREATE_VM_SNAPSHOT] =
		"{\"id\":7," JOURNALED "\"command\":\"CreateVMSnapshotCommand\"," SNAPSHOT_BODY,
	[AGENT_REVERT_TO_VM_SNAPSHOT] =
		"{\"id\":7," JOURNALED "\"command\":\"RevertToVMSnapshotCommand\"," SNAPSHOT_BODY,
	[AGENT_DELETE_VM_SNAPSHOT] =
		"{\"id\":7," JOURNALED "\"command\":\"DeleteVMSnapshotCommand\"," SNAPSHOT_BODY,
	[AGENT_START] = "{\"id\":7," JOURNALED "\"command\":\"StartCommand\",\"body\":{" VM_BODY "}}\n",
	[AGENT_STOP] =
		"{\"id\":7," JOURNALED "\"command\":\"StopCommand\",\"body\":{" VM_BODY ",\"force\":false}}\n",
	[AGENT_QUERY_OPERATION] = "{\"id\":7,\"command\":\"QueryOperationCommand\",\"body\":{\"operation\":\""
				  OPERATION "\",\"command\":\"RevertToVMSnapshotCommand\"}}\n",
	[AGENT_EXPORT_VM] = CHANGE("ExportVmCommand", EXPORT_BODY ",\"disks\":true"),
	[AGENT_CANCEL_EXPORT] = CHANGE("CancelExportCommand", EXPORT_BODY),
	[AGENT_REMOVE_VM] = CHANGE("RemoveVmCommand", EXPORT_BODY),
	[AGENT_IMPORT_VM] = CHANGE("ImportVmCommand", EXPORT_BODY),
	[AGENT_DESTROY] = CHANGE("DestroyCommand", VM_BODY),
	[AGENT_ATTACH] = CHANGE(
		"AttachCommand", VM_BODY ",\"path\":\"D:\\\\disks\\\\data.vhdx\",\"sizeBytes\":4096"),
	[AGENT_DETTACH] = CHANGE("DettachCommand", VOLUME_BODY),
	[AGENT_RESIZE_VOLUME] = CHANGE("ResizeVolumeCommand", VOLUME_BODY ",\"sizeBytes\":4096"),
	[AGENT_SCALE_VM] = CHANGE("ScaleVmCommand", VM_BODY ",\"cpus\":4,\"memoryBytes\":8192"),
	[AGENT_CREATE_VOLUME_SNAPSHOT] = CHANGE("CreateVolumeSnapshotCommand",
		COPY_BODY ",\"volumeUuid\":\"" VOLUME "\",\"name\":\"nightly\""),
	[AGENT_DELETE_VOLUME_SNAPSHOT] = CHANGE("DeleteVolumeSnapshotCommand", COPY_BODY),
};

static void test_encode__writes_every_command_as_the_protocol_says(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < AGENT_COMMAND_COUNT; kind++) {
		struct hv_text line = HV_TEXT_INIT;
		struct agent_command command = command_of((enum agent_command_kind)kind);
		assert_int_equal(wire_encode_command(&command, 7, &line, NULL), HV_OK);
		assert_string_equal(line.bytes, golden[kind]);
		hv_text_clear(&line);
		agent_command_clear(&command);
	}
}

static void test_encode__an_attach_without_a_size_makes_no_disk__X2(void **state)
{
	struct hv_text line = HV_TEXT_INIT;
	(void)state;
	struct agent_command command = command_of(AGENT_ATTACH);
	command.size_bytes = 0;
	assert_int_equal(wire_encode_command(&command, 7, &line, NULL), HV_OK);
	assert_non_null(strstr(line.bytes, "\"sizeBytes\":null}"));
	hv_text_clear(&line);
	agent_command_clear(&command);
}

static void test_encode__quit_has_no_body(void **state)
{
	struct hv_text line = HV_TEXT_INIT;
	(void)state;
	wire_encode_quit(9, &line);
	assert_string_equal(line.bytes, "{\"id\":9,\"command\":\"QuitCommand\"}\n");
	hv_text_clear(&line);
}

static void test_encode__refuses_a_change_without_an_operation__Y2(void **state)
{
	struct hv_text line = HV_TEXT_INIT;
	struct hv_error error = {0};
	(void)state;
	struct agent_command command = command_of(AGENT_STOP);
	command.operation = (struct hv_uuid){0};
	assert_int_equal(wire_encode_command(&command, 1, &line, &error), HV_ERR_INVALID);
	assert_string_equal(error.text, "StopCommand needs an operation");
	assert_int_equal(line.length, 0);
	agent_command_clear(&command);
}

static void test_encode__refuses_text_that_is_not_utf8(void **state)
{
	struct hv_text line = HV_TEXT_INIT;
	(void)state;
	struct agent_command command = command_of(AGENT_CREATE_VM_SNAPSHOT);
	hv_replace_string(&command.target.description, "caf\xE9");
	assert_int_equal(wire_encode_command(&command, 1, &line, NULL), HV_ERR_INVALID);
	assert_int_equal(line.length, 0);
	agent_command_clear(&command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode__writes_every_command_as_the_protocol_says),
		cmocka_unit_test(test_encode__an_attach_without_a_size_makes_no_disk__X2),
		cmocka_unit_test(test_encode__quit_has_no_body),
		cmocka_unit_test(test_encode__refuses_a_change_without_an_operation__Y2),
		cmocka_unit_test(test_encode__refuses_text_that_is_not_utf8),
	};
	return cmocka_run_group_tests_name("agent/wire_encode", tests, NULL, NULL);
}
