/* bench-fleet STORE HOSTS VMS SNAPSHOTS [CHAIN [SEED]]: make a store of this size. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/fleet.h"

static int64_t number(const char *text)
{
	char *end = NULL;
	long long value = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || value < 0) {
		fprintf(stderr, "bench-fleet: '%s' is not a number\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	if (argc < 5 || argc > 7) {
		fputs("usage: bench-fleet STORE HOSTS VMS SNAPSHOTS [CHAIN [SEED]]\n", stderr);
		return 2;
	}
	struct fleet_size size = {
		.hosts = number(argv[2]),
		.vms = number(argv[3]),
		.snapshots = number(argv[4]),
		.chain = argc > 5 ? number(argv[5]) : 0,
		.seed = argc > 6 ? (uint64_t)number(argv[6]) : 1,
	};
	fleet_make(argv[1], &size);
	return 0;
}
