#include "tui/state/remembered.h"

#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"
#include "tui/state/border.h"

static const char head[] = "hvtree console 1";

struct remembered_node {
	struct hv_uuid uuid;
	bool open;
	UT_hash_handle hh;
};

static const char *const sort_names[MODEL_SORT_COUNT] = {
	[MODEL_SORT_NAME] = "name",
	[MODEL_SORT_AGE] = "age",
	[MODEL_SORT_SIZE] = "size",
	[MODEL_SORT_SNAPSHOTS] = "snapshots",
	[MODEL_SORT_CHAIN] = "chain",
};

static const struct {
	enum prompt_kind kind;
	char sign;
} histories[] = {{PROMPT_COMMAND, ':'}, {PROMPT_FIND, '/'}};

/* ---- reading ---- */

static void add_node(struct app *app, const char *text, bool open)
{
	struct hv_uuid uuid;
	struct remembered_node *node = NULL;
	if (!hv_uuid_parse(text, &uuid) || HASH_COUNT(app->remembered) >= REMEMBERED_NODES_MAX) {
		return;
	}
	HASH_FIND(hh, app->remembered, &uuid, sizeof uuid, node);
	if (!node) {
		node = hv_alloc(sizeof *node);
		node->uuid = uuid;
		HASH_ADD(hh, app->remembered, uuid, sizeof node->uuid, node);
	}
	node->open = open;
}

static void read_sort(struct app *app, const char *name)
{
	for (int sort = 0; sort < MODEL_SORT_COUNT; sort++) {
		if (strcmp(sort_names[sort], name) == 0) {
			app->sort = (enum model_sort)sort;
		}
	}
}

/* What was typed goes through the border again: the file is not ours alone. */
static void read_history(struct app *app, const char *text)
{
	if (text[0] == '\0' || text[1] != ' ' || !hv_utf8_is_valid(text, strlen(text))) {
		return;
	}
	char *clean = border_input(text + 2);
	for (size_t i = 0; i < HV_ARRAY_LEN(histories); i++) {
		if (histories[i].sign == text[0] && hv_utf8_length(clean) <= PROMPT_TEXT_MAX) {
			prompt_remember(&app->prompt.histories[histories[i].kind], clean);
		}
	}
	free(clean);
}

static void read_line(struct app *app, char *line)
{
	char *value = strchr(line, ' ');
	const struct {
		const char *word;
		bool *flag;
	} flags[] = {{"reversed", &app->reversed}, {"bare", &app->no_bare}, {"wide", &app->wide}, {"follow", &app->follow}};
	for (size_t i = 0; i < HV_ARRAY_LEN(flags); i++) {
		if (strcmp(line, flags[i].word) == 0) {
			*flags[i].flag = true;
			return;
		}
	}
	if (!value) {
		return;
	}
	*value++ = '\0';
	if (strcmp(line, "open") == 0 || strcmp(line, "closed") == 0) {
		add_node(app, value, line[0] == 'o');
	} else if (strcmp(line, "sort") == 0) {
		read_sort(app, value);
	} else if (strcmp(line, "history") == 0) {
		read_history(app, value);
	}
}

void app_remember(struct app *app, const char *text)
{
	size_t head_length = strlen(head);
	if (strlen(text) > REMEMBERED_BYTES_MAX || strncmp(text, head, head_length) != 0 || text[head_length] != '\n') {
		return;
	}
	char *copy = hv_strdup(text + head_length + 1);
	char *rest = copy;
	char *line;
	while ((line = strsep(&rest, "\n")) != NULL) {
		read_line(app, line);
	}
	free(copy);
	app_show_filtered(app);
	app_relayout(app);
}

bool remembered_apply(struct app *app, struct row_node *node)
{
	struct remembered_node *found = NULL;
	HASH_FIND(hh, app->remembered, &node->uuid, sizeof node->uuid, found);
	if (!found) {
		return false;
	}
	HASH_DELETE(hh, app->remembered, found);
	bool of_vm = node->kind == ROW_VM;
	if (of_vm && found->open) {
		app_effect(app, APP_EFFECT_OPEN_VM, &node->uuid);
	}
	row_node_set_open(node, found->open);
	free(found);
	return true;
}

size_t remembered_count(const struct app *app)
{
	return HASH_COUNT(app->remembered);
}

void remembered_clear(struct app *app)
{
	struct remembered_node *node, *next;
	HASH_ITER(hh, app->remembered, node, next) {
		HASH_DELETE(hh, app->remembered, node);
		free(node);
	}
}

/* ---- writing ---- */

static void put_node(struct hv_text *out, const struct hv_uuid *uuid, bool open)
{
	char text[HV_UUID_TEXT_SIZE];
	hv_text_printf(out, "%s %s\n", open ? "open" : "closed", hv_uuid_format(uuid, text));
}

/* What a filter has opened is not the user's. */
static bool is_open(const struct app *app, const struct row_node *node)
{
	if (node->kind == ROW_VM) {
		return node->open && !vm_of((struct row_node *)(uintptr_t)node)->opened_by_filter;
	}
	return model_is_narrowed(&app->model) ? node->kept_open : node->open;
}

static void put_nodes(const struct app *app, struct hv_text *out, struct row_node *hash, size_t *room)
{
	struct row_node *node, *next;
	HASH_ITER(hh, hash, node, next) {
		bool open = is_open(app, node);
		if (*room > 0 && (open || node->kind != ROW_VM)) {
			put_node(out, &node->uuid, open);
			(*room)--;
		}
	}
}

static void put_histories(const struct app *app, struct hv_text *out)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(histories); i++) {
		const struct prompt_history *history = &app->prompt.histories[histories[i].kind];
		for (size_t at = 0; at < history->count; at++) {
			hv_text_printf(out, "history %c %s\n", histories[i].sign, history->items[at]);
		}
	}
}

char *app_remembered(const struct app *app)
{
	struct hv_text out = HV_TEXT_INIT;
	size_t room = REMEMBERED_NODES_MAX;
	hv_text_printf(&out, "%s\nsort %s\n", head, sort_names[app->sort]);
	hv_text_puts(&out, app->reversed ? "reversed\n" : "");
	hv_text_puts(&out, app->no_bare ? "bare\n" : "");
	hv_text_puts(&out, app->wide ? "wide\n" : "");
	hv_text_puts(&out, app->follow ? "follow\n" : "");
	put_histories(app, &out);
	put_nodes(app, &out, app->model.groups, &room);
	put_nodes(app, &out, app->model.hosts, &room);
	put_nodes(app, &out, app->model.vms, &room);
	const struct remembered_node *node;
	for (node = app->remembered; node && room > 0; node = node->hh.next, room--) { /* has not come this time */
		put_node(&out, &node->uuid, node->open);
	}
	return hv_text_detach(&out);
}
