/* Which member of a value is which member of its JSON object: one row each, for writing and for reading. */
#ifndef HV_TUI_OFFLINE_PICTURE_FIELDS_H
#define HV_TUI_OFFLINE_PICTURE_FIELDS_H

#include <stddef.h>
#include "backend/backend.h"

enum picture_type {
	PICTURE_TEXT,      /* const char *; "" when the file has none */
	PICTURE_TEXT_NULL, /* const char *; NULL when the file has none */
	PICTURE_NUMBER,    /* int64_t */
	PICTURE_INDEX,     /* int32_t */
	PICTURE_BOOL,
	PICTURE_UUID,
	PICTURE_ENUM, /* int-sized; by `name_of`, the first one when the file has none */
};

struct picture_field {
	const char *key;
	enum picture_type type;
	size_t offset;
	const char *(*name_of)(int value);
	int count; /* values of the enum */
};

struct picture_form {
	const struct picture_field *fields;
	size_t count;
};

extern const struct picture_form picture_host_form, picture_vm_form, picture_operation_form, picture_tree_form,
	picture_node_form, picture_volume_form;

#endif
