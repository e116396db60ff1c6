/*
 * The settings of the console: one row each. The file's reader, the form of the console, the commented file that is written
 * first, and the manual all come from this table; nothing else lists settings. What the store keeps (limits, for example)
 * is no setting of this file: see `hvtree settings`.
 */
#ifndef HV_TUI_CONFIG_SETTING_H
#define HV_TUI_CONFIG_SETTING_H

#include <stdbool.h>
#include <stdint.h>
#include "backend/base/status.h"

enum setting_type {
	SETTING_TYPE_YES_NO,
	SETTING_TYPE_NUMBER, /* `least` to `most` */
	SETTING_TYPE_AGE,    /* 90s, 15m, 12h, 30d, 2w */
	SETTING_TYPE_NAME,   /* a word or a path */
};

/*   id, section, key, type, default, least, most, LIVE or START (at the next start), help */
#define TUI_SETTINGS(X)                                                                                    \
	X(THEME, "console", "theme", NAME, "auto", 0, 0, LIVE,                                                   \
		"theme by name or by path; auto chooses dark or light by the terminal's background")       \
	X(ASK_BACKGROUND, "console", "ask_background", YES_NO, "yes", 0, 0, START,                                \
		"with theme = auto: ask the terminal for its background colour; nothing waits for it")     \
	X(COLOUR, "console", "colour", YES_NO, "yes", 0, 0, START, "no: no colours, as with NO_COLOR set")        \
	X(ASCII, "console", "ascii", YES_NO, "no", 0, 0, START,                                                   \
		"yes: ASCII characters only; a locale without UTF-8 does that anyway")                     \
	X(MOUSE, "console", "mouse", YES_NO, "no", 0, 0, LIVE,                                                   \
		"yes: click, double click and wheel; selecting text then needs Shift in most terminals")   \
	X(READ_ONLY, "console", "read_only", YES_NO, "no", 0, 0, START, "yes: look only, nothing can be changed") \
	X(SAFETY_SNAPSHOT, "acts", "safety_snapshot", YES_NO, "yes", 0, 0, LIVE,                                 \
		"whether a revert offers its safety snapshot ticked")                                      \
	X(WRITE_TIME, "acts", "write_time", AGE, "15m", 0, 0, LIVE,                                              \
		"how long a read-only group can be written to after :write, when no time is given")        \
	X(CHAIN_WARN, "tree", "chain_warn", NUMBER, "5", 1, 1000, LIVE,                                          \
		"snapshots in a chain from which a VM is marked as slow")                                  \
	X(AGE_WARN, "tree", "age_warn", AGE, "30d", 0, 0, LIVE, "age from which a snapshot is marked as old")

enum setting_when { SETTING_LIVE, SETTING_START };

enum setting {
#define TUI_SETTING_ENUM(id, section, key, type, value, least, most, when, help) SETTING_##id,
	TUI_SETTINGS(TUI_SETTING_ENUM)
#undef TUI_SETTING_ENUM
		SETTING_COUNT
};

struct setting_row {
	const char *section, *key;
	enum setting_type type;
	const char *value; /* the default */
	int64_t least, most;
	bool at_start; /* takes effect at the next start */
	const char *help;
};

const struct setting_row *setting_row(enum setting setting);
/** SETTING_COUNT when there is none. */
enum setting setting_find(const char *section, const char *key);
/** HV_ERR_INVALID with a sentence when `value` is nothing that the setting may be. */
enum hv_status setting_check(enum setting setting, const char *value, struct hv_error *err) HV_MUST_CHECK;

#endif
