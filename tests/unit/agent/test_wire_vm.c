/* What a host says of exports, volume snapshots and revisions (P2, P6, X3), alone and in answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/agent/wire.h"
#include "backend/base/memory.h"

#define VM_ID "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define EXPORT "ffffffff-0000-4000-8000-000000000001"
#define COPY "ffffffff-0000-4000-8000-000000000002"
#define VOLUME "eeeeeeee-0000-4000-8000-000000000001"

#define VM_WITH(state, more)                                                                               \
	"{\"vmUuid\":\"" VM_ID "\",\"vmName\":\"db\",\"state\":\"" state "\",\"cpus\":2,\"memoryBytes\":4096," more \
	"\"parentCheckpoint\":null,\"volumes\":[],\"checkpoints\":[]}"
#define EXPORT_WITH(state, percent, matches)                                                               \
	"\"export\":{\"id\":\"" EXPORT "\",\"state\":\"" state "\",\"percent\":" percent                     \
	",\"disks\":true,\"matches\":" matches ",\"created\":99},"
#define COPY_JSON                                                                                          \
	"{\"id\":\"" COPY "\",\"volumeUuid\":\"" VOLUME "\",\"name\":\"n\",\"path\":\"D:\\\\n.vhdx\",\"size\":7,"  \
	"\"created\":98}"

static void assert_uuid(const struct hv_uuid *actual, const char *expected)
{
	char text[HV_UUID_TEXT_SIZE];
	assert_string_equal(hv_uuid_format(actual, text), expected);
}

static enum hv_status decode(const char *vm_json, struct agent_vm *ret_vm, struct hv_error *err)
{
	struct wire_line line;
	char *text = hv_sprintf("{\"event\":\"SnapshotsChanged\",\"body\":{\"vm\":%s}}", vm_json);
	assert_int_equal(wire_parse(text, strlen(text), &line, err), HV_OK);
	enum hv_status status = wire_decode_vm(&line, ret_vm, err);
	wire_line_clear(&line);
	free(text);
	return status;
}

static struct agent_vm vm_of(const char *vm_json)
{
	struct agent_vm vm;
	struct hv_error error = {0};
	if (decode(vm_json, &vm, &error) != HV_OK) {
		fail_msg("%s: %s", error.text, vm_json);
	}
	return vm;
}

static void test_vm__of_an_agent_that_tells_no_more_is_registered_without_an_export(void **state)
{
	(void)state;
	struct agent_vm vm = vm_of(VM_WITH("Running", ""));
	assert_false(vm.unregistered);
	assert_int_equal(vm.revision, 0);
	assert_true(hv_uuid_is_nil(&vm.export.id));
	assert_int_equal(vm.export.state, EXPORT_NONE);
	assert_int_equal(vm.volume_snapshots.count, 0);
	agent_vm_clear(&vm);
}

static void test_vm__tells_of_its_running_export_and_how_far_it_is__P6(void **state)
{
	(void)state;
	struct agent_vm vm =
		vm_of(VM_WITH("Stopped", "\"revision\":12," EXPORT_WITH("Running", "34", "false")));
	assert_int_equal(vm.revision, 12);
	assert_false(vm.unregistered);
	assert_uuid(&vm.export.id, EXPORT);
	assert_int_equal(vm.export.state, EXPORT_RUNNING);
	assert_int_equal(vm.export.percent, 34);
	assert_true(vm.export.with_disks);
	assert_false(vm.export.matches);
	assert_int_equal(vm.export.created_us, 99);
	agent_vm_clear(&vm);
}

static void test_vm__that_is_kept_in_its_export_alone_is_told_as_stopped__P6(void **state)
{
	(void)state;
	struct agent_vm vm =
		vm_of(VM_WITH("Stopped", "\"registered\":false," EXPORT_WITH("Complete", "null", "true")));
	assert_true(vm.unregistered);
	assert_true(vm.export.matches);
	assert_int_equal(vm.export.percent, -1);
	agent_vm_clear(&vm);
}

static void test_vm__tells_of_its_volume_snapshots__X3(void **state)
{
	(void)state;
	struct agent_vm vm = vm_of(VM_WITH("Stopped", "\"volumeSnapshots\":[" COPY_JSON "],"));
	assert_int_equal(vm.volume_snapshots.count, 1);
	const struct agent_volume_snapshot *copy = &vm.volume_snapshots.items[0];
	assert_uuid(&copy->id, COPY);
	assert_uuid(&copy->volume, VOLUME);
	assert_string_equal(copy->name, "n");
	assert_string_equal(copy->path, "D:\\n.vhdx");
	assert_int_equal(copy->size_bytes, 7);
	assert_int_equal(copy->created_us, 98);
	agent_vm_clear(&vm);
}

static void test_vm__that_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *json;
		const char *sentence;
	} cases[] = {
		{VM_WITH("Running", "\"registered\":false,"), "a VM that is not registered is not Stopped"},
		{VM_WITH("Stopped", "\"registered\":3,"), "'registered' of a VM is neither true nor false"},
		{VM_WITH("Stopped", "\"revision\":-1,"), "'revision' of a VM is out of range"},
		{VM_WITH("Stopped", "\"export\":7,"), "'export' of a VM is not an object"},
		{VM_WITH("Stopped", EXPORT_WITH("None", "null", "false")),
			"'state' of an export is none of the known names"},
		{VM_WITH("Stopped", EXPORT_WITH("Running", "101", "false")),
			"'percent' of an export is out of range"},
		{VM_WITH("Stopped", EXPORT_WITH("Broken", "null", "true")),
			"an export that is not Complete matches"},
		{VM_WITH("Stopped", "\"volumeSnapshots\":{},"), "'volumeSnapshots' of a VM is not a list"},
		{VM_WITH("Stopped", "\"volumeSnapshots\":[{}],"), "'id' of a volume snapshot is missing"},
		{VM_WITH("Stopped", "\"volumeSnapshots\":[" COPY_JSON "," COPY_JSON "],"),
			"two volume snapshots of a VM have the same 'id'"},
	};
	(void)state;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct agent_vm vm;
		struct hv_error error = {0};
		assert_int_equal(decode(cases[i].json, &vm, &error), HV_ERR_PROTOCOL);
		assert_string_equal(error.text, cases[i].sentence);
	}
}

/* ---- answers ---- */

