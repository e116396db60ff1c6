#include "backend/agent/wire_field.h"

#include <assert.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/uuid.h"

static enum hv_status refuse(
	const struct field *field, const char *what, const char *why, struct hv_error *err)
{
	return hv_error_set(err, HV_ERR_PROTOCOL, "'%s' of %s %s", field->name, what, why);
}

static enum hv_status check_text(
	const json_t *value, const struct field *field, const char *what, struct hv_error *err)
{
	if (!json_is_string(value)) {
		return refuse(field, what, "is not a string", err);
	}
	if (json_string_length(value) > WIRE_TEXT_MAX) {
		return refuse(field, what, "is too long", err);
	}
	return HV_OK;
}

static enum hv_status read_text(const json_t *value, const struct field *field, const char *what, void *to,
	struct hv_error *err)
{
	enum hv_status status = check_text(value, field, what, err);
	if (status == HV_OK) {
		hv_replace_string(to, json_string_value(value));
	}
	return status;
}

static enum hv_status read_uuid(const json_t *value, const struct field *field, const char *what, void *to,
	struct hv_error *err)
{
	struct hv_uuid uuid;
	if (!json_is_string(value) || !hv_uuid_parse(json_string_value(value), &uuid) ||
		hv_uuid_is_nil(&uuid)) {
		return refuse(field, what, "is not a uuid", err);
	}
	memcpy(to, &uuid, sizeof uuid);
	return HV_OK;
}

static enum hv_status read_integer(const json_t *value, const struct field *field, const char *what,
	void *to, struct hv_error *err)
{
	if (!json_is_integer(value)) {
		return refuse(field, what, "is not an integer", err);
	}
	int64_t number = json_integer_value(value);
	if (number < field->minimum || number > field->maximum) {
		return refuse(field, what, "is out of range", err);
	}
	memcpy(to, &number, sizeof number);
	return HV_OK;
}

static enum hv_status read_bool(const json_t *value, const struct field *field, const char *what, void *to,
	struct hv_error *err)
{
	if (!json_is_boolean(value)) {
		return refuse(field, what, "is neither true nor false", err);
	}
	bool truth = json_is_true(value);
	memcpy(to, &truth, sizeof truth);
	return HV_OK;
}

static enum hv_status read_name(const json_t *value, const struct field *field, const char *what, void *to,
	struct hv_error *err)
{
	int number = 0;
	enum hv_status status = check_text(value, field, what, err);
	if (status != HV_OK) {
		return status;
	}
	if (!field->parse(json_string_value(value), &number)) {
		return refuse(field, what, "is none of the known names", err);
	}
	memcpy(to, &number, sizeof number);
	return HV_OK;
}

static enum hv_status (*const readers[])(const json_t *value, const struct field *field, const char *what,
	void *to, struct hv_error *err) = {
	[FIELD_TEXT] = read_text,
	[FIELD_UUID] = read_uuid,
	[FIELD_INTEGER] = read_integer,
	[FIELD_BOOL] = read_bool,
	[FIELD_NAME] = read_name,
};
static_assert(HV_ARRAY_LEN(readers) == FIELD_TYPE_COUNT, "a reader for every type");

enum hv_status wire_fields(const json_t *object, const struct field *fields, size_t count, const char *what,
	void *to, struct hv_error *err)
{
	if (!json_is_object(object)) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "%s is not an object", what);
	}
	for (size_t i = 0; i < count; i++) {
		const struct field *field = &fields[i];
		const json_t *value = json_object_get(object, field->name);
		if (!value || json_is_null(value)) {
			if (field->presence == FIELD_NULLABLE) {
				continue;
			}
			return refuse(field, what, "is missing", err);
		}
		enum hv_status status =
			readers[field->type](value, field, what, (char *)to + field->offset, err);
		if (status != HV_OK) {
			return status;
		}
	}
	return HV_OK;
}

enum hv_status wire_member_object(const json_t *object, const char *name, const char *what,
	enum field_presence presence, const json_t **ret_member, struct hv_error *err)
{
	const json_t *member = json_object_get(object, name);
	if (!member || json_is_null(member)) {
		if (presence == FIELD_REQUIRED) {
			return hv_error_set(err, HV_ERR_PROTOCOL, "'%s' of %s is missing", name, what);
		}
		*ret_member = NULL;
		return HV_OK;
	}
	if (!json_is_object(member)) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "'%s' of %s is not an object", name, what);
	}
	*ret_member = member;
	return HV_OK;
}

enum hv_status wire_member_list(const json_t *object, const char *name, const char *what, size_t most,
	const json_t **ret_member, struct hv_error *err)
{
	const json_t *member = json_object_get(object, name);
	if (!json_is_array(member)) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "'%s' of %s is not a list", name, what);
	}
	if (json_array_size(member) > most) {
		return hv_error_set(err, HV_ERR_PROTOCOL, "'%s' of %s has more than %zu entries", name,
			what, most);
	}
	*ret_member = member;
	return HV_OK;
}
