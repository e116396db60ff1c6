/* hvtree tree: groups, hosts, VMs and their snapshots, as a drawing or as JSON. */
#include "tui/batch/commands.h"

#include <stdlib.h>
#include <string.h>

#include "tui/batch/feed.h"
#include "tui/batch/objects.h"
#include "tui/batch/report.h"
#include "tui/batch/resolve.h"
#include "tui/batch/tree_text.h"

struct forest {
	struct batch *batch;
	const struct hv_host **hosts; /* in display order */
	size_t host_count;
	const struct hv_vm **vms;     /* in display order */
	size_t vm_count;
	bool chosen;                  /* VMs were named: hosts without any of them are left out */
};

/* ---- which VMs ---- */

static int compare_ids(const void *a, const void *b)
{
	return hv_uuid_compare(a, b);
}

/* Keep only the VMs with these (sorted) ids. */
static void keep_chosen(struct forest *forest, const struct hv_uuid *ids, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < forest->vm_count; i++) {
		if (bsearch(&forest->vms[i]->uuid, ids, count, sizeof *ids, compare_ids)) {
			forest->vms[kept++] = forest->vms[i];
		} else {
			hv_vm_unref(forest->vms[i]);
		}
	}
	forest->vm_count = kept;
}

/* The ids of the VMs that were named, sorted. */
static enum hv_status find_chosen(struct batch *batch, struct hv_uuid *ids, struct hv_error *err)
{
	const struct arguments *arguments = batch->arguments;
	for (size_t i = 0; i < arguments->operand_count; i++) {
		const struct hv_vm *vm;
		enum hv_status status = resolve_vm(batch, arguments->operands[i], &vm, err);
		if (status != HV_OK) {
			return status;
		}
		ids[i] = vm->uuid;
	}
	qsort(ids, arguments->operand_count, sizeof *ids, compare_ids);
	return HV_OK;
}

static enum hv_status choose(struct forest *forest, struct hv_error *err)
{
	struct batch *batch = forest->batch;
	const struct overview *overview = &batch->session.overview;
	size_t count = batch->arguments->operand_count;
	HV_CLEANUP_FREE struct hv_uuid *ids = hv_alloc((count + 1) * sizeof *ids);
	enum hv_status status = count == 0 ? session_load(&batch->session, err) : find_chosen(batch, ids, err);
	if (status != HV_OK) {
		return status;
	}
	forest->host_count = overview->hosts.count;
	forest->hosts = overview_hosts_in_order(overview);
	forest->vm_count = overview->vms.count;
	forest->vms = overview_vms_in_order(overview);
	forest->chosen = count > 0;
	if (forest->chosen) {
		keep_chosen(forest, ids, count);
	}
	return HV_OK;
}

/* ---- JSON ---- */

static void vm_json(struct batch *batch, const struct hv_vm *vm, const struct hv_tree *tree)
{
	struct json_writer *json = &batch->json;
	json_new_line(json);
	json_open_object(json, NULL);
	json_put_vm(json, vm, overview_host(&batch->session.overview, &vm->host), tree);
	json_put_uuid(json, "current",
		tree && tree->current >= 0 ? &tree->nodes[tree->current].id : &(struct hv_uuid){{0}});
	json_put_string(json, "problem", tree ? tree->problem : NULL);
	json_open_array(json, "vmSnapshot");
	for (size_t i = 0; tree && i < tree->count; i++) {
		json_open_object(json, NULL);
		json_put_node(json, tree, &tree->nodes[i], vm);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
}

static enum hv_status forest_json(struct forest *forest, struct feed *feed, struct hv_error *err)
{
	struct batch *batch = forest->batch;
	const struct hv_tree *tree;
	enum hv_status status = HV_OK;
	json_open_object(&batch->json, NULL);
	json_put_integer(&batch->json, "count", (int64_t)forest->vm_count);
	json_open_array(&batch->json, "virtualmachine");
	for (size_t i = 0; i < forest->vm_count && status == HV_OK && !output_failed(&batch->output); i++) {
		status = feed_tree(feed, i, &tree, err);
		if (status == HV_OK) {
			vm_json(batch, forest->vms[i], tree);
		}
	}
	output_puts(&batch->output, "\n");
	json_close_array(&batch->json);
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
	return status;
}

/* ---- drawing ---- */

static bool is_shown(const struct forest *forest, size_t host, size_t vm)
{
	bool has_vm = vm < forest->vm_count && hv_uuid_equal(&forest->vms[vm]->host, &forest->hosts[host]->uuid);
	return !forest->chosen || has_vm;
}

/* The next host that is drawn, from `host` on, given the first VM that is not drawn yet. */
static size_t next_host(const struct forest *forest, size_t host, size_t vm)
{
	while (host < forest->host_count && !is_shown(forest, host, vm)) {
		host++;
	}
	return host;
}

static size_t end_of_vms(const struct forest *forest, size_t host, size_t vm)
{
	while (vm < forest->vm_count && hv_uuid_equal(&forest->vms[vm]->host, &forest->hosts[host]->uuid)) {
		vm++;
	}
	return vm;
}

static enum hv_status draw_vms(struct tree_text *text, const struct forest *forest, struct feed *feed, size_t first,
	size_t end, bool host_last, struct hv_error *err)
{
	for (size_t i = first; i < end && !output_failed(text->output); i++) {
		const struct hv_vm *vm = forest->vms[i];
		const struct hv_tree *tree = NULL;
		if (vm->snapshots > 0 || vm->untracked > 0) {
			enum hv_status status = feed_tree(feed, i, &tree, err);
			if (status != HV_OK) {
				return status;
			}
		}
		tree_text_vm(text, vm, tree, host_last, i + 1 == end);
	}
	return HV_OK;
}

static enum hv_status draw(struct forest *forest, struct feed *feed, struct hv_error *err)
{
	struct tree_text text;
	const char *group = NULL;
	size_t vm = 0;
	enum hv_status status = HV_OK;
	tree_text_init(&text, &forest->batch->output);
	size_t host = next_host(forest, 0, vm);
	while (host < forest->host_count && status == HV_OK) {
		const struct hv_host *shown = forest->hosts[host];
		size_t end = end_of_vms(forest, host, vm);
		size_t next = next_host(forest, host + 1, end);
		bool last = next >= forest->host_count || strcmp(forest->hosts[next]->group, shown->group) != 0;
		if (!group || strcmp(group, shown->group) != 0) {
			group = shown->group;
			tree_text_group(&text, group);
		}
		tree_text_host(&text, shown, last);
		status = draw_vms(&text, forest, feed, vm, end, last, err);
		host = next;
		vm = end;
	}
	tree_text_clear(&text);
	return status;
}

int command_tree(struct batch *batch)
{
	struct hv_error error;
	struct forest forest = {.batch = batch};
	struct feed feed;
	enum hv_status status = choose(&forest, &error);
	if (status == HV_OK) {
		feed_init(&feed, &batch->session, forest.vms, forest.vm_count);
		status = batch->wants_json ? forest_json(&forest, &feed, &error) : draw(&forest, &feed, &error);
		feed_clear(&feed);
	}
	overview_free_vms(forest.vms, forest.vm_count);
	overview_free_hosts(forest.hosts, forest.host_count);
	return status == HV_OK ? BATCH_DONE : batch_fail(batch, &error);
}
