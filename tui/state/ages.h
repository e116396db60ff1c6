/* All snapshots by age: what is read of them so far, and how many there are of which age. */
#ifndef HV_TUI_STATE_AGES_H
#define HV_TUI_STATE_AGES_H

#include "backend/backend.h"

#define AGES_CLASSES 4 /* 0 to 3 days, 4 to 30, 31 to 90, older */

struct ages {
	const struct hv_snapshot_page **pages;
	size_t page_count, page_capacity;
	size_t count; /* rows of all pages */
	bool more;    /* the store has more */
	bool asked;
	uint64_t ticket; /* of the page that is awaited; 0: none */
	uint64_t class_tickets[AGES_CLASSES];
	int64_t older[AGES_CLASSES]; /* snapshots that are at least that old; -1: not known yet */
	int64_t snapshots_then;      /* in the fleet when this was read */
	size_t cursor, top;
};

struct app;

void ages_clear(struct ages *ages);
/** NULL past what has been read. */
const struct hv_snapshot *app_age_row(const struct app *app, size_t index);
int app_ages_page(const struct app *app); /* rows of the list */
/** From the store, from the beginning. */
void app_ages_read(struct app *app);
/** False when it was not asked for here. */
bool app_ages_take(struct app *app, uint64_t ticket, const struct hv_snapshot_page *page);
void app_move_age(struct app *app, int64_t rows);
/** Why nothing can be done with the row under the cursor; NULL when something can. */
const char *app_why_no_age(const struct app *app);
/** To its place in the tree, and there on with the act. */
void app_age_show(struct app *app);
void app_age_revert(struct app *app);
void app_age_delete(struct app *app);
void app_age_edit(struct app *app);

#endif
