#include "tui/view/dialog_text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/commands.h"

#define NAMES_SHOWN 12

static const struct vm_entry *dialog_vm(const struct app *app)
{
	return model_vm(&app->model, &app->dialog.vm);
}

static void add_phase(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	if (dialog->phase == DIALOG_SENT) {
		sheet_add(sheet, ROLE_INFO, NULL, "Asked. Waiting for the answer; closing this does not take it back.");
	} else if (dialog->phase == DIALOG_CHANGED) {
		sheet_add(sheet, ROLE_WARN, NULL, "! STOPPED: %s. Nothing was done.", dialog->problem);
	} else if (dialog->problem) {
		sheet_add(sheet, ROLE_ERROR, NULL, "! REFUSED: %s", dialog->problem);
	} else if (dialog->phase == DIALOG_ASKING) {
		sheet_add(sheet, ROLE_DIM, NULL, "Looking at what this would do ...");
	}
}

/* X1: what this will wait for, and that what is said below is not yet how it finds the VM. */
static void add_wait(const struct app *app, struct sheet *sheet)
{
	const struct vm_entry *vm = dialog_vm(app);
	const struct hv_operation *operation = vm ? model_vm_operation(&app->model, vm) : NULL;
	char what[320], time[32], how_far[48] = "";
	if (!dialog_waits(&app->dialog) || app->dialog.phase == DIALOG_CHANGED) {
		return;
	}
	if (!operation) {
		sheet_add(sheet, ROLE_WARN, "WAITS", "for another operation on this VM");
	} else {
		if (operation->unknown) {
			(void)snprintf(how_far, sizeof how_far, "; what became of it is not known yet");
		} else if (operation->percent >= 0) {
			(void)snprintf(how_far, sizeof how_far, ", %" PRId64 " %% done", operation->percent);
		}
		sheet_add(sheet, ROLE_WARN, "WAITS", "for %s, asked for by %s at %s%s",
			words_what(operation, what, sizeof what), operation->requested_by,
			view_time(operation->created_us, time), how_far);
	}
	sheet_add(sheet, ROLE_TEXT, "THEN", "it is checked again and done; what is said here is how the VM is now. Until "
		"then c in JOBS takes it back.");
}

static void take_text(const struct app *app, struct sheet *sheet)
{
	const struct vm_entry *vm = dialog_vm(app);
	if (!vm) {
		sheet_add(sheet, ROLE_WARN, NULL, "! this VM is gone");
		return;
	}
	struct words words = words_vm(vm->vm, model_vm_operation(&app->model, vm));
	sheet_add(sheet, ROLE_TEXT, "VM", "%s is %s; %" PRId64 " of %" PRId64 " snapshots, chain %" PRId64,
		vm->vm->name, words.text, vm->vm->snapshots, vm->vm->snapshot_limit, vm->vm->chain);
}

static void revert_ends(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	const struct vm_entry *vm = dialog_vm(app);
	char time[32];
	struct words words = words_vm_state(vm ? vm->vm->state : VM_UNKNOWN);
	sheet_add(sheet, ROLE_TEXT, "from", "NOW, %s", vm ? words.text : "gone");
	if (!dialog->snapshot_name) { /* an undo whose preview has not come */
		return;
	}
	sheet_add(sheet, ROLE_TEXT, "to", "%s, taken %s, %s", dialog->snapshot_name,
		view_time(dialog->snapshot_created_us, time),
		dialog->snapshot_type == SNAPSHOT_DISK_AND_MEMORY ? "disk and memory" : "disk only");
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
}

/* What the revert throws away: lost for good, unless the safety snapshot keeps it. */
static void add_lost(const struct app *app, struct sheet *sheet, const struct hv_preview *preview)
{
	char age[16], size[16], time[32], bytes[32] = "";
	bool kept = dialog_takes_safety(&app->dialog);
	const char *label = kept ? "GOES" : "LOST";
	const char *end = kept ? "; kept in the safety snapshot" : "";
	enum role role = kept ? ROLE_WARN : ROLE_DANGER;
	if (preview->lost_bytes >= 0) {
		(void)snprintf(bytes, sizeof bytes, ", %s written", hv_format_bytes(preview->lost_bytes, size));
	}
	if (preview->lost_since_us == 0) {
		sheet_add(sheet, role, label, "all that the VM holds now%s%s", bytes,
			kept ? end : ": it is in no snapshot");
		return;
	}
	int64_t lost = app->wall_us - preview->lost_since_us;
	sheet_add(sheet, role, label, "%s of changes in this VM: everything since %s%s%s",
		app->wall_us ? words_age(lost, age) : "all", view_time(preview->lost_since_us, time), bytes, end);
}

