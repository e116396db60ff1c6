#include "tests/unit/sim/sim_fixture.h"

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
#include "backend/demo/fleet_file.h"

#define WALL_START_US INT64_C(1800000000000000)
#define PATIENCE_US (1200 * HV_SECOND_US)

static const char fixture_fleet[] = "[host hv01]\n"
				    "group = prod\n"
				    "free_gb = 500\n"
				    "[vm db]\n"
				    "host = hv01\n"
				    "disks = root:100 data:50\n"
				    "[vm web]\n"
				    "host = hv01\n"
				    "state = Stopped\n"
				    "[vm old]\n"
				    "host = hv01\n"
				    "production = no\n"
				    "[vm nap]\n"
				    "host = hv01\n"
				    "state = Saved\n"
				    "guest.memory.dream = sheep\n"
				    "[vm held]\n"
				    "host = hv01\n"
				    "state = Paused\n"
				    "guest.memory.held = yes\n";

/* --- host ------------------------------------------------------------------------------------------------------ */

static int64_t wall_us(void *context)
{
	const struct test_host *host = context;
	return WALL_START_US + host->now_us;
}

static int64_t monotonic_us(void *context)
{
	const struct test_host *host = context;
	return host->now_us;
}

static struct hv_uuid next_uuid(void *context)
{
	struct test_host *host = context;
	char text[32];
	(void)snprintf(text, sizeof text, "uuid %llu", (unsigned long long)host->uuids++);
	return hv_uuid_from_text(text);
}

struct sim_options test_host_options(struct test_host *host)
{
	return (struct sim_options){.clock = {wall_us, monotonic_us, host},
		.new_uuid = next_uuid,
		.uuid_context = host,
		.relaxed = true};
}

static void must(enum hv_status status, const struct hv_error *err)
{
	if (status != HV_OK) {
		fail_msg("%s", err->text);
	}
}

void test_host_open(struct test_host *host, const char *fleet_text)
{
	struct fleet fleet;
	struct hv_error err;
	*host = (struct test_host){.now_us = HV_SECOND_US};
	(void)snprintf(host->folder, sizeof host->folder, "/tmp/hvtree-sim-XXXXXX");
	assert_non_null(mkdtemp(host->folder));
	(void)snprintf(host->path, sizeof host->path, "%s/host.db", host->folder);
	const struct sim_options options = test_host_options(host);
	must(fleet_read(fleet_text ? fleet_text : fixture_fleet, &fleet, &err), &err);
	must(sim_create(host->path, &fleet, fleet.hosts[0].name, &options, &err), &err);
	fleet_clear(&fleet);
	must(sim_open(host->path, &options, &host->sim, &err), &err);
	test_host_speed(host, 0);
}

void test_host_close(struct test_host *host)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-agents"};
	sim_close(host->sim);
	for (size_t i = 0; i < HV_ARRAY_LEN(endings); i++) {
		HV_CLEANUP_FREE char *path = hv_sprintf("%s%s", host->path, endings[i]);
		(void)unlink(path);
	}
	(void)rmdir(host->folder);
}

void test_host_check(struct test_host *host)
{
	struct hv_error err;
	struct hv_text findings = HV_TEXT_INIT;
	if (sim_check(host->sim, &findings, &err) != HV_OK) {
		fail_msg("%s\n%s", err.text, hv_text_get(&findings));
	}
	hv_text_clear(&findings);
}

void test_host_speed(struct test_host *host, int64_t percent)
{
	struct hv_error err;
	must(sim_set_speed(host->sim, percent, &err), &err);
}

void test_host_fault(struct test_host *host, const char *spec)
{
	struct hv_error err;
	must(sim_fault_set(host->sim, spec, &err), &err);
}

void test_host_clear_fault(struct test_host *host, const char *spec)
{
	struct hv_error err;
	must(sim_fault_clear(host->sim, spec, &err), &err);
}

const char *held(struct test_host *host, struct sim_place place, const char *key)
{
	static char kept[256];
	struct hv_error err;
	char *value = NULL;
	enum hv_status status = sim_guest_read(host->sim, &place, key, &value, &err);
	if (status == HV_ERR_NOT_FOUND) {
		return NULL;
	}
	must(status, &err);
	(void)snprintf(kept, sizeof kept, "%s", value);
	free(value);
	return kept;
}

const char *disk_of(struct test_host *host, const char *vm, const char *key)
{
	return held(host, (struct sim_place){.vm = vm}, key);
}

