/* bench-storm STORE RATE SECONDS [VM]: as another console, write RATE changes of the states of VMs a second, at most 100
 * commits a second, over all VMs of the fleet in turn; of one VM alone when its name is given. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "backend/store/store.h"

#define COMMITS_A_SECOND 100

static void must(enum hv_status status, const struct hv_error *error)
{
	if (status != HV_OK) {
		fprintf(stderr, "bench-storm: %s\n", error->text);
		exit(1);
	}
}

static void change(struct store *store, struct virtual_machine *vm, struct hv_error *error)
{
	enum vm_state state = vm->state == VM_RUNNING ? VM_PAUSED : VM_RUNNING;
	must(store->ops->vm_set_state(store, vm, state, error), error);
}

int main(int argc, char **argv)
{
	struct store *store = NULL;
	struct hv_error error;
	struct virtual_machine_list all = {0};
	if (argc < 4 || argc > 5) {
		fputs("usage: bench-storm STORE RATE SECONDS [VM]\n", stderr);
		return 2;
	}
	long rate = strtol(argv[2], NULL, 10);
	long a_second = rate < COMMITS_A_SECOND ? rate : COMMITS_A_SECOND;
	long each = rate / a_second;
	long commits = strtol(argv[3], NULL, 10) * a_second;
	must(store_open_sqlite(argv[1], 5000, &store, &error), &error);
	must(argc == 5 ? store->ops->vm_find(store, argv[4], &all, &error)
		       : store->ops->vm_list(store, 0, &all, &error),
		&error);
	struct timespec due;
	(void)clock_gettime(CLOCK_MONOTONIC, &due);
	size_t at = 0;
	for (long i = 0; i < commits; i++) {
		must(store->ops->begin(store, &error), &error);
		for (long k = 0; k < each; k++) {
			change(store, &all.items[at++ % all.count], &error);
		}
		must(store->ops->commit(store, &error), &error);
		due.tv_nsec += 1000000000 / a_second;
		due.tv_sec += due.tv_nsec / 1000000000;
		due.tv_nsec %= 1000000000;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	}
	virtual_machine_list_clear(&all);
	store->ops->close(store);
	return 0;
}