static void revert_text(const struct app *app, struct sheet *sheet)
{
	const struct hv_preview *preview = app->dialog.preview;
	revert_ends(app, sheet);
	if (preview && !preview->refusal) {
		struct words after = words_vm_state(preview->state_after);
		add_lost(app, sheet, preview);
		sheet_add(sheet, ROLE_OK, "KEPT",
			preview->kept_snapshots == 1
				? "the %" PRId64 " snapshot of this VM; every other VM"
				: "all %" PRId64 " snapshots of this VM; every other VM",
			preview->kept_snapshots);
		sheet_add(sheet, ROLE_TEXT, "AFTER", "the VM is %s%s", after.text,
			preview->state_after == VM_STOPPED ? "; you must start it" : "");
		if (preview->stops_first || preview->starts_first) {
			sheet_add(sheet, ROLE_TEXT, "", "it is %s first",
				preview->stops_first ? "stopped" : "started");
		}
		for (size_t i = 0; i < preview->risk_count; i++) {
			sheet_add(sheet, ROLE_WARN, i == 0 ? "RISK" : "", "! %s", preview->risks[i]);
		}
	}
}

static void add_names(struct sheet *sheet, const struct hv_preview *preview)
{
	struct hv_text names = HV_TEXT_INIT;
	for (size_t i = 0; i < preview->deleted_count && i < NAMES_SHOWN; i++) {
		hv_text_printf(&names, "%s%s", i ? ", " : "", preview->deleted_names[i]);
	}
	if (preview->deleted_count > NAMES_SHOWN) {
		hv_text_printf(&names, " and %zu more", preview->deleted_count - NAMES_SHOWN);
	}
	sheet_add(sheet, ROLE_DANGER, "GOES", "%zu %s: %s", preview->deleted_count,
		preview->deleted_count == 1 ? "snapshot" : "snapshots", hv_text_get(&names));
	hv_text_clear(&names);
}

static void add_new_current(const struct app *app, struct sheet *sheet, const struct hv_preview *preview)
{
	const struct vm_entry *vm = dialog_vm(app);
	const struct hv_node *node = vm ? model_tree_node(vm->tree, &preview->new_current) : NULL;
	if (!preview->deletes_current) {
		return;
	}
	if (hv_uuid_is_nil(&preview->new_current)) {
		sheet_add(sheet, ROLE_TEXT, "NOW", "the current snapshot goes; NOW descends from none after it");
	} else {
		sheet_add(sheet, ROLE_TEXT, "NOW", "the current snapshot goes; %s becomes the current one",
			node ? node->name : "the one above it");
	}
}

static void delete_preview_text(const struct app *app, struct sheet *sheet)
{
	const struct hv_preview *preview = app->dialog.preview;
	char size[16];
	if (!preview || preview->refusal) {
		return;
	}
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
	add_names(sheet, preview);
	if (preview->reparented > 0) {
		sheet_add(sheet, ROLE_TEXT, "MOVES", "%" PRId64 " below it get the one above it as parent",
			preview->reparented);
	}
	add_new_current(app, sheet, preview);
	if (preview->merged_bytes > 0) {
		sheet_add(sheet, ROLE_TEXT, "MERGE", "about %s on the host, which takes time; J shows how far it is",
			hv_format_bytes(preview->merged_bytes, size));
	}
	for (size_t i = 0; i < preview->risk_count; i++) {
		sheet_add(sheet, ROLE_WARN, i == 0 ? "RISK" : "", "! %s", preview->risks[i]);
	}
	sheet_add(sheet, ROLE_OK, "KEPT", "the VM as it is now%s",
		app->dialog.scope == SCOPE_ALL ? "" : ", and what every other snapshot holds");
}

static void delete_text(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	char time[32];
	if (dialog->snapshot_name) {
		sheet_add(sheet, ROLE_TEXT, "this", "%s, taken %s", dialog->snapshot_name,
			view_time(dialog->snapshot_created_us, time));
	} else {
		sheet_add(sheet, ROLE_TEXT, "of", "%s", dialog->vm_name);
	}
}

/* P1-P3: what becomes of it when the guest is down. */
static void add_after_stop(struct sheet *sheet, const struct vm_entry *vm)
{
	const struct host_entry *host = vm ? model_vm_host(vm) : NULL;
	if (vm && vm->vm->unregistered) {
		sheet_add(sheet, ROLE_TEXT, NULL, "Only its export is on the host: Start imports it first, with its snapshots.");
	} else if (vm && vm->vm->exporting) {
		sheet_add(sheet, ROLE_TEXT, NULL, "Start ends the export; what it has copied is removed.");
	} else if (host && host->host->stop_policy != STOP_POLICY_KEEP) {
		sheet_add(sheet, ROLE_TEXT, NULL,
			"Then it is exported with its snapshots and taken off the host, in the background; Start brings it back.");
	} else {
		sheet_add(sheet, ROLE_TEXT, NULL, "Snapshots stay.");
	}
}

