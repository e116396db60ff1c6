#include "tui/config/setting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/attributes.h"
#include "backend/base/text.h"

#define NAME_MAX_CHARACTERS 150

static const struct setting_row rows[] = {
#define SETTING_ROW(id, section, key, type, value, least, most, when, help)                                        \
	[SETTING_##id] = {section, key, SETTING_TYPE_##type, value, least, most, SETTING_##when == SETTING_START, help},
	TUI_SETTINGS(SETTING_ROW)
#undef SETTING_ROW
};
static_assert(HV_ARRAY_LEN(rows) == SETTING_COUNT, "a row for every setting");

const struct setting_row *setting_row(enum setting setting)
{
	return &rows[setting];
}

enum setting setting_find(const char *section, const char *key)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, key) == 0) {
			return (enum setting)i;
		}
	}
	return SETTING_COUNT;
}

static enum hv_status check_number(const struct setting_row *row, const char *value, struct hv_error *err)
{
	char *end;
	long long number = strtoll(value, &end, 10);
	if (value[0] == '\0' || *end != '\0' || number < row->least || number > row->most) {
		return hv_error_set(err, HV_ERR_INVALID, "'%s' is no number from %" PRId64 " to %" PRId64, value,
			row->least, row->most);
	}
	return HV_OK;
}

enum hv_status setting_check(enum setting setting, const char *value, struct hv_error *err)
{
	const struct setting_row *row = &rows[setting];
	int64_t age_us;
	switch (row->type) {
	case SETTING_TYPE_YES_NO:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
			return hv_error_set(err, HV_ERR_INVALID, "'%s' is neither yes nor no", value);
		}
		return HV_OK;
	case SETTING_TYPE_NUMBER:
		return check_number(row, value, err);
	case SETTING_TYPE_AGE:
		if (!hv_parse_age(value, &age_us) || age_us <= 0) {
			return hv_error_set(
				err, HV_ERR_INVALID, "'%s' is no time; write 90s, 15m, 12h, 30d or 2w", value);
		}
		return HV_OK;
	case SETTING_TYPE_NAME:
		if (!hv_text_is_name(value, NAME_MAX_CHARACTERS) || strpbrk(value, ";#") != NULL) {
			return hv_error_set(err, HV_ERR_INVALID,
				"a name has 1 to %d characters, none of them ';' or '#'", NAME_MAX_CHARACTERS);
		}
		return HV_OK;
	}
	return HV_OK;
}
