/*
 * Signs that views draw, each in a UTF-8 and an ASCII form, each exactly one cell. One row a glyph: enum, name in the
 * [glyphs] section of theme files, UTF-8, ASCII.
 *
 * Views draw canvas_glyph(canvas, GLYPH_NOW), which a theme may have changed; glyph() is the built-in form. A state is
 * never told by its sign alone: the word stands beside it.
 */
#ifndef HV_TUI_THEME_GLYPH_H
#define HV_TUI_THEME_GLYPH_H

#include <stdbool.h>

#define TUI_GLYPHS(X)                                                                                      \
	/* the tree: "| `-o" is VERTICAL, blank, LAST, DASH, SNAPSHOT */                                   \
	X(TREE_VERTICAL, "tree.vertical", "│", "|")                                                        \
	X(TREE_BRANCH, "tree.branch", "├", "|")                                                            \
	X(TREE_LAST, "tree.last", "└", "`")                                                                \
	X(TREE_DASH, "tree.dash", "─", "-")                                                                \
	X(EXPANDED, "expanded", "▾", "-")                                                                  \
	X(COLLAPSED, "collapsed", "▸", "+")                                                                \
	X(SNAPSHOT, "snapshot", "○", "o")                                                                  \
	X(SNAPSHOT_MEMORY, "snapshot.memory", "●", "@")                                                    \
	X(SNAPSHOT_UNTRACKED, "snapshot.untracked", "◌", "u")                                              \
	X(NOW, "now", "◆", "*")                                                                            \
	/* states */                                                                                       \
	X(HOST_DOWN, "host.down", "✗", "x")                                                                \
	X(RUNNING, "running", ">", ">")                                                                    \
	X(OFF, "off", ".", ".")                                                                            \
	X(SAVED, "saved", "S", "S")                                                                        \
	X(PAUSED, "paused", "=", "=")                                                                      \
	X(BUSY, "busy", "~", "~")                                                                          \
	X(CRITICAL, "critical", "!", "!")                                                                  \
	X(UNKNOWN, "unknown", "?", "?")                                                                    \
	X(DONE, "done", "✓", "+")                                                                          \
	X(FAILED, "failed", "✗", "!")                                                                      \
	X(WAITING, "waiting", "·", ".")                                                                    \
	X(MARK, "mark", "✓", "*")                                                                          \
	/* frames and small parts */                                                                       \
	X(HORIZONTAL, "frame.horizontal", "─", "-")                                                        \
	X(VERTICAL, "frame.vertical", "│", "|")                                                            \
	X(TOP_LEFT, "frame.top.left", "┌", "+")                                                            \
	X(TOP_RIGHT, "frame.top.right", "┐", "+")                                                          \
	X(BOTTOM_LEFT, "frame.bottom.left", "└", "+")                                                      \
	X(BOTTOM_RIGHT, "frame.bottom.right", "┘", "+")                                                    \
	X(TEE_LEFT, "frame.tee.left", "├", "+")                                                            \
	X(TEE_RIGHT, "frame.tee.right", "┤", "+")                                                          \
	X(TEE_TOP, "frame.tee.top", "┬", "+")                                                              \
	X(TEE_BOTTOM, "frame.tee.bottom", "┴", "+")                                                        \
	X(CROSS, "frame.cross", "┼", "+")                                                                  \
	X(ELLIPSIS, "ellipsis", "…", "~")                                                                  \
	X(BULLET, "bullet", "•", "*")                                                                      \
	X(ARROW_RIGHT, "arrow.right", "→", ">")                                                            \
	X(MORE_ABOVE, "more.above", "↑", "^")                                                              \
	X(MORE_BELOW, "more.below", "↓", "v")                                                              \
	X(PROGRESS_FULL, "progress.full", "█", "#")                                                        \
	X(PROGRESS_EMPTY, "progress.empty", "░", "-")                                                      \
	X(RADIO_ON, "radio.on", "●", "*")                                                                  \
	X(RADIO_OFF, "radio.off", "○", " ")

enum glyph {
#define TUI_GLYPH_ENUM(id, name, utf8, ascii) GLYPH_##id,
	TUI_GLYPHS(TUI_GLYPH_ENUM)
#undef TUI_GLYPH_ENUM
		GLYPH_COUNT
};

#define GLYPH_BYTES 8

/* The signs of one theme; "" stands for the built-in form. */
struct glyph_set {
	char utf8[GLYPH_COUNT][GLYPH_BYTES];
	char ascii[GLYPH_COUNT][GLYPH_BYTES];
};

const char *glyph_name(enum glyph glyph);
/** The built-in form. */
const char *glyph(enum glyph glyph, bool ascii);
/** The form of a theme; `set` NULL: the built-in one. */
const char *glyph_of(const struct glyph_set *set, enum glyph glyph, bool ascii);

#endif
