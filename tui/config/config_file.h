/*
 * The configuration file on the disk: $XDG_CONFIG_HOME/hvtree/config. It is replaced as a whole or not at all, keeps its
 * mode, and a link to it stays a link.
 */
#ifndef HV_TUI_CONFIG_CONFIG_FILE_H
#define HV_TUI_CONFIG_CONFIG_FILE_H

#include "tui/config/config.h"

#define CONFIG_BYTES_MAX (256 * 1024)

/** NULL when there is no home. Caller frees. */
char *config_path(void);
/** Read the user's file into *config (empty before). No file is no problem. */
void config_load(struct config *config, struct hv_text *problems);
/**
 * Set one key of the file at `path`, which is made from `template` when missing. The text is read again first, so that
 * what another console or an editor has written meanwhile stays.
 *
 * @return HV_OK, HV_ERR_IO with the reason: the file is as it was then
 */
enum hv_status config_file_set(const char *path, const char *template, const char *section, const char *key,
	const char *value, struct hv_error *err) HV_MUST_CHECK;

#endif
