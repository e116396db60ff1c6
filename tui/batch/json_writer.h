/*
 * Writes JSON as a stream: nothing is kept, so a list of a million rows takes no memory. Whatever the strings hold, what
 * comes out is valid UTF-8 and harmless on a terminal: control and direction characters are escaped, broken bytes
 * become U+FFFD.
 *
 * Inside an object every function takes the member's key; inside an array, or for the outermost value, NULL.
 */
#ifndef HV_TUI_BATCH_JSON_WRITER_H
#define HV_TUI_BATCH_JSON_WRITER_H

#include "tui/batch/output.h"

struct json_writer {
	struct output *output;
	bool after_value; /* a comma is due before the next value */
};

void json_writer_init(struct json_writer *json, struct output *output);
void json_open_object(struct json_writer *json, const char *key);
void json_close_object(struct json_writer *json);
void json_open_array(struct json_writer *json, const char *key);
void json_close_array(struct json_writer *json);
/** Start the next value on a line of its own: one row of a list a line, for grep and diff. */
void json_new_line(struct json_writer *json);
void json_put_string(struct json_writer *json, const char *key, const char *value); /* NULL: null */
void json_put_integer(struct json_writer *json, const char *key, int64_t value);
void json_put_integer_known(struct json_writer *json, const char *key, int64_t value); /* negative: null */
void json_put_bool(struct json_writer *json, const char *key, bool value);
void json_put_uuid(struct json_writer *json, const char *key, const struct hv_uuid *value); /* nil: null */
void json_put_time(struct json_writer *json, const char *key, int64_t time_us); /* ISO 8601 UTC; 0: null */

#endif
