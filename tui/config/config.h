/*
 * The configuration file, as read: settings, policies of groups, keys. A whole configuration always comes out: what the
 * file leaves out or gets wrong is the default, and each mistake is told with its line.
 *
 *	[console]      and the other sections of the table of settings: key = value
 *	[group prod]   read_only = yes|no   confirm = form|dialog|name   theme = the overlay to lay over
 *	[keys]         action = key key ...
 */
#ifndef HV_TUI_CONFIG_CONFIG_H
#define HV_TUI_CONFIG_CONFIG_H

#include <stddef.h>
#include "backend/base/text.h"
#include "tui/config/setting.h"

/* How an act that loses something is confirmed, from mild to severe. */
enum confirm_level {
	CONFIRM_FORM,   /* the button that does it has the focus */
	CONFIRM_DIALOG, /* Cancel has the focus */
	CONFIRM_NAME,   /* and the name of the VM is typed */
	CONFIRM_LEVEL_COUNT
};
const char *confirm_level_name(enum confirm_level level);

struct group_policy {
	char *group;
	bool read_only;
	enum confirm_level confirm;
	char *theme; /* laid over while the cursor is in the group; NULL: none */
};

struct config {
	char *values[SETTING_COUNT]; /* NULL: the default */
	struct group_policy *groups;
	size_t group_count, group_capacity;
	char *keys; /* for keymap_parse(), on the lines of the file; NULL: none */
};
#define CONFIG_INIT {.groups = NULL}

void config_clear(struct config *config);
void config_copy(struct config *to, const struct config *from);
/** Lay `text` over what *config holds; `problems` may be NULL. */
void config_read(struct config *config, const char *file, const char *text, struct hv_text *problems);

const char *config_text(const struct config *config, enum setting setting);
/** Of SETTING_TYPE_YES_NO. */
bool config_is(const struct config *config, enum setting setting);
/** Of SETTING_TYPE_NUMBER, and of SETTING_TYPE_AGE in microseconds. */
int64_t config_number(const struct config *config, enum setting setting);
/** `value` must have passed setting_check(). */
void config_set(struct config *config, enum setting setting, const char *value);
/** The policy of a group; one that is not named has none of all this and CONFIRM_DIALOG. Never NULL. */
const struct group_policy *config_group(const struct config *config, const char *group);

#endif
