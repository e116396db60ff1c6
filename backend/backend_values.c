/*
 * The values that events carry: immutable, counted, each in one block of memory with all its text and rows behind it.
 * Depends on base alone, so that the console's tests can make values by hand.
 */
#include "backend/backend.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Stands before every value. */
struct block {
	alignas(max_align_t) atomic_size_t references;
};

/* Lays a value out twice by the same code: first with `base` NULL, to measure, then into the block. */
struct packer {
	char *base;
	size_t used;
};

static void *pack(struct packer *packer, const void *bytes, size_t size, size_t alignment)
{
	packer->used = (packer->used + alignment - 1) / alignment * alignment;
	char *place = packer->base ? packer->base + packer->used : NULL;
	if (place && size > 0) {
		memcpy(place, bytes, size);
	}
	packer->used += size;
	return place;
}

/* Copies the strings of `from` at these offsets and points the fields of `to` (NULL: measure) at the copies. */
static void pack_strings(
	struct packer *packer, void *to, const void *from, const size_t *offsets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *string;
		memcpy(&string, (const char *)from + offsets[i], sizeof string);
		if (!string) {
			continue;
		}
		const char *copy = pack(packer, string, strlen(string) + 1, 1);
		if (to) {
			memcpy((char *)to + offsets[i], &copy, sizeof copy);
		}
	}
}

/* Copies `count` structs and their strings; returns the copy, NULL while measuring or when there are none. */
static void *pack_rows(struct packer *packer, const void *rows, size_t count, size_t size,
	const size_t *offsets, size_t offset_count)
{
	if (count == 0) {
		return NULL;
	}
	char *copy = pack(packer, rows, count * size, alignof(max_align_t));
	for (size_t i = 0; i < count; i++) {
		pack_strings(packer, copy ? copy + i * size : NULL, (const char *)rows + i * size,
			offsets, offset_count);
	}
	return copy;
}

/* Copies `count` strings and an array of pointers to them. */
static const char *const *pack_texts(struct packer *packer, const char *const *texts, size_t count)
{
	if (count == 0) {
		return NULL;
	}
	const char **copy = pack(packer, texts, count * sizeof *texts, alignof(const char *));
	for (size_t i = 0; i < count; i++) {
		const char *text = pack(packer, texts[i], strlen(texts[i]) + 1, 1);
		if (copy) {
			copy[i] = text;
		}
	}
	return copy;
}

/* The block's first bytes are the counter, then the value; `fill` packs what hangs on it. */
static void *value_new(const void *from, size_t size,
	void (*fill)(struct packer *packer, void *to, const void *from))
{
	struct packer packer = {NULL, sizeof(struct block)};
	(void)pack(&packer, from, size, alignof(max_align_t));
	fill(&packer, NULL, from);
	struct block *block = hv_alloc(packer.used);
	atomic_init(&block->references, 1);
	packer = (struct packer){(char *)block, sizeof(struct block)};
	void *value = pack(&packer, from, size, alignof(max_align_t));
	fill(&packer, value, from);
	return value;
}

/* The value is const for its readers; the counter before it is ours. */
static struct block *block_of(const void *value)
{
	return (struct block *)((uintptr_t)value - sizeof(struct block));
}

static const void *value_ref(const void *value)
{
	if (value) {
		atomic_fetch_add_explicit(&block_of(value)->references, 1, memory_order_relaxed);
	}
	return value;
}

static void value_unref(const void *value)
{
	if (!value) {
		return;
	}
	struct block *block = block_of(value);
	size_t before = atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before == 1) {
		free(block);
	}
}

static const size_t host_strings[] = {
	offsetof(struct hv_host, name),
	offsetof(struct hv_host, group),
	offsetof(struct hv_host, transport),
	offsetof(struct hv_host, address),
	offsetof(struct hv_host, version),
	offsetof(struct hv_host, reason),
};

static void host_fill(struct packer *packer, void *to, const void *from)
{
	pack_strings(packer, to, from, host_strings, HV_ARRAY_LEN(host_strings));
}

