/* hvtree snapshot show: one snapshot, named by id, or by name when that is enough to know which. */
#include "tui/batch/commands.h"

#include <string.h>

#include "tui/batch/detail.h"
#include "tui/batch/objects.h"
#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

static const struct hv_snapshot_query query_all = {.state = -1, .type = -1, .uncounted = true};

/* ---- which one: by its id, among all VMs, or in one VM's tree ---- */

/* The rows of all pages that `fits`; the first is kept in *ret_id, and each told as a candidate. */
struct hunt {
	struct batch *batch;
	const char *word;
	bool exact;
	size_t count;
	struct hv_uuid id;
};

static void hunt_row(struct hunt *hunt, const struct hv_snapshot *row)
{
	bool fits = hunt->exact ? strcmp(row->display_name, hunt->word) == 0 || strcmp(row->name, hunt->word) == 0
				: hv_text_same_name(row->display_name, hunt->word);
	if (fits) {
		hunt->id = hunt->count == 0 ? row->id : hunt->id;
		hunt->count++;
		batch_candidate(hunt->batch, &row->id, row->display_name, row->vm_name);
	}
}

static enum hv_status hunt_by_name(struct hunt *hunt, struct hv_error *err)
{
	struct hv_snapshot_query query = query_all;
	const struct hv_snapshot_page *page;
	bool more = true;
	enum hv_status status = HV_OK;
	query.keyword = hunt->word; /* finds more than the name; narrowed here */
	hunt->count = 0;
	batch_clear(hunt->batch);
	while (more && (status = session_snapshots(&hunt->batch->session, &query, &page, err)) == HV_OK) {
		for (size_t i = 0; i < page->count; i++) {
			hunt_row(hunt, &page->rows[i]);
		}
		more = page->more && page->count > 0;
		if (more) {
			query.after_created_us = page->rows[page->count - 1].created_us;
			query.after_id = page->rows[page->count - 1].page_id;
		}
		hv_snapshot_page_unref(page);
	}
	return status;
}

static enum hv_status find_anywhere(
	struct batch *batch, const char *word, struct hv_uuid *ret_id, struct hv_error *err)
{
	if (hv_uuid_parse(word, ret_id)) {
		return HV_OK;
	}
	struct hunt hunt = {.batch = batch, .word = word, .exact = true};
	HV_CLEANUP_FREE char *typed = printable(word);
	enum hv_status status = hunt_by_name(&hunt, err);
	if (status == HV_OK && hunt.count == 0) {
		hunt.exact = false;
		status = hunt_by_name(&hunt, err);
	}
	if (status != HV_OK) {
		return status;
	}
	if (hunt.count == 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no snapshot '%s'", typed);
	}
	if (hunt.count > 1) {
		return hv_error_set(err, HV_ERR_AMBIGUOUS,
			"'%s' fits %zu snapshots; name the VM too, or the snapshot by its id", typed, hunt.count);
	}
	batch_clear(batch); /* one is no choice */
	*ret_id = hunt.id;
	return HV_OK;
}

static enum hv_status find_in_vm(struct batch *batch, const char *vm_word, const char *word,
	struct hv_uuid *ret_id, struct hv_error *err)
{
	const struct hv_vm *vm = NULL;
	const struct hv_tree *tree = NULL;
	const struct hv_node *node = NULL;
	enum hv_status status = resolve_vm(batch, vm_word, &vm, err);
	if (status != HV_OK) {
		return status;
	}
	vm = hv_vm_ref(vm);
	status = session_tree(&batch->session, &vm->uuid, &tree, err);
	if (status == HV_OK) {
		status = resolve_node(batch, tree, vm->name, word, &node, err);
	}
	if (status == HV_OK && node->untracked) {
		status = hv_error_set(err, HV_ERR_REFUSED,
			"this checkpoint was made outside hvtree, which knows no more about it than 'hvtree tree' shows");
	}
	if (status == HV_OK) {
		*ret_id = node->id;
	}
	hv_tree_unref(tree);
	hv_vm_unref(vm);
	return status;
}

/* ---- showing it ---- */

static const enum action snapshot_actions[] = {ACTION_SNAPSHOT_REVERT, ACTION_SNAPSHOT_DELETE};

