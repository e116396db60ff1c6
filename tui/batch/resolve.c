#include "tui/batch/resolve.h"

#include <string.h>

#include "tui/batch/table.h"

/* One thing that has an id and names. */
struct named {
	const void *value;
	const struct hv_uuid *id;
	const char *name;
	const char *other_name; /* NULL: none; only byte for byte */
	const char *place;
};

/* What is searched: `get(context, i)` for i below count. */
struct search {
	size_t count;
	struct named (*get)(const void *context, size_t index);
	const void *context;
};

enum fit { FIT_ID, FIT_NAME, FIT_OTHER_NAME, FIT_SAME_NAME, FIT_COUNT };

static bool fits(const struct named *named, enum fit fit, const char *word, const struct hv_uuid *id)
{
	switch (fit) {
	case FIT_ID:
		return id && hv_uuid_equal(named->id, id);
	case FIT_NAME:
		return strcmp(named->name, word) == 0;
	case FIT_OTHER_NAME:
		return named->other_name && strcmp(named->other_name, word) == 0;
	case FIT_SAME_NAME:
		return hv_text_same_name(named->name, word);
	case FIT_COUNT:
		break;
	}
	return false;
}

static size_t count_fitting(const struct search *search, enum fit fit, const char *word, const struct hv_uuid *id,
	struct named *ret_first)
{
	size_t count = 0;
	for (size_t i = 0; i < search->count; i++) {
		struct named named = search->get(search->context, i);
		if (fits(&named, fit, word, id)) {
			*ret_first = count == 0 ? named : *ret_first;
			count++;
		}
	}
	return count;
}

static void tell_candidates(
	struct batch *batch, const struct search *search, enum fit fit, const char *word, const struct hv_uuid *id)
{
	for (size_t i = 0; i < search->count; i++) {
		struct named named = search->get(search->context, i);
		if (fits(&named, fit, word, id)) {
			batch_candidate(batch, named.id, named.name, named.place);
		}
	}
}

/* `what` is the noun: "VM", "host", "snapshot"; `of_vm` is " of VM 'x'", or empty. */
static enum hv_status find(struct batch *batch, const struct search *search, const char *what, const char *of_vm,
	const char *word, const void **ret_value, struct hv_error *err)
{
	struct hv_uuid parsed;
	const struct hv_uuid *id = hv_uuid_parse(word, &parsed) ? &parsed : NULL;
	HV_CLEANUP_FREE char *typed = printable(word);
	for (int fit = 0; fit < FIT_COUNT; fit++) {
		struct named first = {0};
		size_t count = count_fitting(search, (enum fit)fit, word, id, &first);
		if (count == 1) {
			*ret_value = first.value;
			return HV_OK;
		}
		if (count > 1) {
			tell_candidates(batch, search, (enum fit)fit, word, id);
			return hv_error_set(err, HV_ERR_AMBIGUOUS,
				"'%s' fits %zu times as a %s%s; name one by its id", typed, count, what, of_vm);
		}
	}
	return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no %s '%s'%s", what, typed, of_vm);
}

static struct named get_vm(const void *context, size_t index)
{
	const struct overview *overview = context;
	const struct hv_vm *vm = overview->vms.entries[index].vm;
	const struct hv_host *host = overview_host(overview, &vm->host);
	return (struct named){vm, &vm->uuid, vm->name, NULL, host ? host->name : NULL};
}

static bool has_exactly(const struct search *search, const char *word)
{
	struct hv_uuid parsed;
	struct named first;
	const struct hv_uuid *id = hv_uuid_parse(word, &parsed) ? &parsed : NULL;
	return count_fitting(search, FIT_ID, word, id, &first) > 0 ||
	       count_fitting(search, FIT_NAME, word, id, &first) > 0;
}

/* Nearly always the word is the name as it is written, or an id: then the rest of the fleet is not read. */
static enum hv_status load_for(struct batch *batch, const char *word, struct hv_error *err)
{
	const struct overview *overview = &batch->session.overview;
	enum hv_status status = session_load_vm(&batch->session, word, err);
	struct search search = {overview->vms.count, get_vm, overview};
	if (status == HV_OK && !has_exactly(&search, word)) {
		status = session_load(&batch->session, err);
	}
	return status;
}

