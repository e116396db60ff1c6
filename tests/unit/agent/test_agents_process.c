/* Agents over real child processes: the scripted peer, and hvtree-sim as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/agent/agent.h"
#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "tests/unit/agent/fake_fleet.h" /* HELLO and the ids */

#define LIMIT_US (30 * HV_SECOND_US)
#define HOSTS 300
#define ARGUMENTS_MAX 16

#define SERVE_STOP "{\"id\":@,\"answer\":\"StopAnswer\",\"result\":true,\"body\":{\"vm\":" VM_OBJECT "}}"
#define HELLO_LINE                                                                                         \
	"{\"event\":\"Ready\",\"protocol\":1,\"agent\":\"peer\",\"host\":{\"name\":\"hv01\",\"guid\":\"" SOME_VM    \
	"\"},\"capabilities\":[]}"

struct scene {
	struct agents *agents;
	const char *argv[ARGUMENTS_MAX];
	int ready;
	int lost;
	int answers;
	int yes;
	int noises;
	struct hv_error reason;
	char noise[600];
	struct agent_answer last; /* owned */
	int vm_events;
	enum vm_state vm_state;
	int progress;
};

static enum hv_status open_peer(void *context, int64_t host_id, const struct transport_callbacks *callbacks,
	void *callback_context, struct transport **ret_transport, struct hv_error *err)
{
	struct scene *scene = context;
	struct hv_clock clock = hv_clock_system();
	(void)host_id;
	return transport_process_open(
		scene->argv, callbacks, callback_context, &clock, ret_transport, err);
}

static void on_ready(void *context, int64_t host_id, const struct agent_hello *hello)
{
	(void)host_id;
	(void)hello;
	((struct scene *)context)->ready++;
}

static void on_lost(void *context, int64_t host_id, const struct hv_error *reason, int64_t retry_us)
{
	struct scene *scene = context;
	(void)host_id;
	(void)retry_us;
	scene->lost++;
	scene->reason = *reason;
}

static void on_answer(void *context, int64_t host_id, const struct agent_answer *answer)
{
	struct scene *scene = context;
	(void)host_id;
	scene->answers++;
	scene->yes += answer->result;
	agent_answer_clear(&scene->last);
	scene->last = *answer;
	/* lists and strings stay the sender's: keep what the tests look at */
	scene->last.details = hv_strdup_null(answer->details);
	memset(&scene->last.vm, 0, sizeof scene->last.vm);
	scene->last.vm.state = answer->vm.state;
	scene->last.vm.checkpoint = answer->vm.checkpoint;
	memset(&scene->last.inventory, 0, sizeof scene->last.inventory);
	for (size_t i = 0; i < answer->inventory.count; i++) {
		struct agent_vm *vm = agent_vm_list_add(&scene->last.inventory);
		vm->uuid = answer->inventory.items[i].uuid;
		vm->name = hv_strdup(answer->inventory.items[i].name);
		vm->state = answer->inventory.items[i].state;
		vm->checkpoint = answer->inventory.items[i].checkpoint;
		checkpoint_list_copy(&vm->checkpoints, &answer->inventory.items[i].checkpoints);
		volume_list_copy(&vm->volumes, &answer->inventory.items[i].volumes);
	}
	scene->last.recorded = NULL;
}

static void on_progress(void *context, int64_t host_id, const struct hv_uuid *operation, int64_t percent,
	const char *phase)
{
	(void)host_id;
	(void)operation;
	(void)percent;
	(void)phase;
	((struct scene *)context)->progress++;
}

static void on_vm_changed(void *context, int64_t host_id, const struct agent_vm *vm)
{
	struct scene *scene = context;
	(void)host_id;
	scene->vm_events++;
	scene->vm_state = vm->state;
}

static void on_noise(void *context, int64_t host_id, const char *text)
{
	struct scene *scene = context;
	(void)host_id;
	scene->noises++;
	(void)snprintf(scene->noise, sizeof scene->noise, "%s", text);
}

static const struct agents_listener listener = {
	.ready = on_ready,
	.lost = on_lost,
	.answer = on_answer,
	.progress = on_progress,
	.vm_changed = on_vm_changed,
	.noise = on_noise,
};

static void begin(struct scene *scene, const struct agents_config *wish, const char *const *argv)
{
	memset(scene, 0, sizeof *scene);
	for (size_t i = 0; argv[i]; i++) {
		assert_true(i + 1 < ARGUMENTS_MAX);
		scene->argv[i] = argv[i];
	}
	struct agents_config config = *wish;
	config.listener = &listener;
	config.context = scene;
	config.clock = hv_clock_system();
	struct agents_connector connector = {open_peer, scene};
	scene->agents = agents_new(&config, &connector);
}
#define BEGIN(scene, ...)                                                                                  \
	begin((scene), &(struct agents_config){.backoff_ms = 5}, (const char *const[]){PEER, __VA_ARGS__, NULL})

