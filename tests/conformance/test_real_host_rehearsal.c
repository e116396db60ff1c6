/*
 * The tests of a real host, rehearsed: a real sshd on loopback, whose remote command is the PowerShell agent on a fake
 * Hyper-V, is the host. They must pass there, leave the scratch VM as they found it, touch nothing else, and refuse every VM
 * that is not fit. Skipped, with the reason, where there is no PowerShell or no sshd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tests/conformance/scene.h"
#include "tests/ssh/ssh_powershell.h"

#define SCRATCH "hvtree-test scratch"
#define MADE_ID "5c4a7c40-0000-4000-8000-000000000001"

static struct ssh_world *world;
static struct scene scene; /* looks at the host from beside it */
static pid_t hands;        /* what the guest holds, for the commands that the tests are given */

/* ---- the host ---- */

static void name_host(void)
{
	HV_CLEANUP_FREE char *lines = hv_sprintf("Host rehearsal\nHostName 127.0.0.1\nPort %u\n", world->port);
	HV_CLEANUP_FREE char *config = ssh_world_path(world, "config");
	ssh_world_configure(world, "user", lines);
	assert_int_equal(setenv("HVTREE_SSH_CONFIG", config, 1), 0);
	assert_int_equal(setenv("HVTREE_TEST_HOST", "rehearsal", 1), 0);
}

/* A command that passes its arguments on as one order to the hands, and prints what they tell. */
static void make_hook(const char *name, const char *variable)
{
	HV_CLEANUP_FREE char *path = ssh_world_path(world, name);
	HV_CLEANUP_FREE char *command = hv_sprintf("/bin/sh %s", path);
	HV_CLEANUP_FREE char *script = hv_sprintf("cd %s || exit 1\n"
						  "line=%s; for word in \"$@\"; do line=\"$line\t$word\"; done\n"
						  "printf '%%s\\n' \"$line\" >orders; IFS= read -r told <answers\n"
						  "case $told in ok*) printf '%%s\\n' \"${told#ok }\" ;; *) exit 1 ;; esac\n",
		world->folder, name);
	ssh_write_file(path, script);
	assert_int_equal(setenv(variable, command, 1), 0);
}

static void start_hands(const char *powershell)
{
	HV_CLEANUP_FREE char *orders = ssh_world_path(world, "orders");
	HV_CLEANUP_FREE char *answers = ssh_world_path(world, "answers");
	HV_CLEANUP_FREE char *script = hv_sprintf("%s/tests/conformance/hands.ps1", source_folder());
	HV_CLEANUP_FREE char *line =
		hv_sprintf("exec %s -NoProfile -File %s <>%s 1<>%s", powershell, script, orders, answers);
	const char *const argv[] = {"/bin/sh", "-c", line, NULL};
	assert_int_equal(mkfifo(orders, 0600), 0);
	assert_int_equal(mkfifo(answers, 0600), 0);
	hands = ssh_start(argv, -1);
	make_hook("read", "HVTREE_TEST_GUEST_READ");
	make_hook("write", "HVTREE_TEST_GUEST_WRITE");
}

static void make_scratch(void)
{
	const char *const order[] = {"vm", MADE_ID, SCRATCH, "Off", "root", "data", NULL};
	(void)hand_order(order);
	hand_write(SCRATCH, false, "hvtree-test", "from before");
}

/* ---- the tests of a real host, as a person runs them ---- */

static int rehearse(const char *vm, struct hv_text *output)
{
	HV_CLEANUP_FREE char *program = hv_sprintf("%s/../tests/test_conformance_real_host", getenv("HVTREE_BIN_DIR"));
	const char *const argv[] = {program, NULL};
	assert_int_equal(vm ? setenv("HVTREE_TEST_VM", vm, 1) : unsetenv("HVTREE_TEST_VM"), 0);
	return ssh_run(argv, output);
}

