/* What `ssh -G` prints, and addresses: whatever comes, a target is whole or refused. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/transport/ssh_target.h"
#include "tests/fuzz/fuzz.h"

static void check_address(const char *text)
{
	struct ssh_address address;
	if (ssh_address_parse(text, &address, NULL) != HV_OK) {
		return;
	}
	if (address.host[0] == '\0' || address.host[0] == '-' || address.port > 65535 ||
		(address.user && (address.user[0] == '-' || address.user[0] == '\0'))) {
		abort();
	}
	ssh_address_clear(&address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssh_target target;
	struct ssh_address address = {NULL, hv_strdup("hv01"), 0};
	if (ssh_target_parse(&target, &address, "/home/user", (const char *)data, size, NULL) == HV_OK) {
		if (!target.host || !target.user || target.port == 0 || target.port > 65535) {
			abort();
		}
		ssh_target_clear(&target);
	}
	ssh_address_clear(&address);
	char *text = hv_strndup((const char *)data, size);
	check_address(text);
	free(text);
	return 0;
}