static const size_t vm_strings[] = {
	offsetof(struct hv_vm, name),
	offsetof(struct hv_vm, offering),
	offsetof(struct hv_vm, account),
	offsetof(struct hv_vm, domain),
};

static void vm_fill(struct packer *packer, void *to, const void *from)
{
	pack_strings(packer, to, from, vm_strings, HV_ARRAY_LEN(vm_strings));
}

static const size_t node_strings[] = {
	offsetof(struct hv_node, name),
	offsetof(struct hv_node, internal_name),
	offsetof(struct hv_node, description),
	offsetof(struct hv_node, created_by),
	offsetof(struct hv_node, offering),
};

static const size_t volume_strings[] = {
	offsetof(struct hv_volume, name),
	offsetof(struct hv_volume, path),
};

static const size_t copy_strings[] = {
	offsetof(struct hv_volume_snapshot, name),
	offsetof(struct hv_volume_snapshot, volume_name),
	offsetof(struct hv_volume_snapshot, path),
	offsetof(struct hv_volume_snapshot, created_by),
	offsetof(struct hv_volume_snapshot, vm_name),
	offsetof(struct hv_volume_snapshot, host_name),
	offsetof(struct hv_volume_snapshot, account),
	offsetof(struct hv_volume_snapshot, domain),
};

static const size_t tree_strings[] = {
	offsetof(struct hv_tree, problem),
};

static void tree_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_tree *source = from;
	struct hv_tree *tree = to;
	pack_strings(packer, to, from, tree_strings, HV_ARRAY_LEN(tree_strings));
	const struct hv_node *nodes = pack_rows(packer, source->nodes, source->count,
		sizeof *source->nodes, node_strings, HV_ARRAY_LEN(node_strings));
	const struct hv_volume *volumes = pack_rows(packer, source->volumes, source->volume_count,
		sizeof *source->volumes, volume_strings, HV_ARRAY_LEN(volume_strings));
	const struct hv_volume_snapshot *copies = pack_rows(packer, source->volume_snapshots,
		source->volume_snapshot_count, sizeof *source->volume_snapshots, copy_strings,
		HV_ARRAY_LEN(copy_strings));
	if (tree) {
		tree->volume_snapshots = copies;
		tree->nodes = nodes;
		tree->volumes = volumes;
	}
}

static const size_t operation_strings[] = {
	offsetof(struct hv_operation, vm_name),
	offsetof(struct hv_operation, snapshot_name),
	offsetof(struct hv_operation, phase),
	offsetof(struct hv_operation, error),
	offsetof(struct hv_operation, requested_by),
};

static void operation_fill(struct packer *packer, void *to, const void *from)
{
	pack_strings(packer, to, from, operation_strings, HV_ARRAY_LEN(operation_strings));
}

static const size_t preview_strings[] = {
	offsetof(struct hv_preview, refusal),
	offsetof(struct hv_preview, target_name),
	offsetof(struct hv_preview, safety_refusal),
};

static void preview_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_preview *source = from;
	struct hv_preview *preview = to;
	pack_strings(packer, to, from, preview_strings, HV_ARRAY_LEN(preview_strings));
	const char *const *risks = pack_texts(packer, source->risks, source->risk_count);
	const struct hv_uuid *deleted = pack_rows(
		packer, source->deleted, source->deleted_count, sizeof *source->deleted, NULL, 0);
	const char *const *names = pack_texts(packer, source->deleted_names, source->deleted_count);
	if (preview) {
		preview->risks = risks;
		preview->deleted = deleted;
		preview->deleted_names = names;
	}
}

static const size_t snapshot_strings[] = {
	offsetof(struct hv_snapshot, name),
	offsetof(struct hv_snapshot, display_name),
	offsetof(struct hv_snapshot, description),
	offsetof(struct hv_snapshot, parent_name),
	offsetof(struct hv_snapshot, vm_name),
	offsetof(struct hv_snapshot, host_name),
	offsetof(struct hv_snapshot, account),
	offsetof(struct hv_snapshot, domain),
	offsetof(struct hv_snapshot, created_by),
};

