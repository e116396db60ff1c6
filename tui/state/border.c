#include "tui/state/border.h"

#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD";

/* The printable forms that one value needed; they live until its copy is made. */
struct cleaner {
	char **made;
	size_t count;
	size_t capacity;
};

static bool is_plain_ascii(const char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7E) {
			return false;
		}
	}
	return true;
}

static void clean(struct cleaner *cleaner, const char **text)
{
	if (!*text || is_plain_ascii(*text)) {
		return;
	}
	char *printable = hv_text_printable(*text, strlen(*text));
	if (strcmp(printable, *text) == 0) {
		free(printable);
		return;
	}
	HV_GROW(cleaner->made, cleaner->count, cleaner->capacity);
	cleaner->made[cleaner->count++] = printable;
	*text = printable;
}

static void cleaner_clear(struct cleaner *cleaner)
{
	for (size_t i = 0; i < cleaner->count; i++) {
		free(cleaner->made[i]);
	}
	free(cleaner->made);
}

const struct hv_host *border_host(const struct hv_host *from)
{
	struct cleaner cleaner = {0};
	struct hv_host copy = *from;
	clean(&cleaner, &copy.name);
	clean(&cleaner, &copy.group);
	clean(&cleaner, &copy.transport);
	clean(&cleaner, &copy.address);
	clean(&cleaner, &copy.version);
	clean(&cleaner, &copy.reason);
	const struct hv_host *result = cleaner.count ? hv_host_new(&copy) : hv_host_ref(from);
	cleaner_clear(&cleaner);
	return result;
}

const struct hv_vm *border_vm(const struct hv_vm *from)
{
	struct cleaner cleaner = {0};
	struct hv_vm copy = *from;
	clean(&cleaner, &copy.name);
	clean(&cleaner, &copy.offering);
	clean(&cleaner, &copy.account);
	clean(&cleaner, &copy.domain);
	const struct hv_vm *result = cleaner.count ? hv_vm_new(&copy) : hv_vm_ref(from);
	cleaner_clear(&cleaner);
	return result;
}

const struct hv_question *border_question(const struct hv_question *from)
{
	struct cleaner cleaner = {0};
	struct hv_question copy = *from;
	clean(&cleaner, &copy.prompt);
	clean(&cleaner, &copy.key_name);
	clean(&cleaner, &copy.key_type);
	clean(&cleaner, &copy.fingerprint);
	clean(&cleaner, &copy.known_types);
	const struct hv_question *result = cleaner.count ? hv_question_new(&copy) : hv_question_ref(from);
	cleaner_clear(&cleaner);
	return result;
}

static void clean_node(struct cleaner *cleaner, struct hv_node *node)
{
	clean(cleaner, &node->name);
	clean(cleaner, &node->internal_name);
	clean(cleaner, &node->description);
	clean(cleaner, &node->created_by);
	clean(cleaner, &node->offering);
}

const struct hv_tree *border_tree(const struct hv_tree *from)
{
	struct cleaner cleaner = {0};
	struct hv_tree copy = *from;
	struct hv_node *nodes = hv_realloc_array(NULL, from->count + 1, sizeof *nodes);
	struct hv_volume *volumes = hv_realloc_array(NULL, from->volume_count + 1, sizeof *volumes);
	for (size_t i = 0; i < from->count; i++) {
		nodes[i] = from->nodes[i];
		clean_node(&cleaner, &nodes[i]);
	}
	for (size_t i = 0; i < from->volume_count; i++) {
		volumes[i] = from->volumes[i];
		clean(&cleaner, &volumes[i].name);
		clean(&cleaner, &volumes[i].path);
	}
	struct hv_volume_snapshot *copies = hv_realloc_array(NULL, from->volume_snapshot_count + 1, sizeof *copies);
	for (size_t i = 0; i < from->volume_snapshot_count; i++) {
		copies[i] = from->volume_snapshots[i];
		clean(&cleaner, &copies[i].name);
		clean(&cleaner, &copies[i].volume_name);
		clean(&cleaner, &copies[i].path);
		clean(&cleaner, &copies[i].created_by);
	}
	copy.nodes = nodes;
	copy.volumes = volumes;
	copy.volume_snapshots = copies;
	clean(&cleaner, &copy.problem);
	const struct hv_tree *result = cleaner.count ? hv_tree_new(&copy) : hv_tree_ref(from);
	free(nodes);
	free(volumes);
	free(copies);
	cleaner_clear(&cleaner);
	return result;
}