static int64_t now_us(void)
{
	struct hv_clock clock = hv_clock_system();
	return hv_clock_monotonic_us(&clock);
}

static void turn(struct scene *scene)
{
	size_t count;
	const struct pollfd *mine = agents_poll_fds(scene->agents, &count);
	struct pollfd *fds = hv_realloc_array(NULL, count, sizeof *fds);
	memcpy(fds, mine, count * sizeof *fds);
	int64_t deadline = agents_deadline_us(scene->agents);
	int64_t left = deadline == HV_NEVER ? LIMIT_US : deadline - now_us();
	left = left > LIMIT_US ? LIMIT_US : left;
	(void)poll(fds, (nfds_t)count, left > 0 ? (int)((left + 999) / 1000) : 0);
	agents_handle(scene->agents, fds, count);
	free(fds);
}

static void turn_until(struct scene *scene, const int *counter, int wanted)
{
	int64_t limit = now_us() + LIMIT_US;
	while (*counter < wanted && now_us() < limit) {
		turn(scene);
	}
	assert_true(*counter >= wanted);
}

static void end(struct scene *scene)
{
	agents_free(scene->agents);
	agent_answer_clear(&scene->last);
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static struct agent_command stop_command(void)
{
	struct agent_command command = {.kind = AGENT_STOP};
	assert_true(hv_uuid_parse(SOME_OPERATION, &command.operation));
	assert_true(hv_uuid_parse(SOME_VM, &command.vm_uuid));
	return command;
}

static void send(struct scene *scene, int64_t host_id, const struct agent_command *command)
{
	struct hv_error error = {0};
	if (agents_send(scene->agents, host_id, command, &error) != HV_OK) {
		fail_msg("%s", error.text);
	}
}

static size_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;
	assert_non_null(folder);
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

/* ---- the peer ---- */

static void test_process_agents__answer_and_quit(void **state)
{
	struct scene scene;
	struct agent_command command = stop_command();
	(void)state;
	BEGIN(&scene, "say", "banner", "err", "a \x1b[31mwarning", "say", HELLO_LINE, "serve", SERVE_STOP);
	agents_add(scene.agents, 1);
	turn_until(&scene, &scene.ready, 1);
	send(&scene, 1, &command);
	turn_until(&scene, &scene.answers, 1);
	assert_int_equal(scene.last.vm.state, VM_RUNNING);
	turn_until(&scene, &scene.noises, 2);
	end(&scene);
}

static void test_process_agents__stderr_is_told_printable_and_explains_the_end(void **state)
{
	struct scene scene;
	(void)state;
	BEGIN(&scene, "err", "no \x1b[31mlicence", "exit", "3");
	agents_add(scene.agents, 1);
	turn_until(&scene, &scene.lost, 1);
	assert_string_equal(scene.noise, "no \xEF\xBF\xBD[31mlicence");
	assert_string_equal(scene.reason.text,
		"no \xEF\xBF\xBD[31mlicence (the agent ended with exit code 3)");
	end(&scene);
}

static void test_process_agents__a_killed_agent_is_lost_and_comes_back__U3(void **state)
{
	struct scene scene;
	struct agent_command command = stop_command();
	(void)state;
	BEGIN(&scene, "say", HELLO_LINE, "hear", "StopCommand", "raw", "{\"id\":1,\"ans", "signal", "9");
	agents_add(scene.agents, 1);
	for (int round = 1; round <= 3; round++) {
		turn_until(&scene, &scene.ready, round);
		send(&scene, 1, &command);
		turn_until(&scene, &scene.lost, round);
		assert_string_equal(scene.reason.text, "the agent was ended by signal 9 (Killed)");
	}
	assert_int_equal(scene.answers, 0);
	end(&scene);
}

static void test_process_agents__a_silent_agent_is_lost(void **state)
{
	struct scene scene;
	struct agents_config wish = {.ping_ms = 20, .silence_ms = 30, .backoff_ms = 100000};
	(void)state;
	begin(&scene, &wish, (const char *const[]){PEER, "stubborn", "say", HELLO_LINE, "hang", NULL});
	agents_add(scene.agents, 1);
	turn_until(&scene, &scene.lost, 1);
	assert_int_equal(scene.reason.status, HV_ERR_TIMEOUT);
	end(&scene);
}

static void test_process_agents__a_flood_is_bounded_and_starves_nobody(void **state)
{
	struct scene scene;
	struct agent_command command = stop_command();
	(void)state;
	BEGIN(&scene, "say", HELLO_LINE, "serve", SERVE_STOP);
	agents_add(scene.agents, 1);
	turn_until(&scene, &scene.ready, 1);
	const char *const flood[] = {PEER, "say", HELLO_LINE, "flood", "1000", NULL};
	memcpy(scene.argv, flood, sizeof flood);
	agents_add(scene.agents, 2);
	turn_until(&scene, &scene.ready, 2);
	for (int i = 1; i <= 20; i++) {
		send(&scene, 1, &command);
		int turns = 0;
		while (scene.answers < i && turns++ < 2000) {
			turn(&scene);
		}
		assert_int_equal(scene.answers, i);
	}
	turn_until(&scene, &scene.lost, 1); /* it sends nothing but noise */
	assert_true(agents_is_up(scene.agents, 1));
	assert_string_equal(scene.reason.text, "the agent sends nothing but noise");
	end(&scene);
}

static void test_process_agents__three_hundred_hosts_at_once_and_no_descriptor_left(void **state)
{
	struct scene scene;
	struct agent_command command = stop_command();
	(void)state;
	size_t before = count_descriptors();
	BEGIN(&scene, "say", HELLO_LINE, "serve", SERVE_STOP);
	for (int64_t host = 1; host <= HOSTS; host++) {
		agents_add(scene.agents, host);
	}
	turn_until(&scene, &scene.ready, HOSTS);
	for (int64_t host = 1; host <= HOSTS; host++) {
		send(&scene, host, &command);
	}
	turn_until(&scene, &scene.yes, HOSTS);
	assert_int_equal(scene.lost, 0);
	for (int64_t host = 1; host <= 10; host++) {
		agents_remove(scene.agents, host);
	}
	end(&scene);
	assert_int_equal(count_descriptors(), before);
}

static void test_process_agents__a_program_that_is_not_there_is_a_clear_sentence(void **state)
{
	struct scene scene;
	(void)state;
	begin(&scene, &(struct agents_config){.backoff_ms = 5},
		(const char *const[]){"/nowhere/hvtree-sim", NULL});
	agents_add(scene.agents, 1);
	turn_until(&scene, &scene.lost, 3);
	assert_string_equal(
		scene.reason.text, "cannot start '/nowhere/hvtree-sim': No such file or directory");
	end(&scene);
}

/* ---- hvtree-sim ---- */

static const char fleet[] = "[fleet]\nname = test\n"
			    "[host hv01.test]\ngroup = lab\nversion = 10.0.20348\nstorage_gb = 500\nfree_gb = 200\n"
			    "[vm db]\nhost = hv01.test\nstate = Running\ncpus = 2\nmemory_mb = 1024\n"
			    "offering = small\ndisks = root:20 data:40\nproduction = yes\n"
			    "guest.disk.marker = start\nguest.memory.marker = start\n";

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	return remove(path);
}

