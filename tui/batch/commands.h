/* The functions behind the rows of the command table. Each prints its result or its error and returns the exit code. */
#ifndef HV_TUI_BATCH_COMMANDS_H
#define HV_TUI_BATCH_COMMANDS_H

struct batch;

int command_snapshot_list(struct batch *batch);
int command_snapshot_show(struct batch *batch);
int command_snapshot_create(struct batch *batch);
int command_snapshot_revert(struct batch *batch);
int command_snapshot_undo(struct batch *batch);
int command_snapshot_delete(struct batch *batch);
int command_snapshot_edit(struct batch *batch);
int command_tree(struct batch *batch);
int command_vm_list(struct batch *batch);
int command_vm_show(struct batch *batch);
int command_vm_start(struct batch *batch);
int command_vm_stop(struct batch *batch);
int command_vm_destroy(struct batch *batch);
int command_vm_attach(struct batch *batch);
int command_vm_detach(struct batch *batch);
int command_vm_resize(struct batch *batch);
int command_vm_scale(struct batch *batch);
int command_copy_list(struct batch *batch);
int command_copy_create(struct batch *batch);
int command_copy_delete(struct batch *batch);
int command_offering_list(struct batch *batch);
int command_offering_add(struct batch *batch);
int command_offering_remove(struct batch *batch);
int command_capabilities_list(struct batch *batch);
int command_capabilities_set(struct batch *batch);
int command_host_list(struct batch *batch);
int command_host_add(struct batch *batch);
int command_host_check(struct batch *batch);
int command_host_set(struct batch *batch);
int command_host_remove(struct batch *batch);
int command_snapshot_verify(struct batch *batch);
int command_sync(struct batch *batch);
int command_account_list(struct batch *batch);
int command_account_add(struct batch *batch);
int command_account_set(struct batch *batch);
int command_account_remove(struct batch *batch);
int command_vm_assign(struct batch *batch);
int command_log(struct batch *batch);
int command_settings_list(struct batch *batch);
int command_settings_set(struct batch *batch);
int command_theme_list(struct batch *batch);
int command_theme_check(struct batch *batch);
int command_theme_show(struct batch *batch);
int command_manual(struct batch *batch);
int command_completion(struct batch *batch);
int command_help(struct batch *batch);

#endif
