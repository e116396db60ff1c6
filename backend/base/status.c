#include "backend/base/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const status_names[] = {
	[HV_OK] = "Ok",
	[HV_ERR_INVALID] = "Invalid",
	[HV_ERR_NOT_FOUND] = "NotFound",
	[HV_ERR_AMBIGUOUS] = "Ambiguous",
	[HV_ERR_REFUSED] = "Refused",
	[HV_ERR_CONFLICT] = "Conflict",
	[HV_ERR_DENIED] = "Denied",
	[HV_ERR_UNREACHABLE] = "Unreachable",
	[HV_ERR_TIMEOUT] = "Timeout",
	[HV_ERR_PROTOCOL] = "Protocol",
	[HV_ERR_HOST] = "Host",
	[HV_ERR_STORE] = "Store",
	[HV_ERR_UNKNOWN_OUTCOME] = "UnknownOutcome",
	[HV_ERR_CANCELLED] = "Cancelled",
	[HV_ERR_IO] = "Io",
};
static_assert(HV_ARRAY_LEN(status_names) == HV_STATUS_COUNT, "a name for every status");

/* A cut must not leave half a UTF-8 sequence at the end. */
static void trim_partial_character(char *text)
{
	size_t end = strlen(text);
	size_t lead = end;
	while (lead > 0 && end - lead < 4 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80) {
		lead--;
	}
	if (lead == 0 || ((unsigned char)text[lead - 1] & 0x80) == 0) {
		return;
	}
	unsigned char first = (unsigned char)text[lead - 1];
	size_t want = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
	if (end - (lead - 1) < want) {
		text[lead - 1] = '\0';
	}
}

enum hv_status hv_error_set(struct hv_error *err, enum hv_status status, const char *format, ...)
{
	if (err) {
		va_list args;
		va_start(args, format);
		err->status = status;
		int length = vsnprintf(err->text, sizeof err->text, format, args);
		va_end(args);
		if (length >= (int)sizeof err->text) {
			trim_partial_character(err->text);
		}
	}
	return status;
}

void hv_error_prefix(struct hv_error *err, const char *format, ...)
{
	if (!err) {
		return;
	}
	char text[sizeof err->text * 2];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(text, sizeof err->text, format, args);
	va_end(args);
	if (length < 0) {
		return;
	}
	size_t used = strlen(text);
	(void)snprintf(text + used, sizeof text - used, ": %s", err->text);
	size_t keep = strlen(text);
	if (keep >= sizeof err->text) {
		keep = sizeof err->text - 1;
	}
	memcpy(err->text, text, keep);
	err->text[keep] = '\0';
	trim_partial_character(err->text);
}

const char *hv_status_name(enum hv_status status)
{
	return (size_t)status < HV_STATUS_COUNT ? status_names[status] : "?";
}
