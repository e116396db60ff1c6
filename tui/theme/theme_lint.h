/*
 * What makes a theme hard to read: contrast under its own promise, and roles that must be told apart but look the same at
 * some depth, or to somebody who does not see red and green. For `hvtree theme check` and the test of shipped themes.
 */
#ifndef HV_TUI_THEME_THEME_LINT_H
#define HV_TUI_THEME_THEME_LINT_H

#include "tui/theme/theme.h"

/** Append one line a fault, "NAME: sentence\n". Returns how many. */
size_t theme_lint(const struct theme *theme, struct hv_text *faults);

#endif
