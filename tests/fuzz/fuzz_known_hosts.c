/* Whatever a known_hosts file holds: a key is known only when a line holds that very key, and what is appended is found. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/transport/known_hosts.h"
#include "tests/fuzz/fuzz.h"

static const char blob[] = "\0\0\0\013ssh-ed25519\0\0\0\040" "abcdefghijklmnopqrstuvwxyz012345";
static const char line[] = "\nhv01.example ssh-ed25519 "
			   "AAAAC3NzaC1lZDI1NTE5AAAAIGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MDEyMzQ1\n";

static enum key_standing check(const char *text, size_t length, const char *name)
{
	struct known_hosts hosts = {0};
	struct key_place place;
	const struct host_key key = {"ssh-ed25519", blob, sizeof blob - 1};
	known_hosts_add(&hosts, "corpus", text, length);
	enum key_standing standing = known_hosts_check(&hosts, name, &key, &place);
	if ((standing == KEY_UNKNOWN) != (place.path == NULL)) {
		abort();
	}
	free(known_hosts_types(&hosts, name));
	known_hosts_clear(&hosts);
	return standing;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	(void)check(text, size, "[hv01.example]:2222");
	enum key_standing before = check(text, size, "hv01.example");
	char *both = hv_alloc(size + sizeof line);
	memcpy(both, text, size);
	memcpy(both + size, line, sizeof line - 1);
	enum key_standing after = check(both, size + sizeof line - 1, "hv01.example");
	if (after != (before == KEY_REVOKED ? KEY_REVOKED : KEY_KNOWN)) {
		abort(); /* nothing that stands before a good line may hide it, but a revocation */
	}
	free(both);
	return 0;
}
