/*
 * Who may see and change what (A1). Accounts belong to domains, which are a tree of paths: "/", "/prod", "/prod/web".
 *
 *   role            sees                                        changes
 *   viewer          its account's VMs, and its domain's with
 *                   the domains below                           nothing
 *   operator        the same                                    what it sees
 *   administrator   everything                                  everything, also accounts and capabilities
 *
 * Who has no account sees nothing. What a caller may not see does not exist for it: the refusal is the same.
 */
#ifndef HV_DOMAIN_AUTHORITY_H
#define HV_DOMAIN_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/status.h"

enum account_role {
	ACCOUNT_VIEWER,
	ACCOUNT_OPERATOR,
	ACCOUNT_ADMINISTRATOR,
	ACCOUNT_ROLE_COUNT
};

struct account {
	int64_t id;
	char *name;
	int64_t domain_id;
	char *domain; /* path */
	enum account_role role;
	char *os_user; /* the operating-system user who acts as this account; NULL: nobody */
	int64_t vm_count; /* 0 where nobody counted: only a list of accounts tells it */
};
void account_clear(struct account *account);

struct account_list {
	struct account *items;
	size_t count;
	size_t capacity;
};
void account_list_clear(struct account_list *list);
struct account *account_list_add(struct account_list *list);

const char *account_role_name(enum account_role role); /* "Viewer" ... */
/** In any letter case. */
bool account_role_parse(const char *name, enum account_role *ret_role);

/** Whether `path` is `domain` or lies below it; both without a slash at the end, but for "/". */
bool domain_contains(const char *domain, const char *path);

/* In each, caller NULL: who asks has no account. */

/** Whether the caller may see what belongs to this account in the domain with this path. */
bool authority_sees(const struct account *caller, int64_t account_id, const char *domain);
/** Whether the caller's role lets it change anything of what it sees. */
bool authority_changes(const struct account *caller);
/** HV_OK; HV_ERR_NOT_FOUND as for a VM that does not exist; HV_ERR_DENIED with the right that is missing. */
enum hv_status authority_check_vm(const struct account *caller, int64_t account_id, const char *domain,
	struct hv_error *err) HV_MUST_CHECK;
/** HV_OK, or HV_ERR_DENIED: accounts, owners of VMs and capabilities are an administrator's. */
enum hv_status authority_check_administrator(const struct account *caller, struct hv_error *err) HV_MUST_CHECK;

#endif
