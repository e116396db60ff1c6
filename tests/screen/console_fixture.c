#include "tests/screen/console_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

#define TREE_MAX 512
#define LEVELS_MAX 256

struct fixture *fixture_new(const struct app_config *config)
{
	struct fixture *fixture = hv_alloc(sizeof *fixture);
	fixture->app = app_new(config);
	fixture->now_us = FIXTURE_NOW;
	(void)app_tick(fixture->app, fixture->now_us);
	return fixture;
}

void fixture_free(struct fixture *fixture)
{
	app_free(fixture->app);
	free(fixture);
}

void fixture_keys(struct fixture *fixture, const char *keys)
{
	char *copy = hv_strdup(keys);
	char *rest = NULL;
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct key key;
		if (word[0] == '\'' && word[1]) {
			for (char *p = word + 1; *p; p++) {
				key = (struct key){KEY_CODE_CHARACTER, (unsigned char)*p};
				app_key(fixture->app, key, NULL);
			}
			continue;
		}
		if (!key_parse(word, &key)) {
			fail_msg("'%s' is not a key", word);
		}
		app_key(fixture->app, key, NULL);
	}
	free(copy);
}

void fixture_paste(struct fixture *fixture, const char *text)
{
	app_key(fixture->app, (struct key){KEY_CODE_PASTE, 0}, text);
}

void fixture_tick(struct fixture *fixture, int64_t later_us)
{
	fixture->now_us += later_us;
	(void)app_tick(fixture->app, fixture->now_us);
}

/* ---- events ---- */

void fixture_event(struct fixture *fixture, const struct hv_event *event)
{
	app_event(fixture->app, event);
}

void fixture_loaded(struct fixture *fixture)
{
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_LOADED});
}

void fixture_host(
	struct fixture *fixture, const char *name, const char *group, enum host_state state, const char *reason)
{
	struct hv_host value = {
		.uuid = hv_uuid_from_text(name),
		.name = name,
		.group = group,
		.transport = "sim",
		.address = "fleet/host.db",
		.version = "10.0.20348",
		.state = state,
		.reason = reason,
		.seen_us = fixture->now_us - (reason ? 240 * HV_SECOND_US : 0),
		.retry_us = reason ? fixture->now_us + 12 * HV_SECOND_US : 0,
		.free_bytes = INT64_C(412) << 30,
	};
	const struct hv_host *host = hv_host_new(&value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_HOST, .host = host});
	hv_host_unref(host);
}

void fixture_host_gone(struct fixture *fixture, const char *name)
{
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_HOST_GONE, .id = hv_uuid_from_text(name)});
}

struct hv_vm fixture_vm_value(const char *host, const char *name, enum vm_state state, int64_t snapshots)
{
	return (struct hv_vm){
		.uuid = hv_uuid_from_text(name),
		.host = hv_uuid_from_text(host),
		.name = name,
		.state = state,
		.power_state = state,
		.cpus = 4,
		.memory_bytes = INT64_C(8) << 30,
		.offering = "medium",
		.account = "ops",
		.domain = "ROOT/prod",
		.snapshots = snapshots,
		.snapshots_on_host = snapshots,
		.snapshot_limit = 10,
		.snapshots_enabled = true,
		.chain = snapshots,
		.delta_bytes = snapshots * (INT64_C(1) << 30),
		.oldest_us = snapshots ? FIXTURE_NOW - snapshots * 3 * FIXTURE_DAY : 0,
	};
}

void fixture_put_vm(struct fixture *fixture, const struct hv_vm *value)
{
	const struct hv_vm *vm = hv_vm_new(value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_VM, .vm = vm});
	hv_vm_unref(vm);
}

void fixture_vm(
	struct fixture *fixture, const char *host, const char *name, enum vm_state state, int64_t snapshots)
{
	struct hv_vm value = fixture_vm_value(host, name, state, snapshots);
	fixture_put_vm(fixture, &value);
}