static void page_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_snapshot_page *source = from;
	struct hv_snapshot_page *page = to;
	const struct hv_snapshot *rows = pack_rows(packer, source->rows, source->count,
		sizeof *source->rows, snapshot_strings, HV_ARRAY_LEN(snapshot_strings));
	if (page) {
		page->rows = rows;
	}
}

static const size_t log_strings[] = {
	offsetof(struct hv_log_row, who),
	offsetof(struct hv_log_row, from),
	offsetof(struct hv_log_row, what),
	offsetof(struct hv_log_row, details),
	offsetof(struct hv_log_row, vm_name),
	offsetof(struct hv_log_row, snapshot_name),
};

static void log_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_log_page *source = from;
	struct hv_log_page *page = to;
	const struct hv_log_row *rows = pack_rows(packer, source->rows, source->count, sizeof *source->rows,
		log_strings, HV_ARRAY_LEN(log_strings));
	if (page) {
		page->rows = rows;
	}
}

static const size_t account_strings[] = {
	offsetof(struct hv_account, name),
	offsetof(struct hv_account, domain),
	offsetof(struct hv_account, user),
};

static void accounts_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_account_list *source = from;
	struct hv_account_list *list = to;
	const struct hv_account *rows = pack_rows(packer, source->rows, source->count, sizeof *source->rows,
		account_strings, HV_ARRAY_LEN(account_strings));
	if (list) {
		list->rows = rows;
	}
}

static const size_t setting_strings[] = {
	offsetof(struct hv_setting, name),
	offsetof(struct hv_setting, value),
	offsetof(struct hv_setting, standard),
	offsetof(struct hv_setting, help),
};

static void settings_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_setting_list *source = from;
	struct hv_setting_list *list = to;
	const struct hv_setting *rows = pack_rows(packer, source->rows, source->count, sizeof *source->rows,
		setting_strings, HV_ARRAY_LEN(setting_strings));
	if (list) {
		list->rows = rows;
	}
}

static const size_t question_strings[] = {
	offsetof(struct hv_question, prompt),
	offsetof(struct hv_question, key_name),
	offsetof(struct hv_question, key_type),
	offsetof(struct hv_question, fingerprint),
	offsetof(struct hv_question, known_types),
};

static void question_fill(struct packer *packer, void *to, const void *from)
{
	pack_strings(packer, to, from, question_strings, HV_ARRAY_LEN(question_strings));
}

static void vms_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_vm_page *source = from;
	struct hv_vm_page *page = to;
	const struct hv_vm *rows = pack_rows(
		packer, source->rows, source->count, sizeof *source->rows, vm_strings, HV_ARRAY_LEN(vm_strings));
	if (page) {
		page->rows = rows;
	}
}

static void copies_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_volume_snapshot_page *source = from;
	struct hv_volume_snapshot_page *page = to;
	const struct hv_volume_snapshot *rows = pack_rows(packer, source->rows, source->count, sizeof *source->rows,
		copy_strings, HV_ARRAY_LEN(copy_strings));
	if (page) {
		page->rows = rows;
	}
}

static const size_t offering_strings[] = {
	offsetof(struct hv_offering, name),
};

static void offerings_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_offering_list *source = from;
	struct hv_offering_list *list = to;
	const struct hv_offering *rows = pack_rows(packer, source->rows, source->count, sizeof *source->rows,
		offering_strings, HV_ARRAY_LEN(offering_strings));
	if (list) {
		list->rows = rows;
	}
}

static const size_t capability_strings[] = {
	offsetof(struct hv_capability, hypervisor),
	offsetof(struct hv_capability, version),
};

static void capabilities_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_capability_list *source = from;
	struct hv_capability_list *list = to;
	const struct hv_capability *rows = pack_rows(packer, source->rows, source->count, sizeof *source->rows,
		capability_strings, HV_ARRAY_LEN(capability_strings));
	if (list) {
		list->rows = rows;
	}
}