static void show_json(struct batch *batch, const struct hv_snapshot *snapshot, const struct hv_node *node,
	const struct rule_facts *facts)
{
	json_open_object(&batch->json, NULL);
	json_open_object(&batch->json, "vmSnapshot");
	json_put_snapshot(&batch->json, snapshot);
	json_put_string(&batch->json, "offering", node->offering);
	json_put_actions(&batch->json, snapshot_actions, HV_ARRAY_LEN(snapshot_actions), facts, snapshot->vm_name);
	json_close_object(&batch->json);
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
}

static void show_text(struct batch *batch, const struct hv_snapshot *snapshot, const struct hv_node *node,
	const struct rule_facts *facts)
{
	struct output *output = &batch->output;
	char id[HV_UUID_TEXT_SIZE];
	detail_line(output, "name", snapshot->display_name);
	detail_line(output, "id", hv_uuid_format(&snapshot->id, id));
	detail_line(output, "internal name", snapshot->name);
	detail_line(output, "description", snapshot->description);
	detail_line(output, "state", snapshot_state_name(snapshot->state));
	detail_line(output, "type", snapshot_type_name(snapshot->type));
	detail_line(output, "current", snapshot->current ? "yes" : "no");
	detail_line(output, "parent", snapshot->parent_name);
	detail_time(output, "created", snapshot->created_us);
	detail_line(output, "created by", snapshot->created_by);
	detail_bytes(output, "size", snapshot->size_bytes);
	detail_line(output, "VM", snapshot->vm_name);
	detail_line(output, "host", snapshot->host_name);
	detail_line(output, "account", snapshot->account);
	detail_line(output, "domain", snapshot->domain);
	detail_line(output, "offering", node->offering);
	detail_actions(output, snapshot_actions, HV_ARRAY_LEN(snapshot_actions), facts, snapshot->vm_name);
}

static int show(struct batch *batch, const struct hv_snapshot *snapshot)
{
	const struct hv_tree *tree;
	struct hv_error error;
	static const struct hv_node unknown; /* when it left the tree since: nothing more is known */
	const struct hv_node *node = &unknown;
	char vm_id[HV_UUID_TEXT_SIZE];
	enum hv_status status =
		session_load_vm(&batch->session, hv_uuid_format(&snapshot->vm, vm_id), &error);
	if (status == HV_OK) {
		status = session_tree(&batch->session, &snapshot->vm, &tree, &error);
	}
	if (status != HV_OK) {
		return batch_fail(batch, &error);
	}
	for (size_t i = 0; i < tree->count; i++) {
		node = hv_uuid_equal(&tree->nodes[i].id, &snapshot->id) ? &tree->nodes[i] : node;
	}
	const struct hv_vm *vm = overview_vm(&batch->session.overview, &snapshot->vm);
	const struct hv_host *host = vm ? overview_host(&batch->session.overview, &vm->host) : NULL;
	if (vm) {
		struct rule_facts facts = detail_facts(host, vm, tree, node == &unknown ? NULL : node);
		(batch->wants_json ? show_json : show_text)(batch, snapshot, node, &facts);
	} else {
		hv_error_set(&error, HV_ERR_NOT_FOUND, "the VM has just gone away");
	}
	hv_tree_unref(tree);
	return vm ? BATCH_DONE : batch_fail(batch, &error);
}

int command_snapshot_show(struct batch *batch)
{
	const struct arguments *arguments = batch->arguments;
	const struct hv_snapshot_page *page;
	struct hv_snapshot_query query = query_all;
	struct hv_uuid id;
	struct hv_error error;
	enum hv_status status =
		arguments->operand_count == 2
			? find_in_vm(batch, arguments->operands[0], arguments->operands[1], &id, &error)
			: find_anywhere(batch, arguments->operands[0], &id, &error);
	query.ids = &id;
	query.id_count = 1;
	if (status == HV_OK) {
		status = session_snapshots(&batch->session, &query, &page, &error);
	}
	if (status != HV_OK) {
		return batch_fail(batch, &error);
	}
	int code;
	if (page->count == 0) {
		char text[HV_UUID_TEXT_SIZE];
		hv_error_set(&error, HV_ERR_NOT_FOUND, "there is no snapshot '%s'", hv_uuid_format(&id, text));
		code = batch_fail(batch, &error);
	} else {
		code = show(batch, &page->rows[0]);
	}
	hv_snapshot_page_unref(page);
	return code;
}
