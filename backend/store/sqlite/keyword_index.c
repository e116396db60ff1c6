/*
 * The index of keywords (L1): snapshot_words holds, for each three characters that follow each other in a live row's
 * texts, the rows that have them. It keeps no text and no positions, so it is small and quick, and says who may have
 * a keyword; text_contains() on the row says who has it.
 */
#include "backend/store/sqlite/sqlite_store.h"

#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

#define PIECE_CHARACTERS 3
#define PIECES_MAX 24         /* of a long keyword: more would find the same rows */
/* Looking at each of fewer is quicker than reading a million in order until a page of 1,000 is full; of more it is the
 * other way round. About 50 ms either way. */
#define NARROW_CANDIDATES 16000

static enum hv_status run_on_row(
	struct sqlite_store *store, const char *sql, int64_t vm_id, int64_t id, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, vm_id);
	query_int(&query, id);
	return query_run(&query, NULL, err);
}

enum hv_status keyword_index_add(struct sqlite_store *store, int64_t vm_id, int64_t id, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO snapshot_words (rowid, words)"
		" SELECT id, search_words(display_name, name, description) FROM vm_snapshots"
		" WHERE vm_id = ? AND id = ? AND removed = 0";
	return run_on_row(store, sql, vm_id, id, err);
}

/* The index has no texts of its own: it is told which ones it forgets. */
enum hv_status keyword_index_drop(struct sqlite_store *store, int64_t vm_id, int64_t id, struct hv_error *err)
{
	static const char sql[] =
		"INSERT INTO snapshot_words (snapshot_words, rowid, words)"
		" SELECT 'delete', id, search_words(display_name, name, description) FROM vm_snapshots"
		" WHERE vm_id = ? AND id = ?";
	return run_on_row(store, sql, vm_id, id, err);
}

/* Length in bytes of the first `count` characters; 0 when there are fewer. The text is valid UTF-8. */
static size_t length_of(const char *text, int count)
{
	const char *p = text;
	for (int i = 0; i < count; i++) {
		if (*p == '\0') {
			return 0;
		}
		p++;
		while (((unsigned char)*p & 0xC0) == 0x80) {
			p++;
		}
	}
	return (size_t)(p - text);
}

char *keyword_index_match(const char *key)
{
	struct hv_text match = HV_TEXT_INIT;
	size_t length;
	for (int i = 0; i < PIECES_MAX && (length = length_of(key, PIECE_CHARACTERS)) > 0; i++) {
		hv_text_puts(&match, i > 0 ? " AND \"" : "\"");
		for (size_t k = 0; k < length; k++) {
			hv_text_append(&match, "\"\"", key[k] == '"' ? 2 : 0);
			hv_text_append(&match, key + k, key[k] == '"' ? 0 : 1);
		}
		hv_text_puts(&match, "\"");
		key += length_of(key, 1);
	}
	if (match.length == 0) {
		hv_text_clear(&match);
		return NULL;
	}
	return hv_text_detach(&match);
}

enum hv_status keyword_index_is_narrow(
	struct sqlite_store *store, const char *match, bool *ret_narrow, struct hv_error *err)
{
	static const char sql[] = "SELECT count(*) FROM"
				  " (SELECT 1 FROM snapshot_words WHERE snapshot_words MATCH ? LIMIT ?)";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, match);
	query_int(&query, NARROW_CANDIDATES);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_narrow = read_int(&query) < NARROW_CANDIDATES;
	}
	return status;
}
