/* Pictures: what is written is read back the same; what is no picture is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/offline/picture.h"

static const struct hv_uuid host_id = {{1}}, vm_id = {{2}}, other_id = {{3}};

static char *write_picture(size_t *ret_length)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, ret_length);
	struct picture_writer writer;
	const struct hv_host host = {.uuid = host_id, .name = "hv01", .group = "prod", .transport = "auto",
		.address = "op@hv01", .state = HOST_LOST, .reason = "no answer", .seen_us = 77, .free_bytes = -1};
	const struct hv_vm vm = {.uuid = vm_id, .host = host_id, .name = "web-\xC3\xA9", .state = VM_RUNNING,
		.power_state = VM_RUNNING, .account = "web", .domain = "/", .snapshots = 3, .chain = 2, .oldest_us = 5};
	const struct hv_node nodes[] = {
		{.id = {{10}}, .name = "base", .internal_name = "i", .state = SNAPSHOT_READY, .parent = -1, .created_us = 9},
		{.id = {{11}}, .name = "left", .internal_name = "l", .state = SNAPSHOT_READY, .parent = 0, .depth = 1,
			.type = SNAPSHOT_DISK_AND_MEMORY, .description = "why \"so\"", .current = true},
		{.id = {{12}}, .name = "right", .internal_name = "r", .state = SNAPSHOT_READY, .parent = 0, .depth = 1,
			.last_child = true},
	};
	const struct hv_volume volume = {.id = {{20}}, .name = "root", .path = "C:\\a.vhdx", .root = true, .size_bytes = 4};
	const struct hv_tree tree = {.vm = vm_id, .nodes = nodes, .count = 3, .current = 1, .now_since_us = 4,
		.volumes = &volume, .volume_count = 1};
	const struct hv_operation operation = {.uuid = {{30}}, .kind = OPERATION_REVERT_SNAPSHOT,
		.state = OPERATION_RUNNING, .step = STEP_SEND, .unknown = true, .vm = vm_id, .vm_name = "web",
		.requested_by = "anna", .percent = 63};
	picture_begin(&writer, file, 1234567);
	picture_put_host(&writer, &host);
	picture_put_vm(&writer, &vm);
	picture_put_operation(&writer, &operation);
	picture_put_tree(&writer, &tree);
	assert_true(picture_end(&writer));
	assert_int_equal(fclose(file), 0);
	return text;
}

static struct hv_event *next_of(struct picture *picture, enum hv_event_kind kind)
{
	struct hv_event *event = picture_next(picture);
	assert_non_null(event);
	assert_int_equal(event->kind, kind);
	return event;
}

static void test_picture__what_is_written_is_read_back_the_same(void **state)
{
	(void)state;
	size_t length;
	struct picture *picture;
	struct hv_error error;
	char *text = write_picture(&length);
	assert_int_equal(picture_parse(text, length, &picture, &error), HV_OK);
	free(text);
	assert_int_equal(picture_written_us(picture), 1234567);
	struct hv_event *host = next_of(picture, HV_EVENT_HOST);
	assert_string_equal(host->host->reason, "no answer");
	assert_int_equal(host->host->state, HOST_LOST);
	assert_null(host->host->version);
	assert_int_equal(host->host->free_bytes, -1);
	hv_event_free(host);
	struct hv_event *vm = next_of(picture, HV_EVENT_VM);
	assert_string_equal(vm->vm->name, "web-\xC3\xA9");
	assert_true(hv_uuid_equal(&vm->vm->host, &host_id));
	assert_int_equal(vm->vm->snapshots, 3);
	hv_event_free(vm);
	struct hv_event *operation = next_of(picture, HV_EVENT_OPERATION);
	assert_int_equal(operation->operation->kind, OPERATION_REVERT_SNAPSHOT);
	assert_true(operation->operation->unknown);
	assert_int_equal(operation->operation->percent, 63);
	hv_event_free(operation);
	hv_event_free(next_of(picture, HV_EVENT_LOADED));
	assert_null(picture_next(picture));
	picture_open_vm(picture, &vm_id);
	struct hv_event *tree = next_of(picture, HV_EVENT_TREE);
	assert_int_equal(tree->tree->count, 3);
	assert_int_equal(tree->tree->current, 1);
	assert_string_equal(tree->tree->nodes[1].description, "why \"so\"");
	assert_int_equal(tree->tree->nodes[2].depth, 1);
	assert_false(tree->tree->nodes[1].last_child);
	assert_true(tree->tree->nodes[2].last_child);
	assert_string_equal(tree->tree->volumes[0].path, "C:\\a.vhdx");
	hv_event_free(tree);
	picture_free(picture);
}

static void test_picture__has_nothing_behind_it(void **state)
{
	(void)state;
	size_t length;
	struct picture *picture;
	struct hv_error error;
	char *text = write_picture(&length);
	assert_int_equal(picture_parse(text, length, &picture, &error), HV_OK);
	free(text);
	for (struct hv_event *event; (event = picture_next(picture)) != NULL;) {
		hv_event_free(event);
	}
	picture_refuse(picture, 42);
	struct hv_event *refused = next_of(picture, HV_EVENT_REFUSED);
	assert_int_equal(refused->ticket, 42);
	hv_event_free(refused);
	picture_open_vm(picture, &other_id);
	struct hv_event *tree = next_of(picture, HV_EVENT_TREE);
	assert_int_equal(tree->tree->count, 0);
	hv_event_free(tree);
	picture_open_vm(picture, &vm_id); /* not taken: freed with it */
	picture_free(picture);
}

