/* Who owns, and what was bought: accounts in a tree of domains, and offerings. */
#include "backend/store/sqlite/sqlite_store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

#define OWNER_NAME_MAX 100 /* characters of a domain's, account's or offering's name */

static enum hv_status check_name(const char *name, const char *what, struct hv_error *err)
{
	if (name && hv_text_is_name(name, OWNER_NAME_MAX) && !strchr(name, '/')) {
		return HV_OK;
	}
	return hv_error_set(err, HV_ERR_INVALID,
		"%s name has 1 to %d characters, no control characters and no '/'", what, OWNER_NAME_MAX);
}

enum hv_status store_offering_ensure(struct store *base, const char *name, int64_t cpus,
	int64_t memory_bytes, int64_t *ret_id, struct hv_error *err)
{
	/* the update changes nothing: it makes the row that exists come back */
	static const char sql[] =
		"INSERT INTO service_offering (name, cpus, memory_bytes) VALUES (?, ?, ?)"
		" ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
	struct sqlite_store *store = sqlite_store(base);
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = check_name(name, "an offering's", err);
	}
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, name);
	query_int(&query, cpus);
	query_int(&query, memory_bytes);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_id = read_int(&query);
	}
	return status;
}

enum hv_status store_offering_name(
	struct store *base, int64_t id, char **ret_name, struct hv_error *err)
{
	static const char sql[] = "SELECT name FROM service_offering WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such offering");
	}
	if (status == HV_OK) {
		*ret_name = read_text(&query);
	}
	return status;
}

/* The domain `name` under `parent_id`, whose path is `path` in all. */
static enum hv_status ensure_domain(struct sqlite_store *store, int64_t parent_id, const char *name,
	const char *path, int64_t *ret_id, struct hv_error *err)
{
	static const char sql[] = "INSERT INTO domain (parent, name, path) VALUES (?, ?, ?)"
				  " ON CONFLICT (path) DO UPDATE SET path = excluded.path RETURNING id";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = check_name(name, "a domain's", err);
	if (status == HV_OK) {
		status = query_start(&query, store, sql, err);
	}
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, parent_id);
	query_text(&query, name);
	query_text(&query, path);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_id = read_int(&query);
	}
	return status;
}

/* Every domain along "/a/b/", from the root down. */
static enum hv_status ensure_path(
	struct sqlite_store *store, const char *path, int64_t *ret_id, struct hv_error *err)
{
	int64_t id = STORE_SEED_ID;
	enum hv_status status = HV_OK;
	if (*path != '/') {
		return hv_error_set(err, HV_ERR_INVALID, "the path of a domain begins with '/'");
	}
	const char *name = path + 1;
	while (status == HV_OK && *name != '\0') {
		const char *end = strchrnul(name, '/');
		HV_CLEANUP_FREE char *one = hv_strndup(name, (size_t)(end - name));
		HV_CLEANUP_FREE char *all = hv_strndup(path, (size_t)(end - path));
		status = ensure_domain(store, id, one, all, &id, err);
		name = *end == '/' ? end + 1 : end;
	}
	if (status == HV_OK) {
		*ret_id = id;
	}
	return status;
}

static enum hv_status ensure_account(struct sqlite_store *store, const char *name, int64_t domain_id,
	int64_t *ret_id, struct hv_error *err)
{
	static const char sql[] = "INSERT INTO account (name, domain_id) VALUES (?, ?)"
				  " ON CONFLICT (domain_id, name) DO UPDATE SET name = excluded.name RETURNING id";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, name);
	query_int(&query, domain_id);
	status = query_next(&query, &row, err);
	if (status == HV_OK) {
		*ret_id = read_int(&query);
	}
	return status;
}

enum hv_status store_account_ensure(struct store *base, const char *name, const char *domain_path,
	int64_t *ret_account_id, int64_t *ret_domain_id, struct hv_error *err)
{
	struct sqlite_store *store = sqlite_store(base);
	int64_t domain_id = 0;
	int64_t account_id = 0;
	enum hv_status status = check_name(name, "an account's", err);
	if (status == HV_OK) {
		status = store_begin_part(store, err);
	}
	if (status != HV_OK) {
		return status;
	}
	status = ensure_path(store, domain_path ? domain_path : "/", &domain_id, err);
	if (status == HV_OK) {
		status = ensure_account(store, name, domain_id, &account_id, err);
	}
	status = store_end_part(store, status, err);
	if (status == HV_OK) {
		*ret_account_id = account_id;
		*ret_domain_id = domain_id;
	}
	return status;
}

enum hv_status store_account_names(struct store *base, int64_t account_id, char **ret_account,
	char **ret_domain, struct hv_error *err)
{
	static const char sql[] =
		"SELECT a.name, d.path FROM account a JOIN domain d ON d.id = a.domain_id WHERE a.id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_int(&query, account_id);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such account");
	}
	if (status == HV_OK) {
		*ret_account = read_text(&query);
		*ret_domain = read_text(&query);
	}
	return status;
}
