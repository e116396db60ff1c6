/*
 * No jank: while somebody else changes the fleet as fast as the store takes it, and keys of all kinds are hit without a
 * rest, no turn of the console's loop keeps its thread busy for longer than a person notices. What is judged is CPU time,
 * so a busy machine does not fail it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/store/store.h"
#include "tests/bench/fleet.h"
#include "tests/support/program.h"
#include "tests/support/pty.h"

#define TURN_US_MAX 50000
#define ROUNDS 150
#define CHANGES_A_ROUND 100
#define VMS 20000

struct storm {
	char folder[32];
	char *path;
	struct pty *pty;
	struct store *store;
	struct virtual_machine_list vms;
	size_t at;
};

static int enter(void **state)
{
	struct storm *storm = hv_alloc(sizeof *storm);
	struct hv_error error;
	(void)snprintf(storm->folder, sizeof storm->folder, "/tmp/hvtree-jank-XXXXXX");
	assert_non_null(mkdtemp(storm->folder));
	storm->path = hv_sprintf("%s/hvtree.db", storm->folder);
	fleet_make(storm->path,
		&(struct fleet_size){.hosts = 40, .vms = VMS, .snapshots = 60000, .chain = 5000, .seed = 5});
	assert_int_equal(store_open_sqlite(storm->path, 30000, &storm->store, &error), HV_OK);
	assert_int_equal(storm->store->ops->vm_list(storm->store, 0, &storm->vms, &error), HV_OK);
	const char *const argv[] = {program_path("hvtree"), "--store", storm->path, NULL};
	storm->pty = pty_start(&(struct pty_options){.argv = argv, .width = 200, .height = 60});
	*state = storm;
	return 0;
}

static int leave(void **state)
{
	struct storm *storm = *state;
	pty_free(storm->pty);
	virtual_machine_list_clear(&storm->vms);
	storm->store->ops->close(storm->store);
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < HV_ARRAY_LEN(suffixes); i++) {
		HV_CLEANUP_FREE char *name = hv_sprintf("%s%s", storm->path, suffixes[i]);
		(void)remove(name);
	}
	static const char *const beside[] = {"hvtree.log"};
	for (size_t i = 0; i < HV_ARRAY_LEN(beside); i++) {
		HV_CLEANUP_FREE char *name = hv_sprintf("%s/%s", storm->folder, beside[i]);
		(void)remove(name);
	}
	(void)rmdir(storm->folder);
	free(storm->path);
	free(storm);
	return 0;
}

static void change_some(struct storm *storm)
{
	struct hv_error error;
	const struct store_ops *ops = storm->store->ops;
	assert_int_equal(ops->begin(storm->store, &error), HV_OK);
	for (int i = 0; i < CHANGES_A_ROUND; i++) {
		struct virtual_machine *vm = &storm->vms.items[storm->at++ % storm->vms.count];
		enum vm_state state = vm->state == VM_RUNNING ? VM_PAUSED : VM_RUNNING;
		assert_int_equal(ops->vm_set_state(storm->store, vm, state, &error), HV_OK);
	}
	assert_int_equal(ops->commit(storm->store, &error), HV_OK);
}

static void test_storm__no_turn_of_the_loop_takes_longer_than_50_ms(void **state)
{
	static const char *const keys[] = {"j", "j", "l", "<PageDown>", "<Enter>", "k", "G", "<PageUp>", "l", "j", "l",
		"*", "g", "<Tab>", "<Tab>", "J", "J", "L", "L", "?", "<Escape>", "h", "H", "<^L>"};
	struct storm *storm = *state;
	pty_wait_text(storm->pty, "rack 0");
	for (int round = 0; round < ROUNDS; round++) {
		change_some(storm);
		pty_keys(storm->pty, keys[(size_t)round % HV_ARRAY_LEN(keys)]);
	}
	pty_keys(storm->pty, "<Escape>g");
	pty_wait_text(storm->pty, "rack 0");
	int64_t longest_us = pty_longest_turn_us(storm->pty);
	print_message("longest turn: %lld us\n", (long long)longest_us);
	assert_true(longest_us > 0);
	assert_true(longest_us <= TURN_US_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_storm__no_turn_of_the_loop_takes_longer_than_50_ms, enter, leave),
	};
	return cmocka_run_group_tests_name("bench/jank", tests, NULL, NULL);
}