static void assert_refused(const char *vm, const char *why)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	int code = rehearse(vm, &output);
	if (code != 1 || !strstr(hv_text_get(&output), why)) {
		fail_msg("'%s': %d: %s", vm ? vm : "", code, hv_text_get(&output));
	}
}

/* Everything that the host tells of its VMs, by their names, without what goes on counting; of the scratch VM also without
 * where its disks are, for they are allowed to move. */
static json_t *told_vms(void)
{
	const json_t *body = json_object_get(ask(&scene, "GetInventoryCommand", json_object()), "body");
	json_t *vms = json_object();
	size_t index, at;
	json_t *one, *volume;
	json_array_foreach(json_object_get(body, "vms"), index, one) {
		const char *name = json_string_value(json_object_get(one, "vmName"));
		json_t *vm = json_deep_copy(one);
		(void)json_object_del(vm, "revision");
		json_array_foreach(json_object_get(vm, "volumes"), at, volume) {
			(void)json_object_del(volume, "chainSize");
			if (strcmp(name, SCRATCH) == 0) {
				(void)json_object_del(volume, "path");
			}
		}
		(void)json_object_set_new(vms, name, vm);
	}
	return vms;
}

static void assert_untouched(json_t *take_before)
{
	json_t *after = told_vms();
	HV_CLEANUP_FREE char *was = json_dumps(take_before, JSON_SORT_KEYS);
	HV_CLEANUP_FREE char *is = json_dumps(after, JSON_SORT_KEYS);
	json_decref(take_before);
	json_decref(after);
	assert_string_equal(was, is);
	assert_string_equal(hand_read(SCRATCH, false, "hvtree-test"), "from before");
}

static int set_up(void **state)
{
	(void)state;
	scene_open(&scene, subject_named("powershell"));
	make_scratch();
	ssh_powershell_serve(world, subject_command()[0]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_close(&scene);
	return 0;
}

/* ---- tests ---- */

static void test_real_host__does_every_act_and_leaves_the_vm_as_it_was_found(void **state)
{
	HV_CLEANUP(hv_text_clear) struct hv_text output = HV_TEXT_INIT;
	(void)state;
	hand_foreign("db", "theirs", "Standard");
	json_t *before = told_vms();
	start_hands(subject_command()[0]);
	scene_kill_agent(&scene); /* it would end by itself, for nobody speaks to it meanwhile */
	int code = rehearse(SCRATCH, &output);
	(void)kill(hands, SIGKILL);
	assert_int_equal(waitpid(hands, NULL, 0), hands);
	if (code != 0 || strstr(hv_text_get(&output), "skipped: what the guest holds")) {
		fail_msg("%d: %s", code, hv_text_get(&output));
	}
	scene_start_agent(&scene);
	assert_untouched(before);
}

static void test_real_host__refuses_every_vm_that_is_not_given_or_not_fit(void **state)
{
	(void)state;
	json_t *before = told_vms();
	assert_refused(NULL, "it must name the one VM");
	assert_refused("web", "the name must begin with");
	assert_refused("hvtree-test nobody", "the host has no such VM");
	assert_untouched(before);
	hand_foreign(SCRATCH, "theirs", "Standard");
	before = told_vms();
	assert_refused(SCRATCH, "it has checkpoints");
	assert_untouched(before);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_real_host__does_every_act_and_leaves_the_vm_as_it_was_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_real_host__refuses_every_vm_that_is_not_given_or_not_fit, set_up, tear_down),
	};
	const char *why = NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("SSH_AUTH_SOCK");
	(void)setenv("HVTREE_TEST_MOVE", "yes", 1);
	world = subject_named("powershell") ? ssh_world_new("", &why) : NULL;
	if (!world) {
		(void)printf("skipped: %s\n", why ? why : "no PowerShell");
		return 77;
	}
	name_host();
	int failed = cmocka_run_group_tests_name("conformance/real_host_rehearsal", tests, NULL, NULL);
	scenes_end();
	ssh_world_free(world);
	return failed;
}