const char *data_disk_of(struct test_host *host, const char *vm, const char *key)
{
	return held(host, (struct sim_place){.vm = vm, .disk = "data"}, key);
}

const char *memory_of(struct test_host *host, const char *vm, const char *key)
{
	return held(host, (struct sim_place){.vm = vm, .memory = true}, key);
}

int64_t free_bytes(struct test_host *host)
{
	struct hv_error err;
	struct hv_text text = HV_TEXT_INIT;
	must(sim_show(host->sim, true, &text, &err), &err);
	json_t *shown = json_loads(hv_text_get(&text), 0, NULL);
	int64_t bytes = json_integer_value(json_object_get(shown, "freeBytes"));
	json_decref(shown);
	hv_text_clear(&text);
	return bytes;
}

static void write_place(struct test_host *host, struct sim_place place, const char *key, const char *value)
{
	struct hv_error err;
	must(sim_guest_write(host->sim, &place, key, value, &err), &err);
}

void write_disk(struct test_host *host, const char *vm, const char *key, const char *value)
{
	write_place(host, (struct sim_place){.vm = vm}, key, value);
}

void write_data_disk(struct test_host *host, const char *vm, const char *key, const char *value)
{
	write_place(host, (struct sim_place){.vm = vm, .disk = "data"}, key, value);
}

void write_memory(struct test_host *host, const char *vm, const char *key, const char *value)
{
	write_place(host, (struct sim_place){.vm = vm, .memory = true}, key, value);
}

/* --- client ---------------------------------------------------------------------------------------------------- */

void client_open(struct client *client, struct test_host *host)
{
	struct hv_error err;
	const struct sim_options options = test_host_options(host);
	*client = (struct client){.host = host, .heard = json_array(), .next_id = 1};
	must(sim_open(host->path, &options, &client->sim, &err), &err);
	must(sim_session_new(client->sim, &client->session, &err), &err);
}

static void close_rest(struct client *client)
{
	sim_close(client->sim);
	json_decref(client->heard);
	*client = (struct client){0};
}

void client_close(struct client *client)
{
	sim_session_free(client->session);
	close_rest(client);
}

void client_kill(struct client *client)
{
	sim_session_abandon(client->session);
	close_rest(client);
}

static void hear(struct client *client)
{
	size_t length;
	const char *bytes = sim_session_output(client->session, &length);
	const char *end = bytes + length;
	for (const char *at = bytes; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		assert_non_null(newline);
		json_t *line = json_loadb(at, (size_t)(newline - at), 0, NULL);
		(void)json_array_append_new(client->heard, line ? line : json_string("(no JSON)"));
		at = newline + 1;
	}
	sim_session_output_written(client->session, length);
}

static void step(struct client *client, int64_t most_us)
{
	int64_t wait = sim_session_wait_us(client->session);
	client->host->now_us += wait < 1 ? 1 : wait < most_us ? wait : most_us;
	sim_session_pump(client->session);
	hear(client);
}

void client_run_ms(struct client *client, int64_t ms)
{
	int64_t end = client->host->now_us + ms * 1000;
	sim_session_pump(client->session);
	hear(client);
	while (client->host->now_us < end && sim_session_state(client->session) == SIM_SESSION_LIVES) {
		step(client, end - client->host->now_us);
	}
}

void client_send_line(struct client *client, const char *line)
{
	sim_session_feed(client->session, line, strlen(line));
	sim_session_feed(client->session, "\n", 1);
}

int client_send(struct client *client, const char *command, const char *operation, int64_t epoch, json_t *take_body)
{
	int id = client->next_id++;
	json_t *object = json_pack("{s:i, s:s, s:o}", "id", id, "command", command, "body", take_body);
	if (operation) {
		(void)json_object_set_new(object, "operation", json_string(operation));
		(void)json_object_set_new(object, "epoch", json_integer(epoch));
	}
	char *line = json_dumps(object, JSON_COMPACT);
	client_send_line(client, line);
	free(line);
	json_decref(object);
	return id;
}

const json_t *client_heard_answer(const struct client *client, int id)
{
	size_t index;
	json_t *line;
	json_array_foreach(client->heard, index, line) {
		if (json_integer_value(json_object_get(line, "id")) == id) {
			return line;
		}
	}
	return NULL;
}

