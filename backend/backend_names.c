/*
 * Names of offerings and accounts: few, they do not change, and every row of a VM shows them, so each is read from the
 * store once.
 */
#include "backend/backend_internal.h"

#include <stdlib.h>
#include <string.h>

/* X5, by hypervisor version: a thousand hosts have three of them. Good for one look at the store. */
struct known_capability {
	char *version;
	bool enabled;
	UT_hash_handle hh;
};

struct known_name {
	int64_t id;
	char *name; /* may be NULL */
	char *domain; /* of an account */
	UT_hash_handle hh;
};

static struct known_name *find(struct known_name *names, int64_t id)
{
	struct known_name *known = NULL;
	HASH_FIND(hh, names, &id, sizeof id, known);
	return known;
}

const char *names_offering(struct hv_backend *backend, int64_t id)
{
	if (id == 0) {
		return NULL;
	}
	struct known_name *known = find(backend->offerings, id);
	if (!known) {
		char *name = NULL;
		if (backend->store->ops->offering_name(backend->store, id, &name, NULL) != HV_OK) {
			return NULL;
		}
		known = hv_alloc(sizeof *known);
		known->id = id;
		known->name = name;
		HASH_ADD(hh, backend->offerings, id, sizeof known->id, known);
	}
	return known->name;
}

const char *names_account(struct hv_backend *backend, int64_t id, const char **ret_domain)
{
	*ret_domain = NULL;
	if (id == 0) {
		return NULL;
	}
	struct known_name *known = find(backend->accounts, id);
	if (!known) {
		char *name = NULL;
		char *domain = NULL;
		if (backend->store->ops->account_names(backend->store, id, &name, &domain, NULL) !=
			HV_OK) {
			return NULL;
		}
		known = hv_alloc(sizeof *known);
		known->id = id;
		known->name = name;
		known->domain = domain;
		HASH_ADD(hh, backend->accounts, id, sizeof known->id, known);
	}
	*ret_domain = known->domain;
	return known->name;
}

bool names_snapshots_enabled(struct hv_backend *backend, const char *version)
{
	struct known_capability *known = NULL;
	HASH_FIND_STR(backend->capabilities, version, known);
	if (!known) {
		bool enabled = true; /* the engine asks for itself, and refuses when it cannot know */
		(void)backend->store->ops->snapshots_enabled(backend->store, version, &enabled, NULL);
		known = hv_alloc(sizeof *known);
		known->version = hv_strdup(version);
		known->enabled = enabled;
		HASH_ADD_KEYPTR(hh, backend->capabilities, known->version, strlen(known->version), known);
	}
	return known->enabled;
}

void names_look_again(struct hv_backend *backend)
{
	struct known_capability *known;
	struct known_capability *next;
	HASH_ITER(hh, backend->capabilities, known, next) {
		HASH_DEL(backend->capabilities, known);
		free(known->version);
		free(known);
	}
}

static void clear(struct known_name **names)
{
	struct known_name *known;
	struct known_name *next;
	HASH_ITER(hh, *names, known, next) {
		HASH_DEL(*names, known);
		free(known->name);
		free(known->domain);
		free(known);
	}
}

void names_clear(struct hv_backend *backend)
{
	clear(&backend->offerings);
	clear(&backend->accounts);
	names_look_again(backend);
}