static struct hv_event *answer_to(struct picture *picture, const struct hv_snapshot_query *query)
{
	picture_list(picture, 7, query, 20);
	struct hv_event *event = next_of(picture, HV_EVENT_SNAPSHOTS);
	assert_int_equal(event->ticket, 7);
	return event;
}

/* A picture that refused these left "reading ..." and "no match" on the screen for ever. */
static void test_picture__its_snapshots_are_listed_and_found_as_a_store_would__L1(void **state)
{
	(void)state;
	size_t length;
	struct picture *picture;
	struct hv_error error;
	char *text = write_picture(&length);
	assert_int_equal(picture_parse(text, length, &picture, &error), HV_OK);
	free(text);
	for (struct hv_event *event; (event = picture_next(picture)) != NULL;) {
		hv_event_free(event);
	}
	struct hv_snapshot_query all = {.state = -1, .type = -1, .limit = 2, .oldest_first = true};
	struct hv_event *first = answer_to(picture, &all);
	assert_int_equal(first->page->total, 3);
	assert_int_equal(first->page->count, 2);
	assert_true(first->page->more);
	const struct hv_snapshot *last = &first->page->rows[1];
	assert_string_equal(last->host_name, "hv01");
	assert_string_equal(last->vm_name, "web-\xC3\xA9");
	all.after_created_us = last->created_us;
	all.after_id = last->page_id;
	struct hv_event *rest = answer_to(picture, &all);
	assert_int_equal(rest->page->count, 1);
	assert_int_equal(rest->page->total, -1);
	assert_false(rest->page->more);
	assert_string_equal(rest->page->rows[0].display_name, "base");
	hv_event_free(first);
	hv_event_free(rest);
	struct hv_event *found =
		answer_to(picture, &(struct hv_snapshot_query){.state = -1, .type = -1, .keyword = "WHY"});
	assert_int_equal(found->page->count, 1);
	assert_string_equal(found->page->rows[0].display_name, "left");
	assert_string_equal(found->page->rows[0].parent_name, "base");
	hv_event_free(found);
	struct hv_event *old = answer_to(
		picture, &(struct hv_snapshot_query){.state = -1, .type = SNAPSHOT_DISK, .older_than_us = 12});
	assert_int_equal(old->page->count, 1);
	assert_string_equal(old->page->rows[0].display_name, "right");
	hv_event_free(old);
	picture_list(picture, 8, &(struct hv_snapshot_query){.state = -1, .type = -1, .account = "web"}, 20);
	hv_event_free(next_of(picture, HV_EVENT_REFUSED));
	picture_free(picture);
}

#define HEAD "{\"hvtree\":\"picture\",\"version\":1,\"written\":1}\n"
#define ID "00000000-0000-4000-8000-000000000001"

static void test_picture__what_is_none_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "cut off"},
		{"hello\n", "no picture"},
		{"{\"hvtree\":\"picture\",\"version\":2}\n", "newer"},
		{HEAD, "cut off"},
		{HEAD "{\"vm\":{\"name\":\"a\"}}\n", "cut off"},
		{HEAD "{\"end\":1}\n", "line 2"},
		{HEAD "{\"end\":0}\n{\"vm\":{}}\n", "line 3"},
		{HEAD "{\"vm\":7}\n{\"end\":1}\n", "line 2"},
		{HEAD "{\"vm\":{\"state\":\"Flying\"}}\n", "line 2"},
		{HEAD "{\"vm\":{\"cpus\":\"many\"}}\n", "line 2"},
		{HEAD "{\"vm\":{\"uuid\":\"x\"}}\n", "line 2"},
		{HEAD "{\"vm\":{\"oldest_us\":9223372036854775807}}\n", "line 2"},
		{HEAD "{\"tree\":{\"nodes\":[{\"parent\":0}]}}\n", "line 2"},
		{HEAD "{\"tree\":{\"nodes\":[{\"parent\":-1},{\"parent\":5}]}}\n", "line 2"},
		{HEAD "{\"tree\":{\"nodes\":[{\"parent\":-1},{\"parent\":0},{\"parent\":-1},{\"parent\":0}]}}\n", "line 2"},
		{HEAD "{\"tree\":{\"nodes\":[],\"current\":0}}\n", "line 2"},
		{HEAD "{\"tree\":{\"nodes\":[],\"current\":-2}}\n", "line 2"},
		{HEAD "{\"tree\":{\"nodes\":[7]}}\n", "line 2"},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct picture *picture = NULL;
		struct hv_error error;
		enum hv_status status = picture_parse(cases[i].text, strlen(cases[i].text), &picture, &error);
		if (status != HV_ERR_INVALID || !strstr(error.text, cases[i].says)) {
			fail_msg("case %zu: %d %s", i, (int)status, status == HV_OK ? "" : error.text);
		}
	}
}

static void test_picture__a_file_that_is_not_there_is_told(void **state)
{
	(void)state;
	struct picture *picture;
	struct hv_error error;
	assert_int_equal(picture_read("/nonexistent/picture", &picture, &error), HV_ERR_IO);
	assert_non_null(strstr(error.text, "/nonexistent/picture"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_picture__what_is_written_is_read_back_the_same),
		cmocka_unit_test(test_picture__has_nothing_behind_it),
		cmocka_unit_test(test_picture__its_snapshots_are_listed_and_found_as_a_store_would__L1),
		cmocka_unit_test(test_picture__what_is_none_is_refused_with_its_line),
		cmocka_unit_test(test_picture__a_file_that_is_not_there_is_told),
	};
	return cmocka_run_group_tests_name("tui/picture", tests, NULL, NULL) ? 1 : 0;
}
