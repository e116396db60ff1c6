/*
 * Roles: what a cell means. Themes give each a look; views know nothing else. One row a role: enum, name in theme files
 * (parent by dots, then "text"), letter in golden screens.
 */
#ifndef HV_TUI_THEME_ROLE_H
#define HV_TUI_THEME_ROLE_H

#define TUI_ROLES(X)                                                                                       \
	X(TEXT, "text", '.')                                                                               \
	X(DIM, "dim", 'd')                                                                                 \
	X(TITLE, "title", 'T')                                                                             \
	X(FRAME, "frame", '-')                                                                             \
	X(FRAME_FOCUS, "frame.focus", '=')                                                                 \
	X(SELECT, "select", 'S')                                                                           \
	X(SELECT_BLUR, "select.blur", 's')                                                                 \
	X(MARK, "mark", 'm')                                                                               \
	X(MATCH, "match", 'M')                                                                             \
	X(HEADER, "header", 'h')                                                                           \
	X(HINT_KEY, "hint.key", 'k')                                                                       \
	X(HINT_TEXT, "hint.text", 't')                                                                     \
	X(TREE_LINE, "tree.line", '|')                                                                     \
	X(GROUP, "group", 'g')                                                                             \
	X(HOST_UP, "host.up", 'U')                                                                         \
	X(HOST_DOWN, "host.down", 'D')                                                                     \
	X(HOST_STALE, "host.stale", '~')                                                                   \
	X(VM_RUNNING, "vm.running", 'R')                                                                   \
	X(VM_OFF, "vm.off", 'o')                                                                           \
	X(VM_SAVED, "vm.saved", 'v')                                                                       \
	X(VM_PAUSED, "vm.paused", 'p')                                                                     \
	X(VM_BUSY, "vm.busy", 'b')                                                                         \
	X(VM_CRITICAL, "vm.critical", '!')                                                                 \
	X(SNAP, "snap", 'n')                                                                               \
	X(SNAP_MEMORY, "snap.memory", 'y')                                                                 \
	X(SNAP_UNTRACKED, "snap.untracked", 'u')                                                           \
	X(NOW, "now", 'N')                                                                                 \
	X(AGE_WARN, "age.warn", 'a')                                                                       \
	X(SIZE_WARN, "size.warn", 'z')                                                                     \
	X(OK, "ok", 'K')                                                                                   \
	X(WARN, "warn", 'W')                                                                               \
	X(ERROR, "err", 'E')                                                                               \
	X(INFO, "info", 'i')                                                                               \
	X(INPUT, "input", 'I')                                                                             \
	X(BUTTON, "button", 'B')                                                                           \
	X(BUTTON_FOCUS, "button.focus", 'F')                                                               \
	X(DANGER, "danger", 'X')                                                                           \
	X(DANGER_FIELD, "danger.field", 'x')                                                               \
	X(PROGRESS, "progress", 'P')                                                                       \
	X(BADGE, "badge", 'G')                                                                             \
	X(BADGE_TRAIN, "badge.train", 'A')                                                                 \
	X(LOG_TIME, "log.time", 'l')

enum role {
#define TUI_ROLE_ENUM(id, name, letter) ROLE_##id,
	TUI_ROLES(TUI_ROLE_ENUM)
#undef TUI_ROLE_ENUM
		ROLE_COUNT
};

const char *role_name(enum role role);
char role_letter(enum role role);

#endif
