/* The snapshots of all trees as one list: what a store would answer to the questions that the console asks of one. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"
#include "tui/offline/picture_private.h"

#define LIMIT 1000 /* rows a page when nothing is said */

/* ---- the list ---- */

static int find_vm(const void *key, const void *item)
{
	const struct hv_vm *const *vm = item;
	return hv_uuid_compare(key, &(*vm)->uuid);
}

static int find_host(const void *key, const void *item)
{
	const struct hv_host *const *host = item;
	return hv_uuid_compare(key, &(*host)->uuid);
}

static int by_age(const void *a, const void *b)
{
	const struct hv_snapshot *one = a;
	const struct hv_snapshot *other = b;
	if (one->created_us != other->created_us) {
		return one->created_us < other->created_us ? -1 : 1;
	}
	return hv_uuid_compare(&one->id, &other->id);
}

static struct hv_snapshot row_of(const struct hv_tree *tree, const struct hv_node *node)
{
	const struct hv_node *parent = node->parent >= 0 ? &tree->nodes[node->parent] : NULL;
	return (struct hv_snapshot){
		.id = node->id,
		.name = node->internal_name,
		.display_name = node->name,
		.description = node->description,
		.state = node->state,
		.type = node->type,
		.current = node->current,
		.parent = parent ? parent->id : (struct hv_uuid){.bytes = {0}},
		.parent_name = parent ? parent->name : NULL,
		.created_us = node->created_us,
		.size_bytes = node->size_bytes,
		.vm = tree->vm,
		.vm_name = "",
		.host_name = "",
		.account = "",
		.domain = "",
		.created_by = node->created_by,
	};
}

static void name_vm(const struct picture *picture, struct hv_snapshot *row)
{
	const struct hv_vm *const *vm =
		picture->vm_count > 0 ? bsearch(&row->vm, picture->vms, picture->vm_count, sizeof *picture->vms, find_vm)
				      : NULL;
	if (!vm) {
		return;
	}
	row->vm_name = (*vm)->name;
	row->account = (*vm)->account;
	row->domain = (*vm)->domain;
	const struct hv_host *const *host =
		picture->host_count > 0
			? bsearch(&(*vm)->host, picture->hosts, picture->host_count, sizeof *picture->hosts, find_host)
			: NULL;
	row->host_name = host ? (*host)->name : "";
}

/* A row's page_id is its place, from 1 on. */
static void make_list(struct picture *picture)
{
	size_t most = 0;
	for (size_t i = 0; i < picture->tree_count; i++) {
		most += picture->trees[i]->count;
	}
	struct hv_snapshot *rows = hv_alloc((most + 1) * sizeof *rows);
	size_t count = 0;
	for (size_t i = 0; i < picture->tree_count; i++) {
		const struct hv_tree *tree = picture->trees[i];
		for (size_t at = 0; at < tree->count; at++) {
			if (!tree->nodes[at].untracked) {
				rows[count] = row_of(tree, &tree->nodes[at]);
				name_vm(picture, &rows[count++]);
			}
		}
	}
	qsort(rows, count, sizeof *rows, by_age);
	for (size_t i = 0; i < count; i++) {
		rows[i].page_id = (int64_t)i + 1;
	}
	picture->snapshots = rows;
	picture->snapshot_count = count;
}

/* ---- questions ---- */

static bool holds(const char *text, const char *key)
{
	HV_CLEANUP_FREE char *folded = text ? hv_text_name_key(text) : NULL;
	return folded && strstr(folded, key) != NULL;
}

static bool fits(const struct hv_snapshot *row, const struct hv_snapshot_query *query, const char *key, int64_t now_us)
{
	return (query->type < 0 || query->type == (int)row->type) &&
	       (query->older_than_us <= 0 || row->created_us <= now_us - query->older_than_us) &&
	       (!key || holds(row->display_name, key) || holds(row->name, key) || holds(row->description, key));
}

static bool is_after(const struct hv_snapshot *row, const struct hv_snapshot_query *query)
{
	return query->after_id == 0 || (query->oldest_first ? row->page_id > query->after_id : row->page_id < query->after_id);
}

/* The console asks by none of these: an answer that left one out would say more than was asked for. */
static bool is_foreign(const struct hv_snapshot_query *query)
{
	return query->vm || query->account || query->domain || query->name || query->id_count > 0 || query->state >= 0 ||
	       query->offset > 0;
}

void picture_list(struct picture *picture, uint64_t ticket, const struct hv_snapshot_query *query, int64_t now_us)
{
	if (is_foreign(query)) {
		picture_refuse(picture, ticket);
		return;
	}
	if (!picture->snapshots) {
		make_list(picture);
	}
	HV_CLEANUP_FREE char *key = query->keyword ? hv_text_name_key(query->keyword) : NULL;
	size_t limit = query->limit > 0 ? (size_t)query->limit : LIMIT;
	limit = limit < picture->snapshot_count ? limit : picture->snapshot_count;
	HV_CLEANUP_FREE struct hv_snapshot *rows = hv_alloc((limit + 1) * sizeof *rows);
	struct hv_snapshot_page page = {.rows = rows};
	for (size_t i = 0; i < picture->snapshot_count; i++) {
		size_t at = query->oldest_first ? i : picture->snapshot_count - 1 - i;
		const struct hv_snapshot *row = &picture->snapshots[at];
		if (!is_after(row, query) || !fits(row, query, key, now_us)) {
			continue;
		}
		page.total++;
		if (page.count < limit) {
			rows[page.count++] = *row;
		} else {
			page.more = true;
		}
	}
	page.total = query->after_id == 0 && !query->uncounted ? page.total : -1;
	picture_tell(picture,
		(struct hv_event){.kind = HV_EVENT_SNAPSHOTS, .ticket = ticket, .page = hv_snapshot_page_new(&page)});
}