void fixture_vm_gone(struct fixture *fixture, const char *name)
{
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_VM_GONE, .id = hv_uuid_from_text(name)});
}

/* ---- trees ---- */

static void read_flags(struct hv_node *node, char *rest, int32_t at, int32_t *ret_current)
{
	char *save = NULL;
	for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strcmp(word, "m") == 0) {
			node->type = SNAPSHOT_DISK_AND_MEMORY;
		} else if (strcmp(word, "u") == 0) {
			node->untracked = true;
		} else if (strcmp(word, "*") == 0) {
			node->current = true;
			*ret_current = at;
		} else if (strcmp(word, "creating") == 0) {
			node->state = SNAPSHOT_CREATING;
		} else if (strcmp(word, "error") == 0) {
			node->state = SNAPSHOT_ERROR;
		} else {
			fail_msg("'%s' is not a flag of a snapshot", word);
		}
	}
}

/* "  name 12d m *" into *node; the line is cut up. */
static void read_node(struct hv_node *node, char *line, int32_t at, int32_t *ret_current)
{
	int days = 0, used = 0;
	size_t indent = strspn(line, " ");
	char *name = line + indent;
	char *space = strchr(name, ' ');
	if (!space || sscanf(space, " %dd%n", &days, &used) != 1) {
		fail_msg("'%s' is not a snapshot", line);
		return;
	}
	*space = '\0';
	node->id = hv_uuid_from_text(name);
	node->name = name;
	node->internal_name = "vm_VS_20260101";
	node->description = "before the upgrade, CHG-4411";
	node->state = SNAPSHOT_READY;
	node->depth = (int32_t)(indent / 2);
	node->created_us = FIXTURE_NOW - days * FIXTURE_DAY;
	node->size_bytes = (INT64_C(1) << 30) * (days + 1) / 4;
	node->created_by = "op-anna";
	node->offering = "medium";
	read_flags(node, space + used, at, ret_current);
}

static void link_nodes(struct hv_node *nodes, size_t count)
{
	int32_t last[LEVELS_MAX];
	for (size_t i = 0; i < count; i++) {
		struct hv_node *node = &nodes[i];
		node->parent = node->depth == 0 ? -1 : last[node->depth - 1];
		last[node->depth] = (int32_t)i;
		node->last_child = true;
		for (size_t j = i + 1; j < count && nodes[j].depth >= node->depth; j++) {
			if (nodes[j].depth == node->depth) {
				node->last_child = false;
				break;
			}
		}
	}
}

void fixture_tree(struct fixture *fixture, const char *vm, const char *text)
{
	struct hv_node *nodes = hv_alloc(TREE_MAX * sizeof *nodes);
	char *copy = hv_strdup(text);
	size_t count = 0;
	int32_t current = -1;
	char *save = NULL;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		read_node(&nodes[count], line, (int32_t)count, &current);
		count++;
	}
	link_nodes(nodes, count);
	struct hv_volume volume = {.name = "disk0", .root = true, .path = "D:\\vm\\disk0.avhdx",
		.size_bytes = INT64_C(64) << 30, .chain_bytes = INT64_C(30) << 30};
	struct hv_tree value = {.vm = hv_uuid_from_text(vm), .nodes = nodes, .count = count, .current = current,
		.now_since_us = current < 0 ? 0 : nodes[current].created_us, .volumes = &volume, .volume_count = 1};
	const struct hv_tree *tree = hv_tree_new(&value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_TREE, .tree = tree});
	hv_tree_unref(tree);
	free(copy);
	free(nodes);
}

/* ---- operations and answers ---- */

struct hv_operation fixture_operation_value(
	const char *id, enum operation_kind kind, const char *vm, const char *snapshot)
{
	return (struct hv_operation){
		.uuid = hv_uuid_from_text(id),
		.group = hv_uuid_from_text(id),
		.kind = kind,
		.state = OPERATION_RUNNING,
		.step = STEP_SEND,
		.vm = hv_uuid_from_text(vm),
		.vm_name = vm,
		.snapshot_name = snapshot,
		.percent = -1,
		.requested_by = "op-anna",
		.created_us = FIXTURE_NOW - 48 * HV_SECOND_US,
	};
}