static enum hv_status decode_answer(const char *text, enum agent_command_kind kind,
	struct agent_answer *ret_answer, struct hv_error *err)
{
	struct wire_question question = {.kind = kind};
	struct wire_line line;
	bool has_status;
	struct agent_host_status host;
	assert_int_equal(wire_parse(text, strlen(text), &line, err), HV_OK);
	enum hv_status status = wire_decode_answer(&line, &question, ret_answer, &has_status, &host, err);
	wire_line_clear(&line);
	return status;
}

static void test_answer__of_an_export_tells_the_vm_as_it_was_read_back__P2(void **state)
{
	(void)state;
	struct agent_answer answer;
	assert_int_equal(decode_answer("{\"id\":7,\"answer\":\"ExportVmAnswer\",\"result\":true,\"body\":{\"exported\":"
				       VM_WITH("Stopped", "\"registered\":false,") "}}",
				 AGENT_EXPORT_VM, &answer, NULL),
		HV_OK);
	assert_true(answer.has_exported);
	assert_uuid(&answer.exported.uuid, VM_ID);
	agent_answer_clear(&answer);
}

static void test_answer__of_an_export_that_was_not_read_back_is_no_answer__P2(void **state)
{
	(void)state;
	struct agent_answer answer;
	struct hv_error error = {0};
	assert_int_equal(decode_answer("{\"id\":7,\"answer\":\"ExportVmAnswer\",\"result\":true,\"body\":{}}",
				 AGENT_EXPORT_VM, &answer, &error),
		HV_ERR_PROTOCOL);
	assert_string_equal(error.text, "'exported' of the answer is missing");
}

static void test_answer__of_an_attach_names_the_volume__X2(void **state)
{
	(void)state;
	struct agent_answer answer;
	assert_int_equal(decode_answer("{\"id\":7,\"answer\":\"AttachAnswer\",\"result\":true,\"body\":{\"volumeUuid\":\""
				       VOLUME "\"}}",
				 AGENT_ATTACH, &answer, NULL),
		HV_OK);
	assert_uuid(&answer.volume, VOLUME);
	agent_answer_clear(&answer);
}

static void test_answer__of_a_volume_snapshot_tells_where_it_lies__X3(void **state)
{
	(void)state;
	struct agent_answer answer;
	assert_int_equal(decode_answer("{\"id\":7,\"answer\":\"CreateVolumeSnapshotAnswer\",\"result\":true,\"body\":{"
				       "\"path\":\"D:\\\\n.vhdx\",\"size\":7,\"createTime\":98}}",
				 AGENT_CREATE_VOLUME_SNAPSHOT, &answer, NULL),
		HV_OK);
	assert_string_equal(answer.path, "D:\\n.vhdx");
	assert_int_equal(answer.size_bytes, 7);
	assert_int_equal(answer.created_us, 98);
	agent_answer_clear(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vm__of_an_agent_that_tells_no_more_is_registered_without_an_export),
		cmocka_unit_test(test_vm__tells_of_its_running_export_and_how_far_it_is__P6),
		cmocka_unit_test(test_vm__that_is_kept_in_its_export_alone_is_told_as_stopped__P6),
		cmocka_unit_test(test_vm__tells_of_its_volume_snapshots__X3),
		cmocka_unit_test(test_vm__that_cannot_be_is_refused),
		cmocka_unit_test(test_answer__of_an_export_tells_the_vm_as_it_was_read_back__P2),
		cmocka_unit_test(test_answer__of_an_export_that_was_not_read_back_is_no_answer__P2),
		cmocka_unit_test(test_answer__of_an_attach_names_the_volume__X2),
		cmocka_unit_test(test_answer__of_a_volume_snapshot_tells_where_it_lies__X3),
	};
	return cmocka_run_group_tests_name("agent/wire_vm", tests, NULL, NULL);
}
