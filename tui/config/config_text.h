/* The text of the configuration file: the commented one that is written first, and changes that leave the rest alone. */
#ifndef HV_TUI_CONFIG_CONFIG_TEXT_H
#define HV_TUI_CONFIG_CONFIG_TEXT_H

#include "backend/base/text.h"

/** Every setting with its help and its default, all as comments; then an example of a group. */
void config_template(struct hv_text *out);
/**
 * `text` with section.key = value, and nothing else changed: comments, unknown keys, order and line ends stay. The last
 * line that sets the key is the one that is replaced, because it is the one that counts. Caller frees.
 */
char *config_edit(const char *text, const char *section, const char *key, const char *value);

#endif
