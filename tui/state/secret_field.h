/*
 * A secret that is typed: it stays where it is, in one place that is overwritten when it is cleared; it has no cursor to
 * move, for nothing of it is shown.
 */
#ifndef HV_TUI_STATE_SECRET_FIELD_H
#define HV_TUI_STATE_SECRET_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include "tui/input/key.h"

#define SECRET_FIELD_BYTES 512

struct secret_field {
	char bytes[SECRET_FIELD_BYTES]; /* NUL-terminated UTF-8 */
	size_t length;
};

void secret_field_clear(struct secret_field *field);
/** True when the key belongs to a field. What does not fit is left out as a whole. `paste` as in app_key(). */
bool secret_field_key(struct secret_field *field, struct key key, const char *paste);

#endif