void fixture_operation(struct fixture *fixture, const struct hv_operation *value)
{
	const struct hv_operation *operation = hv_operation_new(value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_OPERATION, .operation = operation});
	hv_operation_unref(operation);
}

void fixture_answer(struct fixture *fixture, enum hv_event_kind kind, uint64_t ticket)
{
	fixture_event(fixture, &(struct hv_event){.kind = kind, .ticket = ticket});
}

void fixture_refuse(struct fixture *fixture, uint64_t ticket, enum hv_status status, const char *text)
{
	struct hv_event event = {.kind = HV_EVENT_REFUSED, .ticket = ticket};
	(void)hv_error_set(&event.error, status, "%s", text);
	fixture_event(fixture, &event);
}

void fixture_snapshots(struct fixture *fixture, const char *text, bool more)
{
	const struct app_effect *asked = fixture_effect(fixture, APP_EFFECT_LIST);
	size_t effect_count;
	const struct app_effect *effects = app_effects(fixture->app, &effect_count);
	while (asked && asked > effects && asked->query.limit == 1) { /* a count is asked for after its list */
		asked--;
	}
	struct hv_snapshot rows[64];
	char names[64][2][64];
	size_t count = 0;
	char *copy = hv_strdup(text);
	char *save = NULL;
	assert_non_null(asked);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		int days = 0;
		assert_int_equal(sscanf(line, "%63s %63s %d", names[count][0], names[count][1], &days), 3);
		rows[count] = (struct hv_snapshot){.id = hv_uuid_from_text(names[count][1]),
			.name = "vm_VS_20260101", .display_name = names[count][1], .state = SNAPSHOT_READY,
			.created_us = FIXTURE_NOW - days * FIXTURE_DAY, .size_bytes = (INT64_C(1) << 30) * (days + 1) / 4,
			.vm = hv_uuid_from_text(names[count][0]), .vm_name = names[count][0], .host_name = "hv01.prod",
			.account = "ops", .domain = "/prod", .created_by = "op-anna",
			.description = "before the upgrade, CHG-4411", .page_id = (int64_t)count + 1};
		count++;
	}
	struct hv_snapshot_page value = {.rows = rows, .count = count, .total = (int64_t)count, .more = more};
	const struct hv_snapshot_page *page = hv_snapshot_page_new(&value);
	fixture_event(
		fixture, &(struct hv_event){.kind = HV_EVENT_SNAPSHOTS, .ticket = asked->ticket, .page = page});
	hv_snapshot_page_unref(page);
	free(copy);
}

void fixture_count(struct fixture *fixture, uint64_t ticket, int64_t total)
{
	bool counted = false; /* a store counts only what it was asked to count */
	size_t count;
	const struct app_effect *effects = app_effects(fixture->app, &count);
	for (size_t i = 0; i < count; i++) {
		counted = counted || (effects[i].ticket == ticket && !effects[i].query.uncounted);
	}
	struct hv_snapshot_page value = {.total = counted ? total : -1};
	const struct hv_snapshot_page *page = hv_snapshot_page_new(&value);
	fixture_event(fixture, &(struct hv_event){.kind = HV_EVENT_SNAPSHOTS, .ticket = ticket, .page = page});
	hv_snapshot_page_unref(page);
}

/* ---- effects ---- */

const struct app_effect *fixture_effect(const struct fixture *fixture, enum app_effect_kind kind)
{
	size_t count;
	const struct app_effect *effects = app_effects(fixture->app, &count);
	while (count-- > 0) {
		if (effects[count].kind == kind) {
			return &effects[count];
		}
	}
	return NULL;
}

size_t fixture_effect_count(const struct fixture *fixture, enum app_effect_kind kind)
{
	size_t count, found = 0;
	const struct app_effect *effects = app_effects(fixture->app, &count);
	for (size_t i = 0; i < count; i++) {
		found += effects[i].kind == kind ? 1 : 0;
	}
	return found;
}