enum hv_status resolve_vm(
	struct batch *batch, const char *word, const struct hv_vm **ret_vm, struct hv_error *err)
{
	const struct overview *overview = &batch->session.overview;
	const void *value = NULL;
	enum hv_status status = load_for(batch, word, err);
	struct search search = {overview->vms.count, get_vm, overview};
	if (status == HV_OK) {
		status = find(batch, &search, "VM", "", word, &value, err);
	}
	if (status == HV_OK) {
		*ret_vm = value;
	}
	return status;
}

static struct named get_host(const void *context, size_t index)
{
	const struct overview *overview = context;
	const struct hv_host *host = overview->hosts.entries[index].host;
	return (struct named){host, &host->uuid, host->name, NULL, host->group};
}

enum hv_status resolve_host(
	struct batch *batch, const char *word, const struct hv_host **ret_host, struct hv_error *err)
{
	const struct overview *overview = &batch->session.overview;
	const void *value = NULL;
	struct search search = {overview->hosts.count, get_host, overview};
	enum hv_status status = find(batch, &search, "host", "", word, &value, err);
	if (status == HV_OK) {
		*ret_host = value;
	}
	return status;
}

/* `noun`: "snapshot", "volume", "volume snapshot". */
static enum hv_status find_of_vm(struct batch *batch, const struct search *search, const char *noun,
	const char *vm_name, const char *word, const void **ret_value, struct hv_error *err)
{
	HV_CLEANUP_FREE char *vm = printable(vm_name);
	HV_CLEANUP_FREE char *of_vm = hv_sprintf(" of VM '%s'", vm);
	return find(batch, search, noun, of_vm, word, ret_value, err);
}

static struct named get_node(const void *context, size_t index)
{
	const struct hv_tree *tree = context;
	const struct hv_node *node = &tree->nodes[index];
	const char *parent = node->parent >= 0 ? tree->nodes[node->parent].name : NULL;
	return (struct named){node, &node->id, node->name, node->internal_name, parent};
}

enum hv_status resolve_node(struct batch *batch, const struct hv_tree *tree, const char *vm_name, const char *word,
	const struct hv_node **ret_node, struct hv_error *err)
{
	const void *value = NULL;
	struct search search = {tree->count, get_node, tree};
	enum hv_status status = find_of_vm(batch, &search, "snapshot", vm_name, word, &value, err);
	if (status == HV_OK) {
		*ret_node = value;
	}
	return status;
}

static struct named get_volume(const void *context, size_t index)
{
	const struct hv_tree *tree = context;
	const struct hv_volume *volume = &tree->volumes[index];
	return (struct named){volume, &volume->id, volume->name, volume->path, volume->path};
}

static struct named get_copy(const void *context, size_t index)
{
	const struct hv_tree *tree = context;
	const struct hv_volume_snapshot *copy = &tree->volume_snapshots[index];
	return (struct named){copy, &copy->id, copy->name, copy->path, copy->volume_name};
}

enum hv_status resolve_volume(struct batch *batch, const struct hv_tree *tree, const char *vm_name, const char *word,
	const struct hv_volume **ret_volume, struct hv_error *err)
{
	const void *value = NULL;
	struct search search = {tree->volume_count, get_volume, tree};
	enum hv_status status = find_of_vm(batch, &search, "volume", vm_name, word, &value, err);
	*ret_volume = value;
	return status;
}

enum hv_status resolve_copy(struct batch *batch, const struct hv_tree *tree, const char *vm_name, const char *word,
	const struct hv_volume_snapshot **ret_copy, struct hv_error *err)
{
	const void *value = NULL;
	struct search search = {tree->volume_snapshot_count, get_copy, tree};
	enum hv_status status = find_of_vm(batch, &search, "volume snapshot", vm_name, word, &value, err);
	*ret_copy = value;
	return status;
}
