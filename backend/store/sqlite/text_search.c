/*
 * text_contains(text, key): SQL's keyword filter (L1). The key is folded once by the caller with hv_text_name_key();
 * text in ASCII, which is nearly all of it, is compared in place, other text is folded too, so that letter case is
 * ignored in every script.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/text.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static bool is_ascii(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] >= 0x80) {
			return false;
		}
	}
	return true;
}

/* `key` is lower case already. */
static bool contains_ascii(const char *text, size_t length, const char *key, size_t key_length)
{
	if (key_length == 0) {
		return true;
	}
	for (size_t i = 0; i + key_length <= length; i++) {
		size_t same = 0;
		while (same < key_length && lower((unsigned char)text[i + same]) == (unsigned char)key[same]) {
			same++;
		}
		if (same == key_length) {
			return true;
		}
	}
	return false;
}

static void text_contains(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *text = (const char *)sqlite3_value_text(values[0]);
	const char *key = (const char *)sqlite3_value_text(values[1]);
	if (!text || !key) {
		sqlite3_result_int(context, 0);
		return;
	}
	size_t length = (size_t)sqlite3_value_bytes(values[0]);
	size_t key_length = (size_t)sqlite3_value_bytes(values[1]);
	if (is_ascii(text, length)) {
		sqlite3_result_int(context, contains_ascii(text, length, key, key_length));
		return;
	}
	char *folded = hv_text_name_key(text);
	sqlite3_result_int(context, strstr(folded, key) != NULL);
	free(folded);
}

enum hv_status store_register_functions(struct sqlite_store *store, struct hv_error *err)
{
	int code = sqlite3_create_function_v2(store->database, "text_contains", 2,
		SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, text_contains, NULL, NULL, NULL);
	return code == SQLITE_OK ? HV_OK : store_failure(store, code, err);
}
