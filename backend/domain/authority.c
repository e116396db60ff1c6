#include "backend/domain/authority.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/memory.h"

static const char *const role_names[] = {
	[ACCOUNT_VIEWER] = "Viewer",
	[ACCOUNT_OPERATOR] = "Operator",
	[ACCOUNT_ADMINISTRATOR] = "Administrator",
};
static_assert(HV_ARRAY_LEN(role_names) == ACCOUNT_ROLE_COUNT, "a name for every role");

void account_clear(struct account *account)
{
	free(account->name);
	free(account->domain);
	free(account->os_user);
	*account = (struct account){0};
}

void account_list_clear(struct account_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		account_clear(&list->items[i]);
	}
	free(list->items);
	*list = (struct account_list){0};
}

struct account *account_list_add(struct account_list *list)
{
	HV_GROW(list->items, list->count, list->capacity);
	struct account *account = &list->items[list->count++];
	*account = (struct account){0};
	return account;
}

const char *account_role_name(enum account_role role)
{
	return (size_t)role < ACCOUNT_ROLE_COUNT ? role_names[role] : "?";
}

bool account_role_parse(const char *name, enum account_role *ret_role)
{
	for (size_t i = 0; i < ACCOUNT_ROLE_COUNT; i++) {
		if (strcasecmp(role_names[i], name) == 0) {
			*ret_role = (enum account_role)i;
			return true;
		}
	}
	return false;
}

bool domain_contains(const char *domain, const char *path)
{
	size_t length = strcmp(domain, "/") == 0 ? 0 : strlen(domain);
	return strncmp(domain, path, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool authority_sees(const struct account *caller, int64_t account_id, const char *domain)
{
	if (!caller) {
		return false;
	}
	return caller->role == ACCOUNT_ADMINISTRATOR || caller->id == account_id ||
	       domain_contains(caller->domain, domain);
}

bool authority_changes(const struct account *caller)
{
	return caller && caller->role != ACCOUNT_VIEWER;
}

enum hv_status authority_check_vm(
	const struct account *caller, int64_t account_id, const char *domain, struct hv_error *err)
{
	if (!caller) {
		return hv_error_set(err, HV_ERR_DENIED,
			"you have no account here; an administrator gives you one with 'hvtree account add'");
	}
	if (!authority_sees(caller, account_id, domain)) {
		return hv_error_set(err, HV_ERR_NOT_FOUND, "there is no such VM");
	}
	if (!authority_changes(caller)) {
		return hv_error_set(err, HV_ERR_DENIED,
			"account '%s' is a Viewer's, which changes nothing; this needs the right of an Operator",
			caller->name);
	}
	return HV_OK;
}

enum hv_status authority_check_administrator(const struct account *caller, struct hv_error *err)
{
	if (!caller) {
		return hv_error_set(err, HV_ERR_DENIED,
			"you have no account here; an administrator gives you one with 'hvtree account add'");
	}
	if (caller->role != ACCOUNT_ADMINISTRATOR) {
		return hv_error_set(err, HV_ERR_DENIED,
			"account '%s' has the role %s; this needs the right of an Administrator", caller->name,
			account_role_name(caller->role));
	}
	return HV_OK;
}
