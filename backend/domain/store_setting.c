#include "backend/domain/store_setting.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backend/domain/snapshot.h"

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

static const struct store_setting rows[] = {
	{"vmsnapshot.max", TEXT_OF(SNAPSHOT_LIMIT_DEFAULT), 0, SNAPSHOT_LIMIT_HYPERV,
		"snapshots that a VM may have (C3); Hyper-V itself allows no more than " TEXT_OF(SNAPSHOT_LIMIT_HYPERV)},
};

const struct store_setting *store_settings(size_t *ret_count)
{
	*ret_count = HV_ARRAY_LEN(rows);
	return rows;
}

const struct store_setting *store_setting_find(const char *name)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

enum hv_status store_setting_check(const struct store_setting *setting, const char *value, struct hv_error *err)
{
	char *end;
	long long number = strtoll(value, &end, 10);
	bool digits = value[0] >= '0' && value[0] <= '9';
	if (!digits || *end != '\0' || number < setting->least || number > setting->most) {
		return hv_error_set(err, HV_ERR_INVALID, "%s is a number from %" PRId64 " to %" PRId64, setting->name,
			setting->least, setting->most);
	}
	return HV_OK;
}
