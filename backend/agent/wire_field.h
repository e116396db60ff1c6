/*
 * JSON objects to structs by tables of fields. Used by wire_*.c only: this header shows jansson.
 */
#ifndef HV_AGENT_WIRE_FIELD_H
#define HV_AGENT_WIRE_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"

#define WIRE_TEXT_MAX 4096 /* bytes of any string; names of Hyper-V are at most 100 characters, paths 32 Ki at most */
#define WIRE_BYTES_MAX (INT64_C(1) << 60)
#define WIRE_TIME_MAX (INT64_C(253402300800) * 1000000) /* the year 10000 */

enum field_type {
	FIELD_TEXT,    /* char *, owned */
	FIELD_UUID,    /* struct hv_uuid, never nil */
	FIELD_INTEGER, /* int64_t within [minimum, maximum] */
	FIELD_BOOL,    /* bool */
	FIELD_NAME,    /* one of a table of names; int */
	FIELD_TYPE_COUNT
};

enum field_presence {
	FIELD_REQUIRED,
	FIELD_NULLABLE, /* absent or null leaves the struct as it is */
};

struct field {
	const char *name;
	enum field_type type;
	enum field_presence presence;
	size_t offset;
	int64_t minimum;
	int64_t maximum;
	bool (*parse)(const char *name, int *ret_value); /* FIELD_NAME */
};

/* Rows of a table: where in which struct, how it is called on the wire. */
#define WIRE_REQUIRED(type_, struct_, member, name_)                                                       \
	{                                                                                                  \
		.name = (name_), .type = (type_), .presence = FIELD_REQUIRED,                              \
		.offset = offsetof(struct struct_, member)                                                 \
	}
#define WIRE_NULLABLE(type_, struct_, member, name_)                                                       \
	{                                                                                                  \
		.name = (name_), .type = (type_), .presence = FIELD_NULLABLE,                              \
		.offset = offsetof(struct struct_, member)                                                 \
	}
#define WIRE_NUMBER(struct_, member, name_, minimum_, maximum_)                                            \
	{                                                                                                  \
		.name = (name_), .type = FIELD_INTEGER, .presence = FIELD_REQUIRED,                        \
		.offset = offsetof(struct struct_, member), .minimum = (minimum_), .maximum = (maximum_)   \
	}
#define WIRE_NULLABLE_NUMBER(struct_, member, name_, minimum_, maximum_)                                   \
	{                                                                                                  \
		.name = (name_), .type = FIELD_INTEGER, .presence = FIELD_NULLABLE,                        \
		.offset = offsetof(struct struct_, member), .minimum = (minimum_), .maximum = (maximum_)   \
	}
#define WIRE_NAMED(struct_, member, name_, parse_)                                                         \
	{                                                                                                  \
		.name = (name_), .type = FIELD_NAME, .presence = FIELD_REQUIRED,                           \
		.offset = offsetof(struct struct_, member), .parse = (parse_)                              \
	}

/**
 * Fill `to` from `object`. Members that are not in the table are ignored.
 *
 * @param what  what the object is, for the sentence: "a checkpoint"
 * @param to    zeroed or holding defaults; on failure some of its strings may be set and are the caller's to clear
 */
enum hv_status wire_fields(const json_t *object, const struct field *fields, size_t count, const char *what,
	void *to, struct hv_error *err) HV_MUST_CHECK;

/* A member that is itself an object or a list; *ret is NULL when it is absent or null and that is allowed. */
enum hv_status wire_member_object(const json_t *object, const char *name, const char *what,
	enum field_presence presence, const json_t **ret_member, struct hv_error *err) HV_MUST_CHECK;
enum hv_status wire_member_list(const json_t *object, const char *name, const char *what, size_t most,
	const json_t **ret_member, struct hv_error *err) HV_MUST_CHECK;

#endif