const struct hv_operation *border_operation(const struct hv_operation *from)
{
	struct cleaner cleaner = {0};
	struct hv_operation copy = *from;
	clean(&cleaner, &copy.vm_name);
	clean(&cleaner, &copy.snapshot_name);
	clean(&cleaner, &copy.phase);
	clean(&cleaner, &copy.error);
	clean(&cleaner, &copy.requested_by);
	const struct hv_operation *result = cleaner.count ? hv_operation_new(&copy) : hv_operation_ref(from);
	cleaner_clear(&cleaner);
	return result;
}

/* A copy of the array of pointers, each cleaned; caller frees. */
static const char **clean_list(struct cleaner *cleaner, const char *const *texts, size_t count)
{
	const char **copy = hv_realloc_array(NULL, count + 1, sizeof *copy);
	for (size_t i = 0; i < count; i++) {
		copy[i] = texts[i];
		clean(cleaner, &copy[i]);
	}
	return copy;
}

const struct hv_preview *border_preview(const struct hv_preview *from)
{
	struct cleaner cleaner = {0};
	struct hv_preview copy = *from;
	const char **risks = clean_list(&cleaner, from->risks, from->risk_count);
	const char **names = clean_list(&cleaner, from->deleted_names, from->deleted_count);
	copy.risks = risks;
	copy.deleted_names = names;
	clean(&cleaner, &copy.refusal);
	clean(&cleaner, &copy.target_name);
	clean(&cleaner, &copy.safety_refusal);
	const struct hv_preview *result = cleaner.count ? hv_preview_new(&copy) : hv_preview_ref(from);
	free(risks);
	free(names);
	cleaner_clear(&cleaner);
	return result;
}

const struct hv_snapshot_page *border_page(const struct hv_snapshot_page *from)
{
	struct cleaner cleaner = {0};
	struct hv_snapshot_page copy = *from;
	struct hv_snapshot *rows = hv_realloc_array(NULL, from->count + 1, sizeof *rows);
	for (size_t i = 0; i < from->count; i++) {
		rows[i] = from->rows[i];
		clean(&cleaner, &rows[i].name);
		clean(&cleaner, &rows[i].display_name);
		clean(&cleaner, &rows[i].description);
		clean(&cleaner, &rows[i].parent_name);
		clean(&cleaner, &rows[i].vm_name);
		clean(&cleaner, &rows[i].host_name);
		clean(&cleaner, &rows[i].account);
		clean(&cleaner, &rows[i].domain);
		clean(&cleaner, &rows[i].created_by);
	}
	copy.rows = rows;
	const struct hv_snapshot_page *result = cleaner.count ? hv_snapshot_page_new(&copy) : hv_snapshot_page_ref(from);
	free(rows);
	cleaner_clear(&cleaner);
	return result;
}

char *border_input(const char *text)
{
	struct hv_text kept = HV_TEXT_INIT;
	for (const char *p = text; *p; p++) {
		bool blank = *p == '\n' || *p == '\r' || *p == '\t';
		hv_text_append(&kept, blank ? " " : p, 1);
	}
	char *printable = hv_text_printable(hv_text_get(&kept), kept.length);
	hv_text_clear(&kept);
	for (char *p = printable; *p;) {
		char *bad = strstr(p, replacement);
		if (!bad) {
			hv_text_puts(&kept, p);
			break;
		}
		hv_text_append(&kept, p, (size_t)(bad - p));
		p = bad + strlen(replacement);
	}
	free(printable);
	return hv_text_detach(&kept);
}
