#include "tui/theme/role.h"

#include <assert.h>

static const char *const role_names[] = {
#define ROLE_NAME(id, name, letter) [ROLE_##id] = (name),
	TUI_ROLES(ROLE_NAME)
#undef ROLE_NAME
};
static const char role_letters[] = {
#define ROLE_LETTER(id, name, letter) [ROLE_##id] = (letter),
	TUI_ROLES(ROLE_LETTER)
#undef ROLE_LETTER
};
static_assert(sizeof role_names / sizeof role_names[0] == ROLE_COUNT, "a name for each role");

const char *role_name(enum role role)
{
	return role_names[role];
}

char role_letter(enum role role)
{
	return role_letters[role];
}
