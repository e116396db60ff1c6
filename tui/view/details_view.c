/* What is known about the row under the cursor: a few lines below the tree, or all of it beside the tree. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/view/sheet.h"
#include "tui/view/view.h"

#define PATH_MAX_NAMES 5

static const char *or_none(const char *text)
{
	return text && text[0] ? text : "-";
}

/* "2026-08-10 00:05 UTC (12d ago)"; static text of the caller. */
static const char *time_and_age(const struct app *app, int64_t time_us, char text[64])
{
	char time[32], age[16];
	if (time_us <= 0) {
		(void)snprintf(text, 64, "never");
	} else if (app->wall_us == 0) {
		(void)snprintf(text, 64, "%s", view_time(time_us, time));
	} else {
		(void)snprintf(text, 64, "%s (%s ago)", view_time(time_us, time),
			words_age(app->wall_us - time_us, age));
	}
	return text;
}

static const char *kind_sentence(const struct hv_node *node)
{
	if (node->untracked) {
		return "made outside hvtree: shown, never changed by it";
	}
	return node->type == SNAPSHOT_DISK_AND_MEMORY ? "disk and memory: a revert leaves the VM running"
						      : "disk only: a revert leaves the VM off";
}

static const char *short_id(const struct hv_uuid *uuid, char text[16])
{
	char whole[HV_UUID_TEXT_SIZE];
	(void)hv_uuid_format(uuid, whole);
	(void)snprintf(text, 16, "%.4s..%.4s", whole, whole + 32);
	return text;
}

static void add_host_lines(const struct app *app, struct sheet *sheet, const struct hv_host *host)
{
	char time[64];
	if (host->state == HOST_UP) {
		return;
	}
	sheet_add(sheet, ROLE_WARN, NULL, "%s: no answer%s%s", host->name, host->reason ? ": " : "",
		host->reason ? host->reason : "");
	sheet_add(sheet, ROLE_WARN, NULL, "What is shown is of %s; actions are locked until it answers.",
		time_and_age(app, host->seen_us, time));
}

static bool is_act(enum tui_action action)
{
	const struct tui_action_info *info = tui_action_info(action);
	return info->group == TUI_GROUP_DO && (info->place & TUI_PLACE_TREE) &&
	       (info->needs == TUI_NEEDS_VM || info->needs == TUI_NEEDS_SNAPSHOT);
}

/* What can be done with the row, and why an action is off, in the place where the operator looks (L2). */
static void add_actions(const struct app *app, struct sheet *sheet)
{
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
	for (int i = 0; i < TUI_ACTION_COUNT; i++) {
		char text[400], key[16];
		enum tui_action action = (enum tui_action)i;
		const struct tui_action_info *info = tui_action_info(action);
		if (!is_act(action) || !app_has_action(app, action)) {
			continue;
		}
		const char *reason = app_why_not(app, action, text, sizeof text);
		(void)keymap_keys(&app->keymap, action, 1, key, sizeof key);
		if (reason) {
			sheet_add(sheet, ROLE_DIM, NULL, "%s %s: not now: %s", key, info->name, reason);
		} else {
			sheet_add(sheet, ROLE_TEXT, NULL, "%s %s", key, info->help);
		}
	}
}

static void add_path(struct sheet *sheet, const struct hv_tree *tree, const struct hv_node *node)
{
	const char *names[PATH_MAX_NAMES];
	size_t count = 0;
	int32_t at = node->parent;
	while (at >= 0 && count < PATH_MAX_NAMES) {
		names[count++] = tree->nodes[at].name;
		at = tree->nodes[at].parent;
	}
	struct hv_text path = HV_TEXT_INIT;
	hv_text_puts(&path, at >= 0 ? "... > " : "");
	while (count-- > 0) {
		hv_text_printf(&path, "%s > ", names[count]);
	}
	hv_text_puts(&path, node->name);
	sheet_add(sheet, ROLE_TEXT, "Path", "%s", hv_text_get(&path));
	hv_text_clear(&path);
}

static void add_vm_place(struct sheet *sheet, const struct vm_entry *vm)
{
	const struct host_entry *host = model_vm_host(vm);
	sheet_add(sheet, ROLE_TEXT, "Host", "%s   group %s", host ? host->host->name : "-",
		host ? or_none(host->host->group) : "-");
}

