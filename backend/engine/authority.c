/*
 * Who asks (A1): every request is judged here first, inside its transaction, so that a right that was taken away is gone
 * at once; and what an administrator changes: accounts, owners of VMs.
 */
#include "backend/engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"

enum hv_status caller_find(struct engine *engine, const char *user, struct account *ret_account,
	bool *ret_known, struct hv_error *err)
{
	struct store *store = engine->config.store;
	*ret_account = (struct account){0};
	enum hv_status status = store->ops->account_by_user(store, user ? user : "", ret_account, err);
	*ret_known = status == HV_OK;
	return status == HV_ERR_NOT_FOUND ? HV_OK : status;
}

enum hv_status caller_judge(
	struct engine *engine, const char *user, int64_t vm_id, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account caller;
	struct virtual_machine vm = {0};
	bool known;
	char *account = NULL;
	char *domain = NULL;
	enum hv_status status = caller_find(engine, user, &caller, &known, err);
	if (status == HV_OK && !known) {
		status = authority_check_vm(NULL, 0, "/", err);
	}
	if (status == HV_OK) {
		status = store->ops->vm_get(store, vm_id, &vm, err);
		if (status == HV_ERR_NOT_FOUND) {
			status = hv_error_set(err, status, "there is no such VM");
		}
	}
	if (status == HV_OK) {
		status = store->ops->account_names(store, vm.account_id, &account, &domain, err);
	}
	if (status == HV_OK) {
		status = authority_check_vm(&caller, vm.account_id, domain, err);
	}
	free(account);
	free(domain);
	virtual_machine_clear(&vm);
	account_clear(&caller);
	return status;
}

enum hv_status engine_check_administrator(struct engine *engine, const char *user, struct hv_error *err)
{
	struct account caller;
	bool known;
	enum hv_status status = caller_find(engine, user, &caller, &known, err);
	if (status == HV_OK) {
		status = authority_check_administrator(known ? &caller : NULL, err);
	}
	account_clear(&caller);
	return status;
}

static enum hv_status audit(struct engine *engine, const char *user, const char *what, const char *details,
	int64_t vm_id, struct hv_error *err)
{
	struct store *store = engine->config.store;
	return store->ops->event_insert(
		store, engine_wall_us(engine), user, what, details, vm_id, 0, HV_OK, err);
}

/* ---- the first one ---- */

static bool somebody_acts(const struct account_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].os_user) {
			return true;
		}
	}
	return false;
}

static enum hv_status claim(
	struct engine *engine, const char *user, struct account_list *list, struct hv_error *err)
{
	struct store *store = engine->config.store;
	for (size_t i = 0; i < list->count; i++) {
		struct account *first = &list->items[i];
		if (first->role == ACCOUNT_ADMINISTRATOR) {
			hv_replace_string(&first->os_user, user);
			enum hv_status status = store->ops->account_save(store, first, err);
			HV_CLEANUP_FREE char *details = hv_sprintf("the first user, '%s', is account '%s'", user, first->name);
			return status == HV_OK ? audit(engine, user, "ClaimStore", details, 0, err) : status;
		}
	}
	return HV_OK;
}

enum hv_status engine_claim(struct engine *engine, const char *user, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account_list list = {0};
	enum hv_status status = store->ops->account_list(store, &list, err);
	bool claimed = somebody_acts(&list);
	account_list_clear(&list);
	if (status != HV_OK || claimed) {
		return status;
	}
	status = engine_begin(engine, err);
	if (status == HV_OK) {
		status = store->ops->account_list(store, &list, err);
	}
	if (status == HV_OK && !somebody_acts(&list)) { /* another console may have been quicker */
		status = claim(engine, user, &list, err);
	}
	account_list_clear(&list);
	return engine_end(engine, status, err);
}

/* ---- accounts ---- */

/* Somebody must be left who can give rights. */
static enum hv_status check_administrator_left(struct engine *engine, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account_list list = {0};
	bool left = false;
	enum hv_status status = store->ops->account_list(store, &list, err);
	for (size_t i = 0; i < list.count; i++) {
		left = left || (list.items[i].role == ACCOUNT_ADMINISTRATOR && list.items[i].os_user);
	}
	account_list_clear(&list);
	if (status == HV_OK && !left) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"no user would be an Administrator any more; make another one first");
	}
	return status;
}

