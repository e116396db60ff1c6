/* The items of a set with their checks, or what became of each. */
#include <stdio.h>

#include "tui/view/dialog_text.h"

static const struct {
	const char *sign;
	enum role role;
	const char *word;
} states[] = {
	[SET_ASKING] = {".", ROLE_DIM, "checking"},
	[SET_FITS] = {"+", ROLE_OK, "ok"},
	[SET_UNFIT] = {"x", ROLE_WARN, "left out"},
	[SET_SENT] = {"~", ROLE_VM_BUSY, "asked"},
	[SET_RUNS] = {"~", ROLE_VM_BUSY, "running"},
	[SET_DONE] = {"+", ROLE_OK, "done"},
	[SET_FAILED] = {"!", ROLE_ERROR, "FAILED"},
};

/* What a revert takes from the VM and how it ends; "" for anything else. */
static const char *meaning(const struct app *app, const struct set_item *item, char *text, size_t size)
{
	char age[16];
	const struct hv_preview *preview = item->preview;
	text[0] = '\0';
	if (!preview || preview->kind != OPERATION_REVERT_SNAPSHOT || preview->refusal) {
		return text;
	}
	(void)snprintf(text, size, "%s goes, then %s; ",
		preview->lost_since_us > 0 && app->wall_us ? words_age(app->wall_us - preview->lost_since_us, age) : "all",
		words_vm_state(preview->state_after).text);
	return text;
}

static void add_item(const struct app *app, struct sheet *sheet, const struct set_item *item)
{
	char means[96];
	enum role role = item->state == SET_FITS && item->text ? ROLE_WARN : states[item->state].role;
	sheet_add(sheet, role, NULL, "%s %s%s%s @ %s  %s%s%s%s", states[item->state].sign, item->vm_name,
		item->snapshot_name ? ": " : "", item->snapshot_name ? item->snapshot_name : "", item->host_name,
		meaning(app, item, means, sizeof means), states[item->state].word, item->text ? ": " : "",
		item->text ? item->text : "");
}

static void add_sum(const struct act_set *set, struct sheet *sheet)
{
	if (!set->begun) {
		sheet_add(sheet, ROLE_TEXT, NULL, "%zu ok, %zu left out, %zu still checked", set_count(set, SET_FITS),
			set_count(set, SET_UNFIT), set_count(set, SET_ASKING));
		return;
	}
	sheet_add(sheet, ROLE_TEXT, NULL, "%zu done, %zu failed, %zu under way, %zu left out", set_count(set, SET_DONE),
		set_count(set, SET_FAILED), set_count(set, SET_SENT) + set_count(set, SET_RUNS), set_count(set, SET_UNFIT));
}

void set_text(const struct app *app, struct sheet *sheet)
{
	const struct act_set *set = app->dialog.set;
	add_sum(set, sheet);
	for (size_t i = 0; i < set->count; i++) {
		add_item(app, sheet, &set->items[i]);
	}
}
