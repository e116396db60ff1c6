/*
 * Finds what a word on the command line means: a uuid first, then a name that is equal byte for byte, then one that is
 * the same name (letter case and composition ignored). A word that fits several is refused, and the candidates told.
 */
#ifndef HV_TUI_BATCH_RESOLVE_H
#define HV_TUI_BATCH_RESOLVE_H

#include "tui/batch/report.h"

/** Loads what it needs. Borrowed from the overview: take a reference, or the uuid, before waiting for anything. */
enum hv_status resolve_vm(
	struct batch *batch, const char *word, const struct hv_vm **ret_vm, struct hv_error *err) HV_MUST_CHECK;
enum hv_status resolve_host(struct batch *batch, const char *word, const struct hv_host **ret_host,
	struct hv_error *err) HV_MUST_CHECK;
/** Among the rows of one VM's tree, untracked ones too. `vm_name` is for the sentence. */
enum hv_status resolve_node(struct batch *batch, const struct hv_tree *tree, const char *vm_name, const char *word,
	const struct hv_node **ret_node, struct hv_error *err) HV_MUST_CHECK;

/** Among the VM's volumes, and among its volume snapshots. */
enum hv_status resolve_volume(struct batch *batch, const struct hv_tree *tree, const char *vm_name, const char *word,
	const struct hv_volume **ret_volume, struct hv_error *err) HV_MUST_CHECK;
enum hv_status resolve_copy(struct batch *batch, const struct hv_tree *tree, const char *vm_name, const char *word,
	const struct hv_volume_snapshot **ret_copy, struct hv_error *err) HV_MUST_CHECK;

#endif
