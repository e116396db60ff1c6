/*
 * Settings that are facts of the store and hold for every console on it: one row each. What only concerns how one
 * console looks is not here.
 */
#ifndef HV_DOMAIN_STORE_SETTING_H
#define HV_DOMAIN_STORE_SETTING_H

#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"

struct store_setting {
	const char *name;
	const char *standard; /* when nobody has set it */
	int64_t least, most;
	const char *help;
};

const struct store_setting *store_settings(size_t *ret_count);
/** NULL when there is no such setting. */
const struct store_setting *store_setting_find(const char *name);
/** HV_ERR_INVALID with a sentence when `value` is nothing that the setting may be. */
enum hv_status store_setting_check(const struct store_setting *setting, const char *value, struct hv_error *err)
	HV_MUST_CHECK;

#endif