static const size_t check_row_strings[] = {
	offsetof(struct hv_check_row, details),
};

static void check_fill(struct packer *packer, void *to, const void *from)
{
	const struct hv_check *source = from;
	struct hv_check *check = to;
	for (size_t i = 0; i < HV_CHECK_STEP_COUNT; i++) {
		pack_strings(packer, check ? &check->rows[i] : NULL, &source->rows[i], check_row_strings,
			HV_ARRAY_LEN(check_row_strings));
	}
}

/* new, ref and unref of each kind of value are the same but for the type. */
#define DEFINE_VALUE(type, fill)                                                                   \
	const struct type *type##_new(const struct type *from)                                     \
	{                                                                                          \
		return value_new(from, sizeof *from, fill);                                        \
	}                                                                                          \
	const struct type *type##_ref(const struct type *value)                                    \
	{                                                                                          \
		return value_ref(value);                                                           \
	}                                                                                          \
	void type##_unref(const struct type *value)                                                \
	{                                                                                          \
		value_unref(value);                                                                \
	}

DEFINE_VALUE(hv_host, host_fill)
DEFINE_VALUE(hv_vm, vm_fill)
DEFINE_VALUE(hv_tree, tree_fill)
DEFINE_VALUE(hv_operation, operation_fill)
DEFINE_VALUE(hv_preview, preview_fill)
DEFINE_VALUE(hv_snapshot_page, page_fill)
DEFINE_VALUE(hv_log_page, log_fill)
DEFINE_VALUE(hv_account_list, accounts_fill)
DEFINE_VALUE(hv_setting_list, settings_fill)
DEFINE_VALUE(hv_vm_page, vms_fill)
DEFINE_VALUE(hv_volume_snapshot_page, copies_fill)
DEFINE_VALUE(hv_offering_list, offerings_fill)
DEFINE_VALUE(hv_capability_list, capabilities_fill)
DEFINE_VALUE(hv_question, question_fill)
DEFINE_VALUE(hv_check, check_fill)

void hv_event_free(struct hv_event *event)
{
	if (!event) {
		return;
	}
	hv_host_unref(event->host);
	hv_vm_unref(event->vm);
	hv_tree_unref(event->tree);
	hv_operation_unref(event->operation);
	hv_preview_unref(event->preview);
	hv_snapshot_page_unref(event->page);
	hv_log_page_unref(event->log);
	hv_account_list_unref(event->accounts);
	hv_setting_list_unref(event->settings);
	hv_vm_page_unref(event->vms);
	hv_volume_snapshot_page_unref(event->copies);
	hv_offering_list_unref(event->offerings);
	hv_capability_list_unref(event->capabilities);
	hv_question_unref(event->question);
	hv_check_unref(event->check);
	free((void *)(uintptr_t)event->text);
	free(event);
}

struct rule_facts hv_facts(const struct hv_host *host, const struct hv_vm *vm,
	const struct hv_tree *tree, const struct hv_node *node)
{
	(void)tree; /* everything that the rules ask for is in the rows that are always there */
	return (struct rule_facts){
		.vm_state = vm->state,
		.snapshot_state = node && !node->untracked ? node->state : SNAPSHOT_READY,
		.has_target = node != NULL,
		.target_untracked = node && node->untracked,
		.operation_live = !hv_uuid_is_nil(&vm->operation),
		.host_up = host && host->state == HOST_UP,
		.vm_missing = vm->missing,
		.space_lacks = host && host->free_bytes > 0 && host->free_bytes < RULES_LEAST_SPACE_BYTES,
		.vm_unregistered = vm->unregistered,
		.stop_removes = host && host->stop_policy != STOP_POLICY_KEEP,
		.start_ends_export = vm->exporting,
		.no_right = vm->fixed,
		.snapshots_enabled = vm->snapshots_enabled,
		.snapshots_on_host = vm->snapshots_on_host,
		.untracked_on_host = vm->untracked,
		.snapshot_limit = vm->snapshot_limit,
	};
}