static void make_sim(const char *folder, char *state_file, size_t size)
{
	char command[1024];
	char path[256];
	(void)snprintf(path, sizeof path, "%s/fleet.ini", folder);
	(void)snprintf(state_file, size, "%s/hv01.db", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(fleet, file);
	fclose(file);
	(void)snprintf(command, sizeof command, "'%s' --state '%s' load '%s' hv01.test >'%s/out' && '%s' --state '%s' speed 0 >>'%s/out'",
		SIM, state_file, path, folder, SIM, state_file, folder);
	assert_int_equal(system(command), 0);
}

static struct agent_command snapshot_command(enum agent_command_kind kind, const struct agent_vm *vm,
	const char *operation, const struct hv_uuid *checkpoint, const struct hv_uuid *parent)
{
	struct agent_command command = {.kind = kind, .epoch = 1, .vm_uuid = vm->uuid};
	command.vm_name = hv_strdup(vm->name);
	command.operation = hv_uuid_from_text(operation);
	command.target.uuid = hv_uuid_from_text("snapshot");
	command.target.name = hv_strdup("db_VS_1");
	command.target.display_name = hv_strdup("before \xC3\xA9t\xC3\xA9");
	command.target.type = SNAPSHOT_DISK_AND_MEMORY;
	command.target.checkpoint = *checkpoint;
	command.target.parent_checkpoint = *parent;
	return command;
}

static void ask(struct scene *scene, struct agent_command *command)
{
	int answers = scene->answers;
	send(scene, 1, command);
	agent_command_clear(command);
	turn_until(scene, &scene->answers, answers + 1);
}

static void ask_inventory(struct scene *scene)
{
	struct agent_command command = {.kind = AGENT_GET_INVENTORY};
	ask(scene, &command);
	assert_true(scene->last.result);
	assert_int_equal(scene->last.inventory.count, 1);
}

/* Create, revert, delete and stop with the real program at the other end; a repeated create is answered, not done (Y2). */
static void run_sim_commands(struct scene *scene)
{
	const struct hv_uuid none = {0};
	ask_inventory(scene);
	struct agent_vm vm = scene->last.inventory.items[0];
	vm.name = hv_strdup(vm.name);
	assert_string_equal(vm.name, "db");
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(scene->last.inventory.items[0].volumes.count, 2);

	struct hv_uuid created = none;
	for (int again = 0; again < 2; again++) {
		struct agent_command create =
			snapshot_command(AGENT_CREATE_VM_SNAPSHOT, &vm, "create", &none, &none);
		ask(scene, &create);
		assert_true(scene->last.result);
		assert_int_equal(scene->last.replayed, again);
		created = scene->last.checkpoint;
		assert_false(hv_uuid_is_nil(&created));
		assert_true(hv_uuid_equal(&scene->last.vm.checkpoint, &created));
	}
	struct agent_command query = {.kind = AGENT_QUERY_OPERATION,
		.operation = hv_uuid_from_text("create"), .query_kind = AGENT_CREATE_VM_SNAPSHOT};
	ask(scene, &query);
	assert_int_equal(scene->last.journal, AGENT_JOURNAL_DONE);

	ask_inventory(scene);
	assert_int_equal(scene->last.inventory.items[0].checkpoints.count, 1);
	assert_true(hv_uuid_equal(&scene->last.inventory.items[0].checkpoints.items[0].id, &created));

	struct agent_command revert =
		snapshot_command(AGENT_REVERT_TO_VM_SNAPSHOT, &vm, "revert", &created, &created);
	ask(scene, &revert);
	assert_true(scene->last.result);
	assert_int_equal(scene->last.vm.state, VM_RUNNING);
	struct agent_command delete =
		snapshot_command(AGENT_DELETE_VM_SNAPSHOT, &vm, "delete", &created, &created);
	ask(scene, &delete);
	assert_true(scene->last.result);
	struct agent_command stop = {.kind = AGENT_STOP, .epoch = 1, .vm_uuid = vm.uuid};
	stop.operation = hv_uuid_from_text("stop");
	stop.vm_name = hv_strdup("db");
	ask(scene, &stop);
	assert_true(scene->last.result);
	assert_int_equal(scene->last.vm.state, VM_STOPPED);
	ask_inventory(scene);
	assert_int_equal(scene->last.inventory.items[0].checkpoints.count, 0);
	struct agent_command wrong =
		snapshot_command(AGENT_CREATE_VM_SNAPSHOT, &vm, "wrong", &none, &none);
	ask(scene, &wrong);
	assert_false(scene->last.result); /* memory of a stopped VM (T4) */
	assert_int_equal(scene->last.code, AGENT_CODE_INVALID_STATE);
	struct agent_command report = {.kind = AGENT_HOST_VM_STATE_REPORT};
	ask(scene, &report);
	assert_int_equal(scene->last.inventory.count, 1);
	free(vm.name);
}

static void test_process_agents__speak_with_the_simulated_host__Y2_T4(void **state)
{
	struct scene scene;
	char folder[] = "/tmp/hvtree-agents-XXXXXX";
	char state_file[256];
	(void)state;
	assert_non_null(mkdtemp(folder));
	make_sim(folder, state_file, sizeof state_file);
	begin(&scene, &(struct agents_config){.backoff_ms = 5},
		(const char *const[]){SIM, "--state", state_file, NULL});
	agents_add(scene.agents, 1);
	turn_until(&scene, &scene.ready, 1);
	run_sim_commands(&scene);
	assert_int_equal(scene.lost, 0);
	assert_true(scene.vm_events > 0);
	end(&scene);
	(void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process_agents__answer_and_quit),
		cmocka_unit_test(test_process_agents__stderr_is_told_printable_and_explains_the_end),
		cmocka_unit_test(test_process_agents__a_killed_agent_is_lost_and_comes_back__U3),
		cmocka_unit_test(test_process_agents__a_silent_agent_is_lost),
		cmocka_unit_test(test_process_agents__a_flood_is_bounded_and_starves_nobody),
		cmocka_unit_test(test_process_agents__three_hundred_hosts_at_once_and_no_descriptor_left),
		cmocka_unit_test(test_process_agents__a_program_that_is_not_there_is_a_clear_sentence),
		cmocka_unit_test(test_process_agents__speak_with_the_simulated_host__Y2_T4),
	};
	return cmocka_run_group_tests_name("agent/process", tests, NULL, NULL);
}
