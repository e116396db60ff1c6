/* Accounts as the rules of authority need them (A1): role, operating-system user, and what belongs to them. */
#include "backend/store/sqlite/sqlite_store.h"

#include <string.h>

#include "backend/base/text.h"
#include "backend/store/sqlite/statement.h"

#define USER_NAME_MAX 100

#define ACCOUNT_COLUMNS "a.id, a.name, a.domain_id, d.path, a.role, a.os_user"

static enum hv_status read_account(struct query *query, struct account *ret_account, struct hv_error *err)
{
	struct account account = {.id = read_int(query)};
	account.name = read_text(query);
	account.domain_id = read_int(query);
	account.domain = read_text(query);
	if (!account_role_parse(read_borrowed(query), &account.role)) {
		query->bad_value = true;
	}
	account.os_user = read_text(query);
	enum hv_status status = read_check(query, "account", err);
	if (status == HV_OK) {
		*ret_account = account;
	} else {
		account_clear(&account);
	}
	return status;
}

enum hv_status store_account_list(struct store *base, struct account_list *list, struct hv_error *err)
{
	static const char sql[] =
		"SELECT " ACCOUNT_COLUMNS ", (SELECT count(*) FROM vm_instance v WHERE v.account_id = a.id)"
		" FROM account a JOIN domain d ON d.id = a.domain_id ORDER BY d.path, a.name";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	while (status == HV_OK && (status = query_next(&query, &row, err)) == HV_OK && row) {
		struct account account;
		status = read_account(&query, &account, err);
		if (status == HV_OK) {
			account.vm_count = read_int(&query);
			*account_list_add(list) = account;
		}
	}
	return status;
}

/* Asked for with every request and every change: its VMs, which may be the whole fleet, are not counted. */
enum hv_status store_account_by_user(
	struct store *base, const char *os_user, struct account *ret_account, struct hv_error *err)
{
	static const char sql[] = "SELECT " ACCOUNT_COLUMNS
				  " FROM account a JOIN domain d ON d.id = a.domain_id WHERE a.os_user = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	bool row = false;
	enum hv_status status = query_start(&query, sqlite_store(base), sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, os_user);
	status = query_next(&query, &row, err);
	if (status == HV_OK && !row) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "this user has no account");
	}
	return status == HV_OK ? read_account(&query, ret_account, err) : status;
}

/* One statement with a text and an id, either of which may be left out (NULL, 0). */
static enum hv_status run(struct sqlite_store *store, const char *sql, const char *text, int64_t id,
	int64_t *ret_changed, struct hv_error *err)
{
	HV_CLEANUP(query_end) struct query query = {0};
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	if (text) {
		query_text(&query, text);
	}
	if (id != 0) {
		query_int(&query, id);
	}
	return query_run(&query, ret_changed, err);
}

static enum hv_status write_account(
	struct sqlite_store *store, const struct account *account, struct hv_error *err)
{
	static const char sql[] = "UPDATE account SET role = ?, os_user = ? WHERE id = ?";
	HV_CLEANUP(query_end) struct query query = {0};
	int64_t changed = 0;
	enum hv_status status = query_start(&query, store, sql, err);
	if (status != HV_OK) {
		return status;
	}
	query_text(&query, account_role_name(account->role));
	query_text(&query, account->os_user);
	query_int(&query, account->id);
	status = query_run(&query, &changed, err);
	if (status == HV_OK && changed == 0) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such account");
	}
	return status;
}

enum hv_status store_account_save(
	struct store *base, const struct account *account, struct hv_error *err)
{
	static const char let_go[] = "UPDATE account SET os_user = NULL WHERE os_user = ? AND id <> ?";
	struct sqlite_store *store = sqlite_store(base);
	enum hv_status status = store_require_transaction(store, err);
	if (status != HV_OK) {
		return status;
	}
	if (account->os_user && !hv_text_is_name(account->os_user, USER_NAME_MAX)) {
		return hv_error_set(err, HV_ERR_INVALID,
			"a user's name has 1 to %d characters and no control characters", USER_NAME_MAX);
	}
	status = store_begin_part(store, err);
	if (status != HV_OK) {
		return status;
	}
	if (account->os_user) {
		status = run(store, let_go, account->os_user, account->id, NULL, err);
	}
	if (status == HV_OK) {
		status = write_account(store, account, err);
	}
	return store_end_part(store, status, err);
}

enum hv_status store_account_remove(struct store *base, int64_t id, struct hv_error *err)
{
	static const char sql[] =
		"DELETE FROM account WHERE id = ?1 AND id <> 1"
		" AND NOT EXISTS (SELECT 1 FROM vm_instance WHERE account_id = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM vm_snapshots WHERE account_id = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM snapshots WHERE account_id = ?1)";
	struct sqlite_store *store = sqlite_store(base);
	int64_t changed = 0;
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = run(store, sql, NULL, id, &changed, err);
	}
	if (status == HV_OK && changed == 0) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"this account is the first one, or VMs or snapshots belong to it; give its VMs to another "
			"one with 'hvtree vm assign'");
	}
	return status;
}

enum hv_status store_vm_set_account(
	struct store *base, int64_t vm_id, int64_t account_id, struct hv_error *err)
{
	static const char *const sql[] = {
		"UPDATE vm_instance SET account_id = ?1, domain_id = (SELECT domain_id FROM account WHERE id = ?1)"
		" WHERE id = ?2",
		"UPDATE vm_snapshots SET account_id = ?1, domain_id = (SELECT domain_id FROM account WHERE id = ?1)"
		" WHERE vm_id = ?2",
		"UPDATE snapshots SET account_id = ?1, domain_id = (SELECT domain_id FROM account WHERE id = ?1)"
		" WHERE vm_id = ?2",
	};
	struct sqlite_store *store = sqlite_store(base);
	enum hv_status status = store_require_transaction(store, err);
	if (status == HV_OK) {
		status = store_begin_part(store, err);
	}
	if (status != HV_OK) {
		return status;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(sql) && status == HV_OK; i++) {
		HV_CLEANUP(query_end) struct query query = {0};
		status = query_start(&query, store, sql[i], err);
		if (status == HV_OK) {
			query_int(&query, account_id);
			query_int(&query, vm_id);
			status = query_run(&query, NULL, err);
		}
	}
	if (status == HV_OK) {
		store_mark_vm(store, vm_id);
		store_mark_tree(store, vm_id);
	}
	return store_end_part(store, status, err);
}
