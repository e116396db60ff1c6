#include "backend/base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend/base/clock.h"

#define MINUTE_US (60 * HV_SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

/* No age or size that is shown has more digits. */
static int clamp(int64_t number)
{
	return number > 999999 ? 999999 : (int)number;
}

const char *hv_format_age(int64_t age_us, char text[16])
{
	static const struct {
		int64_t unit_us;
		int64_t below_us;
		char suffix;
	} units[] = {
		{HV_SECOND_US, 2 * MINUTE_US, 's'},
		{MINUTE_US, 2 * HOUR_US, 'm'},
		{HOUR_US, 2 * DAY_US, 'h'},
		{DAY_US, INT64_MAX, 'd'},
	};
	size_t unit = 0;
	if (age_us < 0) {
		age_us = 0;
	}
	while (unit + 1 < HV_ARRAY_LEN(units) && age_us >= units[unit].below_us) {
		unit++;
	}
	(void)snprintf(text, 16, "%d%c", clamp(age_us / units[unit].unit_us), units[unit].suffix);
	return text;
}

const char *hv_format_bytes(int64_t bytes, char text[16])
{
	static const char suffixes[] = "BKMGTP";
	size_t unit = 0;
	int64_t whole = bytes < 0 ? 0 : bytes;
	int64_t rest = 0;
	while (whole >= 1024 && unit < sizeof suffixes - 2) {
		rest = whole % 1024;
		whole /= 1024;
		unit++;
	}
	if (whole == 0) {
		(void)snprintf(text, 16, "0");
	} else if (unit == 0 || whole >= 100) {
		(void)snprintf(text, 16, "%d%c", clamp(whole), suffixes[unit]);
	} else {
		(void)snprintf(text, 16, "%d.%d%c", clamp(whole), (int)(rest * 10 / 1024), suffixes[unit]);
	}
	return text;
}

const char *hv_format_time(int64_t time_us, char text[32])
{
	time_t seconds = (time_t)(time_us / HV_SECOND_US);
	struct tm parts;
	if (!gmtime_r(&seconds, &parts) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
		(void)snprintf(text, 32, "?");
	}
	return text;
}

bool hv_parse_age(const char *text, int64_t *ret_age_us)
{
	static const struct {
		char suffix;
		int64_t unit_us;
	} units[] = {{'s', HV_SECOND_US}, {'m', MINUTE_US}, {'h', HOUR_US}, {'d', DAY_US}, {'w', 7 * DAY_US}};
	int64_t number = 0;
	const char *p = text;
	if (*p < '0' || *p > '9') {
		return false;
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (*p - '0');
		if (number > 1000000) {
			return false;
		}
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(units); i++) {
		if (p[0] == units[i].suffix && p[1] == '\0') {
			*ret_age_us = number * units[i].unit_us;
			return true;
		}
	}
	return false;
}

bool hv_parse_bytes(const char *text, int64_t *ret_bytes)
{
	static const char suffixes[] = "KMGT";
	const int64_t most = INT64_C(64) << 40;
	int64_t number = 0;
	const char *p = text;
	if (*p < '0' || *p > '9') {
		return false;
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (*p - '0');
		if (number > most) {
			return false;
		}
	}
	const char *suffix = *p ? strchr(suffixes, *p) : NULL;
	if (*p && (!suffix || p[1] != '\0')) {
		return false;
	}
	int shift = suffix ? 10 * ((int)(suffix - suffixes) + 1) : 0;
	if (number == 0 || number > most >> shift) {
		return false;
	}
	*ret_bytes = number << shift;
	return true;
}