/* D6: said plainly. */
static void destroy_text(const struct app *app, struct sheet *sheet)
{
	const struct hv_preview *preview = app->dialog.preview;
	const struct vm_entry *vm = dialog_vm(app);
	if (!preview || preview->refusal || !vm) {
		return;
	}
	sheet_add(sheet, ROLE_DANGER, "GOES", "%s with its disks, for good", app->dialog.vm_name);
	if (preview->deleted_count > 0) {
		add_names(sheet, preview);
	}
	if (vm->vm->untracked > 0) {
		sheet_add(sheet, ROLE_DANGER, "", "%" PRId64 " checkpoints that were made outside hvtree",
			vm->vm->untracked);
	}
	if (vm->vm->export_state != EXPORT_NONE) {
		sheet_add(sheet, ROLE_DANGER, "", "its export");
	}
	sheet_add(sheet, ROLE_OK, "KEPT", "its volume snapshots, and what the log says of it");
	if (vm->vm->state == VM_RUNNING) {
		sheet_add(sheet, ROLE_WARN, "RISK", "! the guest is running: it is cut off");
	}
}

static void power_text(const struct app *app, struct sheet *sheet)
{
	const struct vm_entry *vm = dialog_vm(app);
	struct words words = words_vm_state(vm ? vm->vm->state : VM_UNKNOWN);
	sheet_add(sheet, ROLE_TEXT, "VM", "%s is %s", app->dialog.vm_name, vm ? words.text : "gone");
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
	sheet_add(sheet, ROLE_TEXT, NULL, "Shut down asks the guest to end; it may take a while.");
	sheet_add(sheet, ROLE_TEXT, NULL, "Turn off cuts the power: what the guest has not written is lost.");
	add_after_stop(sheet, vm);
}

static void edit_text(const struct app *app, struct sheet *sheet)
{
	sheet_add(sheet, ROLE_TEXT, NULL, "%s: another name, another note. Nothing changes on the host.",
		app->dialog.snapshot_name);
}

static void add_lines(struct sheet *sheet, enum role role, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		sheet_add(sheet, role, NULL, "  %.*s", (int)length, text);
		text += length + (text[length] ? 1 : 0);
	}
}

/* Instead of what the act means: what does the same from a script, and what the host is told. */
static void set_commands(const struct app *app, struct sheet *sheet)
{
	char *plan = set_plan(app);
	add_lines(sheet, ROLE_TEXT, plan);
	free(plan);
}

static void commands_text(const struct app *app, struct sheet *sheet)
{
	if (app->dialog.set) {
		set_commands(app, sheet);
		return;
	}
	const struct dialog *dialog = &app->dialog;
	struct hv_text batch = HV_TEXT_INIT, agent = HV_TEXT_INIT;
	struct hv_act act;
	if (dialog_act(dialog, &act)) {
		commands_batch(&batch, &act, dialog->vm_name, dialog->snapshot_name);
		commands_agent(&agent, &act, dialog->vm_name, dialog->snapshot_name);
	}
	sheet_add(sheet, ROLE_HEADER, NULL, "Sent to the agent on %s:", dialog->host_name);
	add_lines(sheet, ROLE_TEXT, hv_text_get(&agent));
	sheet_add(sheet, ROLE_HEADER, NULL, "The same from a script:");
	add_lines(sheet, ROLE_TEXT, hv_text_get(&batch));
	hv_text_clear(&batch);
	hv_text_clear(&agent);
}

static void quit_text(const struct app *app, struct sheet *sheet)
{
	size_t live = app->model.live_count;
	if (live > 0) {
		sheet_add(sheet, ROLE_TEXT, NULL, "%zu %s not ended.", live,
			live == 1 ? "operation has" : "operations have");
		sheet_add(sheet, ROLE_TEXT, NULL,
			"Quitting is safe: what a host was asked to do goes on there, and is found again at the next start.");
	} else {
		sheet_add(sheet, ROLE_TEXT, NULL, "Nothing is running.");
	}
}

static void message_text(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	sheet_add(sheet, ROLE_TEXT, NULL, "%s", dialog->text);
	if (dialog->advice) {
		sheet_add(sheet, ROLE_TEXT, NULL, " ");
		sheet_add(sheet, ROLE_INFO, NULL, "%s", dialog->advice);
	}
}