static void snapshot_details(
	const struct app *app, struct sheet *sheet, const struct vm_entry *vm, const struct hv_node *node)
{
	char time[64], size[16], id[HV_UUID_TEXT_SIZE];
	sheet_add(sheet, ROLE_TITLE, NULL, "%s", node->name);
	sheet_add(sheet, ROLE_TEXT, "VM", "%s   %s", vm->vm->name, short_id(&vm->node.uuid, id));
	add_vm_place(sheet, vm);
	bool known = node->created_by && node->created_by[0];
	sheet_add(sheet, ROLE_TEXT, "Taken", "%s%s%s", time_and_age(app, node->created_us, time), known ? " by " : "",
		known ? node->created_by : "");
	sheet_add(sheet, ROLE_TEXT, "Kind", "%s", kind_sentence(node));
	if (node->untracked) {
		sheet_add(sheet, ROLE_SNAP_UNTRACKED, "State", "%s", words_untracked(node->kind));
	} else {
		struct words words = words_snapshot(node->state);
		sheet_add(sheet, words.role, "State", "%s%s", words.text, node->current ? ", current" : "");
	}
	add_path(sheet, vm->tree, node);
	sheet_add(sheet, ROLE_TEXT, "Id", "%s", hv_uuid_format(&node->id, id));
	sheet_add(sheet, ROLE_TEXT, "Owner", "%s in %s", or_none(vm->vm->account), or_none(vm->vm->domain));
	sheet_add(sheet, ROLE_TEXT, "Own", "%s", node->size_bytes > 0 ? hv_format_bytes(node->size_bytes, size) : "-");
	sheet_add(sheet, ROLE_TEXT, "Offer", "%s", or_none(node->offering));
	sheet_add(sheet, ROLE_TEXT, "Note", "%s", or_none(node->description));
	sheet_add(sheet, ROLE_DIM, "Name", "%s", or_none(node->internal_name));
}

static void add_volumes(struct sheet *sheet, const struct hv_tree *tree)
{
	for (size_t i = 0; tree && i < tree->volume_count; i++) {
		char size[16], chain[16];
		const struct hv_volume *volume = &tree->volumes[i];
		sheet_add(sheet, ROLE_TEXT, i == 0 ? "Disks" : "", "%s %s, chain takes %s%s", volume->name,
			hv_format_bytes(volume->size_bytes, size), hv_format_bytes(volume->chain_bytes, chain),
			volume->root ? ", root" : "");
	}
}

static void add_copies(struct sheet *sheet, const struct hv_tree *tree)
{
	for (size_t i = 0; tree && i < tree->volume_snapshot_count; i++) {
		char size[16], time[32];
		const struct hv_volume_snapshot *copy = &tree->volume_snapshots[i];
		struct words words = words_snapshot(copy->state);
		sheet_add(sheet, words.role, i == 0 ? "Copies" : "", "%s of %s, %s, %s, %s", copy->name,
			or_none(copy->volume_name), hv_format_bytes(copy->size_bytes, size), words.text,
			view_time(copy->created_us, time));
	}
}

static void vm_details(const struct app *app, struct sheet *sheet, const struct vm_entry *vm, bool now)
{
	const struct hv_vm *value = vm->vm;
	char size[16], time[64], id[16];
	struct words words = words_vm(value, model_vm_operation(&app->model, vm));
	sheet_add(sheet, ROLE_TITLE, NULL, "%s%s", now ? "NOW: " : "", value->name);
	sheet_add(sheet, ROLE_TEXT, "Id", "%s", short_id(&vm->node.uuid, id));
	add_vm_place(sheet, vm);
	sheet_add(sheet, words.role, "State", "%s", words.text);
	sheet_add(sheet, ROLE_TEXT, "Size", "%" PRId64 " %s, %s memory, offering %s", value->cpus,
		value->cpus == 1 ? "CPU" : "CPUs",
		hv_format_bytes(value->memory_bytes, size), or_none(value->offering));
	sheet_add(sheet, ROLE_TEXT, "Owner", "%s in %s", or_none(value->account), or_none(value->domain));
	sheet_add(sheet, ROLE_TEXT, "Snaps", "%" PRId64 " of %" PRId64 ", chain %" PRId64 ", %s", value->snapshots,
		value->snapshot_limit, value->chain, hv_format_bytes(value->delta_bytes, size));
	/* also where there is none: what follows stays in its lines while the cursor goes down the list */
	sheet_add(sheet, ROLE_TEXT, "Oldest", "%s",
		value->oldest_us > 0 ? time_and_age(app, value->oldest_us, time) : "-");
	if (value->chain > app->model.chain_warn) {
		sheet_add(sheet, ROLE_SIZE_WARN, "", "! a long chain slows the VM down; delete what is not needed");
	}
	if (value->untracked > 0) {
		sheet_add(sheet, ROLE_SNAP_UNTRACKED, "",
			"%" PRId64 " checkpoints were made outside hvtree; it never changes them", value->untracked);
	}
	if (value->missing) {
		sheet_add(sheet, ROLE_WARN, "", "! its host does not report it any more");
	}
	if (value->unregistered) {
		sheet_add(sheet, ROLE_TEXT, "Export", "all that is on its host; a start brings it back");
	} else if (value->export_state == EXPORT_BROKEN) {
		sheet_add(sheet, ROLE_WARN, "Export", "! broken; a stop exports again");
	}
	if (vm->tree && vm->tree->problem) {
		sheet_add(sheet, ROLE_ERROR, "", "! %s", vm->tree->problem);
	}
	add_volumes(sheet, vm->tree);
	add_copies(sheet, vm->tree);
}