const json_t *client_answer(struct client *client, int id)
{
	int64_t deadline = client->host->now_us + PATIENCE_US;
	sim_session_pump(client->session);
	hear(client);
	while (!client_heard_answer(client, id) && client->host->now_us < deadline &&
		sim_session_state(client->session) == SIM_SESSION_LIVES) {
		if (sim_session_wait_us(client->session) > 60 * HV_SECOND_US) {
			sim_session_feed(client->session, "\n", 1); /* a client that lives */
		}
		step(client, HV_SECOND_US);
		sim_session_feed(client->session, "\n", 1);
	}
	const json_t *answer = client_heard_answer(client, id);
	assert_non_null(answer);
	return answer;
}

size_t client_count_events(const struct client *client, const char *event)
{
	size_t index, count = 0;
	json_t *line;
	json_array_foreach(client->heard, index, line) {
		const char *name = json_string_value(json_object_get(line, "event"));
		count += name && strcmp(name, event) == 0 ? 1 : 0;
	}
	return count;
}

const json_t *client_last_event(const struct client *client, const char *event)
{
	for (size_t i = json_array_size(client->heard); i > 0; i--) {
		const json_t *line = json_array_get(client->heard, i - 1);
		const char *name = json_string_value(json_object_get(line, "event"));
		if (name && strcmp(name, event) == 0) {
			return line;
		}
	}
	return NULL;
}

void client_forget(struct client *client)
{
	(void)json_array_clear(client->heard);
}

/* --- commands -------------------------------------------------------------------------------------------------- */

static const char *vm_uuid(const char *vm, char text[HV_UUID_TEXT_SIZE])
{
	HV_CLEANUP_FREE char *path = hv_sprintf("vm:hv01/%s", vm);
	struct hv_uuid uuid = hv_uuid_from_text(path);
	return hv_uuid_format(&uuid, text);
}

json_t *vm_body(const char *vm)
{
	char uuid[HV_UUID_TEXT_SIZE];
	return json_pack("{s:s, s:s}", "vmName", vm, "vmUuid", vm_uuid(vm, uuid));
}

json_t *target_body(const char *vm, const char *name, const char *type, const char *checkpoint)
{
	json_t *body = vm_body(vm);
	json_t *target = json_pack("{s:s, s:s, s:s, s:s?}", "uuid", "11111111-2222-4333-8444-555555555555",
		"snapshotName", name, "type", type, "checkpointId", checkpoint);
	(void)json_object_set_new(body, "target", target);
	(void)json_object_set_new(body, "volumeTOs", json_array());
	return body;
}

const char *new_operation(struct test_host *host)
{
	static char text[HV_UUID_TEXT_SIZE];
	struct hv_uuid uuid = next_uuid(host);
	return hv_uuid_format(&uuid, text);
}

static const json_t *do_target(struct client *client, const char *command, const char *vm, const char *name,
	const char *type)
{
	return client_answer(client,
		client_send(client, command, new_operation(client->host), 1, target_body(vm, name, type, NULL)));
}

const json_t *create(struct client *client, const char *vm, const char *name, const char *type)
{
	return do_target(client, "CreateVMSnapshotCommand", vm, name, type);
}

const json_t *revert(struct client *client, const char *vm, const char *name, const char *type)
{
	return do_target(client, "RevertToVMSnapshotCommand", vm, name, type);
}

const json_t *delete_snapshot(struct client *client, const char *vm, const char *name)
{
	return do_target(client, "DeleteVMSnapshotCommand", vm, name, "Disk");
}

const json_t *start(struct client *client, const char *vm)
{
	return client_answer(
		client, client_send(client, "StartCommand", new_operation(client->host), 1, vm_body(vm)));
}

const json_t *stop(struct client *client, const char *vm, bool force)
{
	json_t *body = vm_body(vm);
	(void)json_object_set_new(body, "force", json_boolean(force));
	return client_answer(client, client_send(client, "StopCommand", new_operation(client->host), 1, body));
}

int send_vm(struct client *client, const char *command, const char *vm, const char *operation, json_t *take_more)
{
	json_t *body = vm_body(vm);
	if (take_more) {
		(void)json_object_update(body, take_more);
		json_decref(take_more);
	}
	return client_send(client, command, operation, 1, body);
}

const json_t *ask_vm(struct client *client, const char *command, const char *vm, json_t *take_more)
{
	return client_answer(client, send_vm(client, command, vm, new_operation(client->host), take_more));
}

