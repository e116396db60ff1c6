#include "tui/state/secret_field.h"

#include <string.h>

void secret_field_clear(struct secret_field *field)
{
	explicit_bzero(field, sizeof *field);
}

static void append(struct secret_field *field, const char *bytes, size_t length)
{
	if (length < sizeof field->bytes - field->length) {
		memcpy(field->bytes + field->length, bytes, length);
		field->length += length;
	}
}

/* A line that is pasted often brings its end along. */
static size_t line_length(const char *paste)
{
	return strcspn(paste, "\r\n");
}

static void erase_last(struct secret_field *field)
{
	while (field->length > 0) {
		unsigned char last = (unsigned char)field->bytes[--field->length];
		field->bytes[field->length] = '\0';
		if ((last & 0xC0) != 0x80) {
			return;
		}
	}
}

bool secret_field_key(struct secret_field *field, struct key key, const char *paste)
{
	char bytes[KEY_UTF8_SIZE];
	switch (key.code) {
	case KEY_CODE_CHARACTER:
		append(field, bytes, key_utf8(key.character, bytes));
		explicit_bzero(bytes, sizeof bytes);
		return true;
	case KEY_CODE_PASTE:
		append(field, paste ? paste : "", line_length(paste ? paste : ""));
		return true;
	case KEY_CODE_BACKSPACE:
		erase_last(field);
		return true;
	case KEY_CODE_CONTROL:
		if (key.character == 'u') {
			secret_field_clear(field);
		}
		return key.character == 'u';
	default:
		return false;
	}
}
