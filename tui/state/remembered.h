/*
 * What the console remembers from one start to the next, as lines of text: what was open, the order, what was typed.
 *
 *	hvtree console 1
 *	open 6d2f3c1e-...       a group, a host or a VM
 *	closed 91c07a2b-...     a group or a host
 *	sort age
 *	reversed                also: bare, wide, follow
 *	history : snapshot      also /
 *
 * The text is the user's file: whatever cannot be understood in it is left out.
 */
#ifndef HV_TUI_STATE_REMEMBERED_H
#define HV_TUI_STATE_REMEMBERED_H

#include <stdbool.h>
#include <stddef.h>

#define REMEMBERED_NODES_MAX 20000
#define REMEMBERED_BYTES_MAX ((size_t)1 << 20)

struct app;
struct row_node;

/** Before the first event. */
void app_remember(struct app *app, const char *text);
/** What to keep. Caller frees. */
char *app_remembered(const struct app *app);

/** A node has come for the first time: open it if it was open. False: nothing is remembered of it. */
bool remembered_apply(struct app *app, struct row_node *node);
/** Nodes that have not come yet. */
size_t remembered_count(const struct app *app);
void remembered_clear(struct app *app);

#endif