json_t *export_of(const char *export)
{
	return json_pack("{s:s}", "export", export);
}

json_t *export_with(const char *export, bool disks)
{
	return json_pack("{s:s, s:b}", "export", export, "disks", (int)disks);
}

const json_t *inventory_vm(struct client *client, const char *vm)
{
	const json_t *answer =
		client_answer(client, client_send(client, "GetInventoryCommand", NULL, 0, json_object()));
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(json_object_get(answer, "body"), "vms"), index, one) {
		if (strcmp(json_string_value(json_object_get(one, "vmName")), vm) == 0) {
			return one;
		}
	}
	return NULL;
}

/* --- what is told ---------------------------------------------------------------------------------------------- */

void assert_well(const json_t *answer)
{
	if (!json_is_true(json_object_get(answer, "result"))) {
		char *line = json_dumps(answer, 0);
		fail_msg("not well: %s", line);
	}
}

void assert_failed(const json_t *answer, const char *code)
{
	const char *told = json_string_value(json_object_get(answer, "code"));
	if (!json_is_false(json_object_get(answer, "result")) || !told) {
		char *line = json_dumps(answer, 0);
		fail_msg("did not fail: %s", line);
	}
	assert_string_equal(told, code);
	assert_true(json_string_length(json_object_get(answer, "details")) > 0);
}

const json_t *vm_of(const json_t *message)
{
	const json_t *vm = json_object_get(json_object_get(message, "body"), "vm");
	assert_non_null(vm);
	return vm;
}

const char *vm_state(const json_t *message)
{
	return json_string_value(json_object_get(vm_of(message), "state"));
}

static const json_t *find_checkpoint(const json_t *message, const char *key, const char *value)
{
	size_t index;
	json_t *checkpoint;
	json_array_foreach(json_object_get(vm_of(message), "checkpoints"), index, checkpoint) {
		if (strcmp(json_string_value(json_object_get(checkpoint, key)), value) == 0) {
			return checkpoint;
		}
	}
	return NULL;
}

const json_t *checkpoint_named(const json_t *message, const char *name)
{
	return find_checkpoint(message, "name", name);
}

const char *pointer_name(const json_t *message)
{
	const char *pointer = json_string_value(json_object_get(vm_of(message), "parentCheckpoint"));
	const json_t *checkpoint = pointer ? find_checkpoint(message, "id", pointer) : NULL;
	return checkpoint ? json_string_value(json_object_get(checkpoint, "name")) : "";
}

static void add_children(const json_t *message, const char *parent, struct hv_text *text)
{
	const char *pointer = json_string_value(json_object_get(vm_of(message), "parentCheckpoint"));
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(vm_of(message), "checkpoints"), index, one) {
		const char *its = json_string_value(json_object_get(one, "parent"));
		if (parent ? its && strcmp(its, parent) == 0 : !its) {
			struct hv_text below = HV_TEXT_INIT;
			add_children(message, json_string_value(json_object_get(one, "id")), &below);
			hv_text_printf(text, "%s%s", text->length > 0 ? " " : "",
				json_string_value(json_object_get(one, "name")));
			if (below.length > 0) {
				hv_text_printf(text, "(%s)", hv_text_get(&below));
			}
			hv_text_clear(&below);
		}
	}
	if (parent ? pointer && strcmp(pointer, parent) == 0 : !pointer) {
		hv_text_printf(text, "%s*", text->length > 0 ? " " : "");
	}
}

const char *tree_text(const json_t *message)
{
	static char kept[512];
	struct hv_text text = HV_TEXT_INIT;
	add_children(message, NULL, &text);
	(void)snprintf(kept, sizeof kept, "%s", hv_text_get(&text));
	hv_text_clear(&text);
	return kept;
}

const char *export_text(const json_t *vm)
{
	static char kept[64];
	const json_t *export = json_object_get(vm, "export");
	const json_t *percent = json_object_get(export, "percent");
	assert_non_null(export);
	if (json_is_null(export)) {
		return "none";
	}
	(void)snprintf(kept, sizeof kept, "%s%s", json_string_value(json_object_get(export, "state")),
		json_is_true(json_object_get(export, "matches")) ? " matches" : "");
	if (json_is_integer(percent)) {
		size_t length = strlen(kept);
		(void)snprintf(kept + length, sizeof kept - length, " %d", (int)json_integer_value(percent));
	}
	return kept;
}