static void host_details(const struct app *app, struct sheet *sheet, const struct host_entry *entry)
{
	const struct hv_host *host = entry->host;
	char time[64], size[16];
	struct words words = words_host(host);
	sheet_add(sheet, ROLE_TITLE, NULL, "%s", host->name);
	sheet_add(sheet, words.role, "State", "%s", words.text);
	sheet_add(sheet, ROLE_TEXT, "Group", "%s, %zu %s", or_none(host->group), entry->vms,
		entry->vms == 1 ? "VM" : "VMs");
	sheet_add(sheet, ROLE_TEXT, "By", "%s %s", or_none(host->transport), or_none(host->address));
	sheet_add(sheet, ROLE_TEXT, "System", "%s", or_none(host->version));
	if (host->stop_policy != STOP_POLICY_KEEP) {
		sheet_add(sheet, ROLE_TEXT, "Stops", "%s", stop_policy_name(host->stop_policy));
	}
	sheet_add(sheet, ROLE_TEXT, "Free", "%s", host->free_bytes >= 0 ? hv_format_bytes(host->free_bytes, size) : "-");
	if (host->state != HOST_UP) { /* of a host that is up it would change all the time and say nothing */
		sheet_add(sheet, ROLE_TEXT, "Heard", "%s", time_and_age(app, host->seen_us, time));
	}
}

static void long_form(const struct app *app, struct sheet *sheet)
{
	const struct vm_entry *vm = rows_vm(&app->cursor);
	const struct host_entry *host = rows_host(&app->cursor);
	const struct hv_node *node = rows_snapshot(&app->cursor);
	if (!app->cursor.node) {
		return;
	}
	if (node) {
		snapshot_details(app, sheet, vm, node);
	} else if (vm) {
		vm_details(app, sheet, vm, app->cursor.kind == ROW_NOW);
	} else if (host) {
		host_details(app, sheet, host);
	} else {
		const struct group_entry *group = group_of(app->cursor.node);
		sheet_add(sheet, ROLE_TITLE, NULL, "%s", group->name[0] ? group->name : "(no group)");
		sheet_add(sheet, ROLE_TEXT, NULL, "%zu %s, %zu %s", group->hosts, group->hosts == 1 ? "host" : "hosts",
			group->vms, group->vms == 1 ? "VM" : "VMs");
	}
	if (host) {
		add_host_lines(app, sheet, host->host);
	}
	if (vm) {
		add_actions(app, sheet);
	}
}

/* ---- three lines below the tree ---- */

static void short_snapshot(
	const struct app *app, struct sheet *sheet, const struct vm_entry *vm, const struct hv_node *node)
{
	const struct host_entry *host = model_vm_host(vm);
	char time[64], id[16];
	bool known = node->created_by && node->created_by[0];
	sheet_add(sheet, ROLE_TEXT, NULL, "%s   %s @ %s   %s%s%s", node->name, vm->vm->name,
		host ? host->host->name : "-", short_id(&node->id, id), known ? "   by: " : "",
		known ? node->created_by : "");
	sheet_add(sheet, ROLE_TEXT, NULL, "Taken %s  %s", time_and_age(app, node->created_us, time),
		kind_sentence(node));
	sheet_add(sheet, ROLE_TEXT, NULL, "Note: %s", or_none(node->description));
}

