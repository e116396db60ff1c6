#include "tui/input/action.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "backend/base/attributes.h"

static const struct tui_action_info actions[] = {
#define TUI_ACTION_ROW(id, name_, keys_, place_, needs_, danger_, group_, hint_, help_)                    \
	[TUI_ACTION_##id] = {                                                                              \
		.name = (name_),                                                                           \
		.keys = (keys_),                                                                           \
		.place = TUI_PLACE_##place_,                                                               \
		.needs = TUI_NEEDS_##needs_,                                                               \
		.danger = TUI_DANGER_##danger_,                                                            \
		.group = TUI_GROUP_##group_,                                                               \
		.hint = (hint_),                                                                           \
		.help = (help_),                                                                           \
	},
	TUI_ACTIONS(TUI_ACTION_ROW)
#undef TUI_ACTION_ROW
};
static_assert(HV_ARRAY_LEN(actions) == TUI_ACTION_COUNT, "a row for every action");

const struct tui_action_info *tui_action_info(enum tui_action action)
{
	assert((size_t)action < TUI_ACTION_COUNT);
	return &actions[action];
}

bool tui_action_parse(const char *name, enum tui_action *ret_action)
{
	for (size_t i = 0; i < TUI_ACTION_COUNT; i++) {
		if (strcmp(actions[i].name, name) == 0) {
			*ret_action = (enum tui_action)i;
			return true;
		}
	}
	return false;
}

const char *tui_group_title(enum tui_group group)
{
	static const char *const titles[] = {
		[TUI_GROUP_MOVE] = "MOVE",
		[TUI_GROUP_DO] = "DO (a change asks first)",
		[TUI_GROUP_FIND] = "FIND",
		[TUI_GROUP_SHOW] = "SHOW",
		[TUI_GROUP_PROGRAM] = "PROGRAM",
	};
	static_assert(HV_ARRAY_LEN(titles) == TUI_GROUP_COUNT, "a title for every group");
	return titles[group];
}
