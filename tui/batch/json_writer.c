#include "tui/batch/json_writer.h"

#include <inttypes.h>
#include <string.h>

void json_writer_init(struct json_writer *json, struct output *output)
{
	json->output = output;
	json->after_value = false;
}

/* The scalar value of the UTF-8 sequence at `p`, its length in *ret_length; 0 when it is not one (nor NUL). */
static uint32_t decode(const unsigned char *p, size_t *ret_length)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {{0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
	for (size_t i = 0; i < HV_ARRAY_LEN(forms); i++) {
		if ((p[0] & forms[i].mask) != forms[i].lead) {
			continue;
		}
		uint32_t c = p[0] & (unsigned char)~forms[i].mask;
		for (size_t k = 1; k <= i + 1; k++) {
			if ((p[k] & 0xC0) != 0x80) { /* also the terminating NUL: never read beyond it */
				return 0;
			}
			c = c << 6 | (p[k] & 0x3FU);
		}
		bool surrogate = c >= 0xD800 && c <= 0xDFFF;
		*ret_length = i + 2;
		return c < forms[i].least || surrogate || c > 0x10FFFF ? 0 : c;
	}
	return 0;
}

/* Characters that are legal in JSON but would move, hide or reorder what a terminal shows. */
static bool must_escape(uint32_t c)
{
	return (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

static void write_escape(struct output *output, uint32_t c)
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *pair = NULL;
	for (size_t i = 0; i + 1 < sizeof named && !pair; i += 2) {
		pair = (unsigned char)named[i] == c ? named + i : NULL;
	}
	if (pair) {
		const char text[2] = {'\\', pair[1]};
		output_write(output, text, sizeof text);
	} else {
		output_printf(output, "\\u%04" PRIx32, c);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void write_string(struct output *output, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	output_write(output, "\"", 1);
	while (*p) {
		const unsigned char *start = p;
		while (is_plain(*p)) {
			p++;
		}
		output_write(output, (const char *)start, (size_t)(p - start));
		if (*p == '\0') {
			break;
		}
		size_t length = 1;
		uint32_t c = *p < 0x80 ? *p : decode(p, &length);
		if (c == 0) {
			output_puts(output, "\xEF\xBF\xBD");
			length = 1;
		} else if (c < 0x80 || must_escape(c)) {
			write_escape(output, c);
		} else {
			output_write(output, (const char *)p, length);
		}
		p += length;
	}
	output_write(output, "\"", 1);
}

/* What stands before every value: the comma, and the key of a member. */
static void before_value(struct json_writer *json, const char *key)
{
	if (json->after_value) {
		output_write(json->output, ",", 1);
	}
	json->after_value = true;
	if (key) { /* our own words: nothing to escape */
		output_write(json->output, "\"", 1);
		output_puts(json->output, key);
		output_write(json->output, "\":", 2);
	}
}

void json_open_object(struct json_writer *json, const char *key)
{
	before_value(json, key);
	output_write(json->output, "{", 1);
	json->after_value = false;
}

void json_close_object(struct json_writer *json)
{
	output_write(json->output, "}", 1);
	json->after_value = true;
}

void json_open_array(struct json_writer *json, const char *key)
{
	before_value(json, key);
	output_write(json->output, "[", 1);
	json->after_value = false;
}

void json_close_array(struct json_writer *json)
{
	output_write(json->output, "]", 1);
	json->after_value = true;
}

void json_new_line(struct json_writer *json)
{
	if (json->after_value) {
		output_write(json->output, ",", 1);
	}
	json->after_value = false;
	output_write(json->output, "\n", 1);
}

void json_put_string(struct json_writer *json, const char *key, const char *value)
{
	before_value(json, key);
	if (value) {
		write_string(json->output, value);
	} else {
		output_puts(json->output, "null");
	}
}

void json_put_integer(struct json_writer *json, const char *key, int64_t value)
{
	before_value(json, key);
	output_printf(json->output, "%" PRId64, value);
}

void json_put_integer_known(struct json_writer *json, const char *key, int64_t value)
{
	if (value < 0) {
		json_put_string(json, key, NULL);
	} else {
		json_put_integer(json, key, value);
	}
}

void json_put_bool(struct json_writer *json, const char *key, bool value)
{
	before_value(json, key);
	output_puts(json->output, value ? "true" : "false");
}

void json_put_uuid(struct json_writer *json, const char *key, const struct hv_uuid *value)
{
	char text[HV_UUID_TEXT_SIZE];
	json_put_string(json, key, hv_uuid_is_nil(value) ? NULL : hv_uuid_format(value, text));
}

void json_put_time(struct json_writer *json, const char *key, int64_t time_us)
{
	char text[32];
	json_put_string(json, key, time_us == 0 ? NULL : hv_format_time(time_us, text));
}