static enum hv_status find_account(struct engine *engine, const char *name, const char *domain,
	struct account *ret_account, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account_list list = {0};
	struct account *found = NULL;
	size_t count = 0;
	enum hv_status status = store->ops->account_list(store, &list, err);
	for (size_t i = 0; i < list.count; i++) {
		struct account *each = &list.items[i];
		if (strcmp(each->name, name) == 0 && (!domain || strcmp(each->domain, domain) == 0)) {
			found = each;
			count++;
		}
	}
	HV_CLEANUP_FREE char *shown = hv_text_printable(name, strlen(name));
	if (status == HV_OK && count == 0) {
		status = hv_error_set(err, HV_ERR_NOT_FOUND, "there is no account '%s'", shown);
	} else if (status == HV_OK && count > 1) {
		status = hv_error_set(
			err, HV_ERR_AMBIGUOUS, "%zu domains have an account '%s'; name one with --domain", count, shown);
	} else if (status == HV_OK) {
		*ret_account = *found;
		*found = (struct account){0}; /* moved */
	}
	account_list_clear(&list);
	return status;
}

static enum hv_status add_account(
	struct engine *engine, const struct engine_account *change, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account account = {0};
	int64_t domain_id;
	const char *domain = change->domain ? change->domain : "/";
	HV_CLEANUP_FREE char *shown = hv_text_printable(change->name, strlen(change->name));
	enum hv_status status = find_account(engine, change->name, domain, &account, NULL);
	account_clear(&account);
	if (status != HV_ERR_NOT_FOUND) {
		return status != HV_OK ? status
				       : hv_error_set(err, HV_ERR_CONFLICT, "there is an account '%s' already", shown);
	}
	status = store->ops->account_ensure(store, change->name, domain, &account.id, &domain_id, err);
	if (status == HV_OK) {
		account.role = change->role < 0 ? ACCOUNT_OPERATOR : (enum account_role)change->role;
		account.os_user = hv_strdup_null(change->os_user);
		status = store->ops->account_save(store, &account, err);
	}
	account_clear(&account);
	return status;
}

static enum hv_status set_account(
	struct engine *engine, const struct engine_account *change, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account account = {0};
	enum hv_status status = find_account(engine, change->name, change->domain, &account, err);
	if (status != HV_OK) {
		return status;
	}
	if (change->role >= 0) {
		account.role = (enum account_role)change->role;
	}
	if (change->os_user) {
		hv_replace_string(&account.os_user, *change->os_user ? change->os_user : NULL);
	}
	status = store->ops->account_save(store, &account, err);
	account_clear(&account);
	return status;
}

static enum hv_status remove_account(
	struct engine *engine, const struct engine_account *change, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account account = {0};
	enum hv_status status = find_account(engine, change->name, change->domain, &account, err);
	if (status == HV_OK) {
		status = store->ops->account_remove(store, account.id, err);
	}
	account_clear(&account);
	return status;
}

static enum hv_status assign_vm(
	struct engine *engine, const struct engine_account *change, struct hv_error *err)
{
	struct store *store = engine->config.store;
	struct account account = {0};
	enum hv_status status = find_account(engine, change->name, change->domain, &account, err);
	if (status == HV_OK) {
		status = store->ops->vm_set_account(store, change->vm_id, account.id, err);
	}
	account_clear(&account);
	return status;
}

/* What was asked for, for the audit log. Caller frees. */
static char *describe(const struct engine_account *change)
{
	struct hv_text text = HV_TEXT_INIT;
	hv_text_printf(&text, "account '%s'", change->name);
	if (change->domain) {
		hv_text_printf(&text, " of domain '%s'", change->domain);
	}
	if (change->role >= 0) {
		hv_text_printf(&text, ", role %s", account_role_name((enum account_role)change->role));
	}
	if (change->os_user) {
		hv_text_printf(&text, ", user '%s'", change->os_user);
	}
	return hv_text_detach(&text);
}

enum hv_status engine_change_account(
	struct engine *engine, const struct engine_account *change, struct hv_error *err)
{
	static const struct {
		const char *what;
		enum hv_status (*run)(
			struct engine *engine, const struct engine_account *change, struct hv_error *err);
	} changes[] = {
		[ENGINE_ACCOUNT_ADD] = {"AddAccount", add_account},
		[ENGINE_ACCOUNT_SET] = {"SetAccount", set_account},
		[ENGINE_ACCOUNT_REMOVE] = {"RemoveAccount", remove_account},
		[ENGINE_VM_ASSIGN] = {"AssignVm", assign_vm},
	};
	HV_CLEANUP_FREE char *details = describe(change);
	enum hv_status status = engine_begin(engine, err);
	if (status != HV_OK) {
		return status;
	}
	status = engine_check_administrator(engine, change->requested_by, err);
	if (status == HV_OK) {
		status = changes[change->kind].run(engine, change, err);
	}
	if (status == HV_OK) {
		status = check_administrator_left(engine, err);
	}
	if (status == HV_OK) {
		status = audit(engine, change->requested_by, changes[change->kind].what, details, change->vm_id, err);
	}
	return engine_end(engine, status, err);
}
