/*
 * text_contains(text, key): SQL's keyword filter (L1). The key is folded once by the caller with hv_text_name_key();
 * text in ASCII, which is nearly all of it, is compared in place, other text is folded too, so that letter case is
 * ignored in every script.
 *
 * search_words(display_name, name, description): what the keyword index keeps of a row; folded the same way. A control
 * character stands between them, so that nearly no keyword is found across two of them; what is found is looked at again.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
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

static void search_words(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct hv_text words = HV_TEXT_INIT;
	for (int i = 0; i < count; i++) {
		const char *text = (const char *)sqlite3_value_text(values[i]);
		HV_CLEANUP_FREE char *key = text ? hv_text_name_key(text) : NULL;
		hv_text_puts(&words, i > 0 ? "\x1f" : "");
		hv_text_puts(&words, key ? key : "");
	}
	sqlite3_result_text(context, hv_text_detach(&words), -1, free);
}

enum hv_status store_register_functions(struct sqlite_store *store, struct hv_error *err)
{
	static const struct {
		const char *name;
		int parameters;
		void (*function)(sqlite3_context *context, int count, sqlite3_value **values);
	} functions[] = {{"text_contains", 2, text_contains}, {"search_words", 3, search_words}};
	int code = SQLITE_OK;
	for (size_t i = 0; code == SQLITE_OK && i < HV_ARRAY_LEN(functions); i++) {
		code = sqlite3_create_function_v2(store->database, functions[i].name, functions[i].parameters,
			SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, functions[i].function, NULL,
			NULL, NULL);
	}
	return code == SQLITE_OK ? HV_OK : store_failure(store, code, err);
}