static void take_notes(const struct app *app, struct sheet *sheet)
{
	if (app->dialog.phase == DIALOG_READY) {
		sheet_add(sheet, ROLE_TEXT, "AFTER", "a revert to it leaves the VM %s",
			app->dialog.type == SNAPSHOT_DISK ? "off" : "running");
	}
}

static void revert_notes(const struct app *app, struct sheet *sheet)
{
	const struct dialog *dialog = &app->dialog;
	if (dialog->phase == DIALOG_READY && dialog_takes_safety(dialog)) {
		sheet_add(sheet, ROLE_DIM, NULL, "    the %s runs only if this succeeds; u undoes it later",
			dialog->undo ? "undo" : "revert");
	}
}

static void first_run_text(const struct app *app, struct sheet *sheet)
{
	(void)app;
	sheet_add(sheet, ROLE_TEXT, NULL, "This store knows no host yet.");
	sheet_add(sheet, ROLE_TEXT, NULL, " ");
	sheet_add(sheet, ROLE_TEXT, NULL,
		"A Hyper-V host is reached by SSH: type its address as [USER@]HOST[:PORT]. Keys and the rest come from your "
		"own ssh configuration; nothing is installed on the host.");
	sheet_add(sheet, ROLE_TEXT, NULL,
		"The demo is a simulated company to look at and to try everything on: nothing in it can reach a real host.");
}

/* What each kind says: its title, the text above its controls, notes below them. NULL: nothing. */
static const struct {
	const char *title;
	void (*text)(const struct app *app, struct sheet *sheet);
	void (*notes)(const struct app *app, struct sheet *sheet);
} pages[] = {
	[DIALOG_NONE] = {"", NULL, NULL},
	[DIALOG_MESSAGE] = {NULL, message_text, NULL},
	[DIALOG_TAKE] = {"TAKE SNAPSHOT", take_text, take_notes},
	[DIALOG_REVERT] = {"REVERT", revert_text, revert_notes},
	[DIALOG_DELETE] = {"DELETE", delete_text, delete_preview_text},
	[DIALOG_POWER] = {"POWER", power_text, NULL},
	[DIALOG_DESTROY] = {"DESTROY", destroy_text, NULL},
	[DIALOG_EDIT] = {"EDIT SNAPSHOT", edit_text, NULL},
	[DIALOG_SET] = {"", set_text, NULL},
	[DIALOG_DISKS] = {"DISKS", dialog_disks_text, NULL},
	[DIALOG_COPY_DELETE] = {"DELETE VOLUME SNAPSHOT", dialog_copy_text, NULL},
	[DIALOG_OFFERING] = {"CHANGE OFFERING", dialog_offering_text, dialog_offering_notes},
	[DIALOG_QUIT] = {"QUIT", quit_text, NULL},
	[DIALOG_HOST_KEY] = {NULL, dialog_host_key_text, NULL},
	[DIALOG_SECRET] = {NULL, dialog_secret_text, NULL},
	[DIALOG_FIRST_RUN] = {"WELCOME", first_run_text, NULL},
};
static_assert(HV_ARRAY_LEN(pages) == DIALOG_KIND_COUNT, "a page for every kind");

const char *dialog_title(const struct app *app, char *title, size_t size)
{
	const struct dialog *dialog = &app->dialog;
	const char *training = app->config.demo ? "TRAINING  " : "";
	const char *word = dialog->undo ? "UNDO THE LAST REVERT" : pages[dialog->kind].title;
	if (dialog->title) {
		(void)snprintf(title, size, "%s%s", training, dialog->title);
	} else if (dialog->vm_name) {
		(void)snprintf(title, size, "%s%s  %s @ %s%s%s", training, word, dialog->vm_name, dialog->host_name,
			dialog->group_name[0] ? "  " : "", dialog->group_name);
	} else {
		(void)snprintf(title, size, "%s%s", training, word);
	}
	return title;
}

void dialog_text(const struct app *app, struct sheet *sheet)
{
	add_phase(app, sheet); /* first: on a low screen the end of the text is out of sight */
	add_wait(app, sheet);
	if (app->dialog.commands_shown) {
		commands_text(app, sheet);
	} else if (pages[app->dialog.kind].text) {
		pages[app->dialog.kind].text(app, sheet);
	}
}

void dialog_notes(const struct app *app, struct sheet *sheet)
{
	if (pages[app->dialog.kind].notes && !app->dialog.commands_shown) {
		pages[app->dialog.kind].notes(app, sheet);
	}
}