void fixture_take_effects(struct fixture *fixture)
{
	app_effects_clear(fixture->app);
}

/* ---- the screen ---- */

char *fixture_screen(struct fixture *fixture, int width, int height)
{
	app_resize(fixture->app, width, height);
	(void)app_tick(fixture->app, fixture->now_us);
	struct canvas *canvas = canvas_new(width, height, fixture->app->config.ascii);
	app_view(fixture->app, canvas);
	char *dump = canvas_dump(canvas);
	canvas_free(canvas);
	return dump;
}

bool fixture_shows(struct fixture *fixture, const char *text)
{
	char *screen = fixture_screen(fixture, fixture->app->width, fixture->app->height);
	bool found = strstr(screen, text) != NULL;
	free(screen);
	return found;
}

/* ---- the fleet ---- */

const char fixture_db_tree[] = "base-2026-06-01 82d\n"
			       "  pre-patch-july 41d m\n"
			       "    pre-upgrade-v7 12d *\n"
			       "    try-index-rebuild 20d m\n";

struct fixture *fixture_fleet(const struct app_config *config)
{
	struct fixture *fixture = fixture_new(config);
	fixture_host(fixture, "hv01.prod", "prod", HOST_UP, NULL);
	fixture_host(fixture, "hv02.prod", "prod", HOST_UP, NULL);
	fixture_host(fixture, "hv03.prod", "prod", HOST_LOST, "connection timed out");
	fixture_host(fixture, "hv04.lab", "lab", HOST_UP, NULL);
	fixture_vm(fixture, "hv01.prod", "db-primary", VM_RUNNING, 4);
	fixture_vm(fixture, "hv01.prod", "web-01", VM_RUNNING, 2);
	fixture_vm(fixture, "hv01.prod", "web-02", VM_RUNNING, 2);
	fixture_vm(fixture, "hv01.prod", "build-07", VM_STOPPED, 0);
	fixture_vm(fixture, "hv02.prod", "mail-01", VM_SAVED, 1);
	fixture_vm(fixture, "hv02.prod", "mail-02", VM_ERROR, 9);
	fixture_vm(fixture, "hv03.prod", "files-01", VM_RUNNING, 1);
	fixture_vm(fixture, "hv04.lab", "db-lab", VM_PAUSED, 0);
	fixture_loaded(fixture);
	return fixture;
}

char *fixture_cursor(const struct fixture *fixture)
{
	const struct row_ref *cursor = &fixture->app->cursor;
	if (!cursor->node) {
		return hv_strdup("none");
	}
	const struct hv_node *node = rows_snapshot(cursor);
	switch (cursor->kind) {
	case ROW_GROUP:
		return hv_sprintf("group %s", cursor->node->name);
	case ROW_HOST:
		return hv_sprintf("host %s", cursor->node->name);
	case ROW_VM:
		return hv_sprintf("vm %s", cursor->node->name);
	case ROW_NOW:
		return hv_sprintf("now %s", cursor->node->name);
	case ROW_SNAPSHOT:
		return hv_sprintf("snapshot %s", node ? node->name : "?");
	case ROW_FOLD:
		return hv_sprintf("fold %s", cursor->node->name);
	case ROW_ROOT:
	case ROW_KIND_COUNT:
		break;
	}
	return hv_strdup("none");
}

void fixture_go_to(struct fixture *fixture, const char *name)
{
	size_t total = rows_total(&fixture->app->model);
	fixture_keys(fixture, "g");
	for (size_t i = 0; i < total; i++) {
		char *at = fixture_cursor(fixture);
		const char *found = strchr(at, ' ');
		bool same = found && strcmp(found + 1, name) == 0;
		free(at);
		if (same) {
			return;
		}
		fixture_keys(fixture, "j");
	}
	fail_msg("no row is called '%s'", name);
}