static void short_vm(const struct app *app, struct sheet *sheet, const struct vm_entry *vm)
{
	const struct hv_vm *value = vm->vm;
	const struct host_entry *host = model_vm_host(vm);
	char memory[16], delta[16], id[16];
	struct words words = words_vm(value, model_vm_operation(&app->model, vm));
	sheet_add(sheet, ROLE_TEXT, NULL, "%s @ %s   %s   %s   %s in %s", value->name, host ? host->host->name : "-",
		words.text, short_id(&vm->node.uuid, id), or_none(value->account), or_none(value->domain));
	sheet_add(sheet, ROLE_TEXT, NULL,
		"%" PRId64 " %s  %s memory  %" PRId64 " of %" PRId64 " snapshots  chain %" PRId64 "  %s", value->cpus,
		value->cpus == 1 ? "CPU" : "CPUs",
		hv_format_bytes(value->memory_bytes, memory), value->snapshots, value->snapshot_limit, value->chain,
		hv_format_bytes(value->delta_bytes, delta));
}

static void short_host(const struct app *app, struct sheet *sheet, const struct host_entry *entry)
{
	const struct hv_host *host = entry->host;
	char size[16];
	sheet_add(sheet, ROLE_TEXT, NULL, "%s   group %s   %s %s", host->name, or_none(host->group),
		or_none(host->transport), or_none(host->address));
	if (host->state == HOST_UP) {
		sheet_add(sheet, ROLE_TEXT, NULL, "%s   %zu %s   %s free", or_none(host->version), entry->vms,
			entry->vms == 1 ? "VM" : "VMs",
			host->free_bytes >= 0 ? hv_format_bytes(host->free_bytes, size) : "-");
	}
	add_host_lines(app, sheet, host);
}

/* The last line says why what one came for is off. */
static void short_reason(const struct app *app, struct sheet *sheet, const struct host_entry *host)
{
	char text[400];
	if (host && host->host->state != HOST_UP) {
		add_host_lines(app, sheet, host->host);
		return;
	}
	const char *reason = app_why_not(
		app, app->cursor.kind == ROW_SNAPSHOT ? TUI_ACTION_REVERT : TUI_ACTION_SNAPSHOT, text, sizeof text);
	if (reason) {
		sheet_add(sheet, ROLE_WARN, NULL, "! %s", reason);
	}
}

static void short_form(const struct app *app, struct sheet *sheet)
{
	const struct vm_entry *vm = rows_vm(&app->cursor);
	const struct host_entry *host = rows_host(&app->cursor);
	const struct hv_node *node = rows_snapshot(&app->cursor);
	sheet->width = 4096; /* one line each, cut by the screen */
	if (node) {
		short_snapshot(app, sheet, vm, node);
	} else if (vm) {
		short_vm(app, sheet, vm);
	} else if (host) {
		short_host(app, sheet, host);
		return;
	} else {
		long_form(app, sheet);
		return;
	}
	if (node && node->description && node->description[0] && host && host->host->state == HOST_UP) {
		return;
	}
	if (sheet->count > 2) { /* an empty note gives its line to the reason */
		free(sheet->lines[--sheet->count].text);
	}
	short_reason(app, sheet, host);
	if (node && sheet->count < 3) {
		sheet_add(sheet, ROLE_DIM, NULL, "Note: -");
	}
}

void view_details(const struct app *app, struct canvas *canvas)
{
	struct canvas_rect rect = app->layout.details;
	if (rect.height == 0) {
		return;
	}
	rect.x++;
	rect.width -= 2;
	struct sheet sheet;
	sheet_init(&sheet, rect.width);
	if (app->layout.wide) {
		(void)canvas_text(canvas, rect.x, rect.y, rect.width,
			app->details_focused ? ROLE_FRAME_FOCUS : ROLE_HEADER, "DETAILS");
		rect.y++;
		rect.height--;
	}
	if (app->layout.wide || app->details_focused) {
		long_form(app, &sheet);
	} else {
		short_form(app, &sheet);
	}
	size_t height = (size_t)(rect.height > 0 ? rect.height : 0);
	size_t last = sheet.count > height ? sheet.count - height : 0;
	bool scrolls = app->layout.wide || app->details_focused;
	size_t from = scrolls ? app->details_scroll : 0;
	if (scrolls) {
		sheet_draw(&sheet, from < last ? from : last, canvas, rect);
	} else {
		for (int i = 0; i < rect.height && (size_t)i < sheet.count; i++) {
			(void)canvas_text(canvas, rect.x, rect.y + i, rect.width, sheet.lines[i].role, sheet.lines[i].text);
		}
	}
	sheet_clear(&sheet);
}
