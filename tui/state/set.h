/*
 * One act on many: each marked row becomes an item with a check of its own before anything is done, is sent as an act of
 * its own, and has a result of its own. Nothing is all or nothing: what is refused is left out, and said.
 *
 *	ASKING -preview, rule-> FITS or UNFIT;   FITS -sent-> SENT -accepted-> RUNS -ended-> DONE, FAILED
 *	                                                          -refused-> FAILED
 */
#ifndef HV_TUI_STATE_SET_H
#define HV_TUI_STATE_SET_H

#include "backend/backend.h"

enum set_state { SET_ASKING, SET_FITS, SET_UNFIT, SET_SENT, SET_RUNS, SET_DONE, SET_FAILED, SET_STATE_COUNT };

struct set_item {
	struct hv_uuid vm;
	struct hv_uuid snapshot; /* nil: the VM itself */
	char *vm_name, *host_name, *snapshot_name;
	enum set_state state;
	uint64_t ticket; /* of its preview, then of its act */
	struct hv_uuid group; /* of its operations, once accepted */
	const struct hv_preview *preview;
	char *text; /* why it does not fit, or what became of it; NULL nothing to say */
};

struct act_set {
	enum operation_kind kind;
	bool force; /* stop: turn off */
	bool begun; /* something was sent */
	bool plan_written;
	struct set_item *items;
	size_t count;
};

struct app;
struct sheet;

void set_free(struct act_set *set);
size_t set_count(const struct act_set *set, enum set_state state);
/** Why this item cannot be done now, as far as the facts at hand tell; NULL when it can. */
const char *set_why_not(const struct app *app, const struct act_set *set, const struct set_item *item, char *text,
	size_t size);
/** What the item would do, as the dialog stands. Borrows from the dialog. */
void set_fill(const struct app *app, const struct set_item *item, struct hv_act *ret_act);
/** The plan as a file: each item, its check, and the command that does it. Caller frees. */
char *set_plan(const struct app *app);

#endif
