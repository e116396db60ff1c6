/*
 * test_simulation SEED [--trace]        one seed, with its history
 * test_simulation --seeds FROM COUNT    many; a failing one is named, and told when it is run alone
 * test_simulation --same FROM COUNT     each twice: the same seed must give the same history
 */
#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FAILURES 20
#define FEW_SEEDS 50

static int run_one(uint64_t seed, bool with_trace)
{
	struct statistics statistics = {0};
	struct hv_text trace = HV_TEXT_INIT;
	char failure[1024];
	uint64_t hash;
	bool held = simulation_run(seed, &statistics, &hash, &trace, failure);
	if (with_trace || !held) {
		(void)fputs(hv_text_get(&trace), stdout);
	}
	hv_text_clear(&trace);
	(void)printf("seed %" PRIu64 ": %s (history %016" PRIx64 ")\n", seed,
		held ? "all held" : failure, hash);
	return held ? 0 : 1;
}

static void tell_statistics(const struct statistics *statistics, int failures)
{
	(void)printf("%" PRId64 " seeds, %d failed; %" PRId64 " requests, %" PRId64
		     " refused; operations: %" PRId64 " done, %" PRId64 " failed, %" PRId64
		     " cancelled; %" PRId64 " consoles died; %" PRId64
		     " turns; healed within %d s (seed %" PRIu64 ")\n",
		statistics->seeds, failures, statistics->requests, statistics->refused,
		statistics->ended[OPERATION_DONE], statistics->ended[OPERATION_FAILED],
		statistics->ended[OPERATION_CANCELLED], statistics->kills, statistics->turns,
		(int)(statistics->longest_heal_us / HV_SECOND_US), statistics->longest_heal_seed);
}

static int run_many(uint64_t from, uint64_t count, bool twice)
{
	struct statistics statistics = {0};
	char failure[1024];
	int failures = 0;
	for (uint64_t seed = from; seed < from + count && failures < MOST_FAILURES; seed++) {
		uint64_t hash, again;
		bool held = simulation_run(seed, &statistics, &hash, NULL, failure);
		if (held && twice && simulation_run(seed, &statistics, &again, NULL, failure) &&
			again != hash) {
			(void)snprintf(failure, sizeof failure, "two runs have two histories");
			held = false;
		}
		if (!held) {
			failures++;
			(void)printf("seed %" PRIu64 ": %s\n", seed, failure);
			(void)fflush(stdout);
		}
	}
	tell_statistics(&statistics, failures);
	bool idle = statistics.seeds >= FEW_SEEDS &&
		    statistics.ended[OPERATION_DONE] < statistics.seeds;
	if (idle) { /* a simulation in which nothing is done proves nothing */
		(void)printf("hardly any operation was done\n");
	}
	return failures > 0 || idle ? 1 : 0;
}

static int usage(void)
{
	(void)fputs(
		"usage: test_simulation SEED [--trace] | --seeds FROM COUNT | --same FROM COUNT\n",
		stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int code;
	if (argc == 4 && (strcmp(argv[1], "--seeds") == 0 || strcmp(argv[1], "--same") == 0)) {
		code = run_many(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10),
			strcmp(argv[1], "--same") == 0);
	} else if (argc == 2 || (argc == 3 && strcmp(argv[2], "--trace") == 0)) {
		code = run_one(strtoull(argv[1], NULL, 10), argc == 3);
	} else {
		return usage();
	}
	hosts_forget_templates();
	return code;
}
