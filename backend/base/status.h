/*
 * What a fallible call returns, and the sentence that goes with a failure.
 *
 * The last parameter of a fallible function is a `struct hv_error *err`, which may be NULL and is written
 * only on failure. Out-parameters are called `ret_x` and are written only on HV_OK.
 */
#ifndef HV_BASE_STATUS_H
#define HV_BASE_STATUS_H

#include "backend/base/attributes.h"

enum hv_status {
	HV_OK = 0,
	HV_ERR_INVALID,         /* the input is malformed: a usage error of the caller or of a user's file */
	HV_ERR_NOT_FOUND,       /* no such object, or none that the caller may see */
	HV_ERR_AMBIGUOUS,       /* a name that fits several objects; the text lists them */
	HV_ERR_REFUSED,         /* a rule of the domain says no, now; the text says why */
	HV_ERR_CONFLICT,        /* somebody else was first: compare-and-set lost, or X1 */
	HV_ERR_DENIED,          /* the caller lacks the right (A1) */
	HV_ERR_UNREACHABLE,     /* the host cannot be talked to */
	HV_ERR_TIMEOUT,         /* a deadline passed before an answer */
	HV_ERR_PROTOCOL,        /* what came back cannot be understood */
	HV_ERR_HOST,            /* the host was asked and said that it failed */
	HV_ERR_STORE,           /* the store refused, is full, locked, corrupt, foreign or newer */
	HV_ERR_UNKNOWN_OUTCOME, /* sent, and no way to know yet what became of it (Y4) */
	HV_ERR_CANCELLED,
	HV_ERR_IO,              /* the operating system failed */
	HV_STATUS_COUNT
};

struct hv_error {
	enum hv_status status;
	char text[600]; /* one sentence, no full stop; user's strings in 'quotes', already safe to show */
};

/** Set *err (which may be NULL) and return `status`, so that a failure is one line. */
enum hv_status hv_error_set(struct hv_error *err, enum hv_status status, const char *format, ...)
	HV_PRINTF(3, 4);

/** Put "prefix: " before the text of *err; used once at the border of a layer. err may be NULL. */
void hv_error_prefix(struct hv_error *err, const char *format, ...) HV_PRINTF(2, 3);

/** The name of a status as it stands in JSON errors and logs, e.g. "NotFound". */
const char *hv_status_name(enum hv_status status);

#endif
