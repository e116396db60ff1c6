/*
 * The program itself: its command line, kill -9 in the middle of each command, and two processes on one file. Nothing
 * here waits for time; it waits for what the program says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <sqlite3.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/base/uuid.h"

#define PATIENCE_MS 30000
#define E1 "e1e1e1e1-0000-4000-8000-000000000001"

static const char fleet[] = "[host hv01]\ngroup = prod\n[host hv02]\ngroup = prod\ndown = yes\n"
			    "[vm db]\nhost = hv01\ndisks = root:100 data:50\nguest.disk.app = 1\nguest.memory.pid = 7\n"
			    "[vm web]\nhost = hv01\nstate = Stopped\n[vm far]\nhost = hv02\n";

struct scene {
	char folder[64], fleet[96], state[96];
};

/* --- running the program --------------------------------------------------------------------------------------- */

static const char *program(void)
{
	static char path[512];
	const char *folder = getenv("HVTREE_BIN_DIR");
	(void)snprintf(path, sizeof path, "%s/hvtree-sim", folder ? folder : "build/bin");
	return path;
}

struct process {
	pid_t pid;
	int in, out;
	struct hv_text heard; /* not yet cut into lines */
};

static void start_process(struct process *process, const char *const *argv)
{
	int in[2], out[2];
	*process = (struct process){.pid = -1};
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		for (int fd = 3; fd < 64; fd++) {
			(void)close(fd);
		}
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(126);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	process->in = in[1];
	process->out = out[0];
}

static void start_agent(struct scene *scene, struct process *process)
{
	const char *const argv[] = {program(), "--state", scene->state, NULL};
	start_process(process, argv);
}

static int end_process(struct process *process)
{
	int status = 0;
	(void)close(process->in);
	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	(void)close(process->out);
	hv_text_clear(&process->heard);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* The next line as JSON; NULL at the end of output. */
static json_t *hear(struct process *process)
{
	char bytes[4096];
	for (;;) {
		const char *text = hv_text_get(&process->heard);
		const char *newline = strchr(text, '\n');
		if (newline) {
			size_t length = (size_t)(newline - text);
			json_t *line = json_loadb(text, length, 0, NULL);
			memmove(process->heard.bytes, newline + 1, process->heard.length - length);
			process->heard.length -= length + 1;
			assert_non_null(line);
			return line;
		}
		struct pollfd fd = {.fd = process->out, .events = POLLIN};
		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		ssize_t got = read(process->out, bytes, sizeof bytes);
		if (got <= 0) {
			return NULL;
		}
		hv_text_append(&process->heard, bytes, (size_t)got);
	}
}

static json_t *hear_event(struct process *process, const char *event)
{
	json_t *line;
	while ((line = hear(process)) != NULL) {
		const char *name = json_string_value(json_object_get(line, "event"));
		if (name && strcmp(name, event) == 0) {
			return line;
		}
		json_decref(line);
	}
	fail_msg("no %s", event);
	return NULL;
}

static json_t *hear_answer(struct process *process, int id)
{
	json_t *line;
	while ((line = hear(process)) != NULL) {
		if (json_integer_value(json_object_get(line, "id")) == id) {
			return line;
		}
		json_decref(line);
	}
	fail_msg("no answer");
	return NULL;
}

static void say_line(struct process *process, const char *line)
{
	size_t length = strlen(line);
	assert_int_equal(write(process->in, line, length), (ssize_t)length);
}

static void say_command(struct process *process, int id, const char *command, const char *vm, const char *operation,
	const char *name, const char *type)
{
	HV_CLEANUP_FREE char *path = hv_sprintf("vm:hv01/%s", vm);
	struct hv_uuid uuid = hv_uuid_from_text(path), key = hv_uuid_from_text(operation);
	char vm_text[HV_UUID_TEXT_SIZE], key_text[HV_UUID_TEXT_SIZE];
	HV_CLEANUP_FREE char *line =
		hv_sprintf("{\"id\":%d,\"operation\":\"%s\",\"epoch\":1,\"command\":\"%s\",\"body\":{\"vmUuid\":\"%s\","
			   "\"target\":{\"snapshotName\":\"%s\",\"type\":\"%s\"},\"export\":\"" E1 "\",\"disks\":true}}\n",
			id, hv_uuid_format(&key, key_text), command, hv_uuid_format(&uuid, vm_text), name, type);
	say_line(process, line);
}

/* Run a subcommand to its end; returns the exit code, its output in `text`. */
static int run(struct scene *scene, struct hv_text *text, ...)
{
	const char *argv[16] = {program(), "--state", scene->state};
	size_t count = 3;
	va_list args;
	va_start(args, text);
	while ((argv[count] = va_arg(args, const char *)) != NULL && count < 15) {
		count++;
	}
	va_end(args);
	struct process process;
	start_process(&process, argv);
	char bytes[4096];
	ssize_t got;
	text->length = 0;
	hv_text_puts(text, "");
	while ((got = read(process.out, bytes, sizeof bytes)) > 0) {
		hv_text_append(text, bytes, (size_t)got);
	}
	return end_process(&process);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	static struct scene scene;
	struct hv_text text = HV_TEXT_INIT;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(scene.folder, sizeof scene.folder, "/tmp/hvtree-simp-XXXXXX");
	assert_non_null(mkdtemp(scene.folder));
	(void)snprintf(scene.fleet, sizeof scene.fleet, "%s/fleet.ini", scene.folder);
	(void)snprintf(scene.state, sizeof scene.state, "%s/host.db", scene.folder);
	write_file(scene.fleet, fleet);
	assert_int_equal(run(&scene, &text, "load", scene.fleet, "hv01", (char *)NULL), 0);
	assert_int_equal(run(&scene, &text, "speed", "20", (char *)NULL), 0);
	hv_text_clear(&text);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	static const char *const endings[] = {"", "-wal", "-shm", "-agents"};
	struct hv_text text = HV_TEXT_INIT;
	assert_int_equal(run(scene, &text, "check", (char *)NULL), 0);
	hv_text_clear(&text);
	for (size_t i = 0; i < HV_ARRAY_LEN(endings); i++) {
		HV_CLEANUP_FREE char *path = hv_sprintf("%s%s", scene->state, endings[i]);
		(void)unlink(path);
	}
	(void)unlink(scene->fleet);
	(void)rmdir(scene->folder);
	return 0;
}

/* --- the command line ------------------------------------------------------------------------------------------ */

static void test_command_line__does_what_it_says_with_clear_exit_codes__U7(void **state)
{
	static const struct {
		int code;
		const char *output; /* NULL: not looked at */
		const char *words[7];
	} cases[] = {
		{0, "1\n", {"guest", "read", "db", "app"}},
		{0, "7\n", {"guest", "read", "db", "--memory", "pid"}},
		{1, "", {"guest", "read", "db", "nothing"}},
		{0, "", {"guest", "write", "db", "--disk", "data", "rows", "10"}},
		{0, "rows=10\n", {"guest", "list", "db", "--disk", "data"}},
		{0, "app=1\n", {"guest", "list", "DB"}},
		{1, "", {"guest", "write", "web", "--memory", "k", "v"}},
		{0, "", {"guest", "write", "web", "k", "v"}},
		{1, "", {"guest", "list", "nobody"}},
		{2, "", {"guest", "list", "db", "--floppy"}},
		{2, "", {"guest", "write", "db", "k"}},
		{2, "", {"guest", "write", "db", "", "v"}},
		{2, "", {"guest", "look", "db"}},
		{0, "", {"foreign", "create", "db", "theirs"}},
		{1, "", {"foreign", "delete", "db", "nobody's"}},
		{2, "", {"foreign", "rename", "db", "theirs"}},
		{0, "app=1\n", {"guest", "list", "db", "--checkpoint", "theirs"}},
		{0, "7\n", {"guest", "read", "db", "--memory", "--checkpoint", "theirs", "pid"}},
		{2, "", {"guest", "list", "db", "--checkpoint", "nobody's"}},
		{2, "", {"guest", "list", "db", "--export", E1}},
		{2, "", {"guest", "list", "gone", "--volume-snapshot", E1}},
		{2, "", {"guest", "list", "db", "--export"}},
		{1, "", {"guest", "write", "db", "--checkpoint", "theirs", "k", "v"}},
		{1, "", {"foreign", "spoil-export", "db", "--unseen"}},
		{2, "", {"foreign", "spoil-export", "db", "--soon"}},
		{0, "", {"fault", "set", "slow:ExportVm:100x3"}},
		{0, "", {"fault", "set", "die-mid:ExportVmCommand:copying"}},
		{0, "slow:ExportVmCommand:100x3\ndie-mid:ExportVmCommand:copyingx1\n", {"fault", "list"}},
		{2, "", {"fault", "set", "slow:ExportVm"}},
		{2, "", {"fault", "set", "damaged"}},
		{0, "", {"fault", "clear"}},
		{2, "", {"fault", "set", "nonsense"}},
		{0, "", {"fault", "set", "vss"}},
		{0, "vss\n", {"fault", "list"}},
		{0, "", {"fault", "clear"}},
		{2, "", {"speed", "fast"}},
		{2, "", {"speed", "-1"}},
		{0, NULL, {"show"}},
		{0, "", {"check"}},
		{2, "", {"fly"}},
	};
	struct scene *scene = *state;
	struct hv_text text = HV_TEXT_INIT;
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		const char *const *w = cases[i].words;
		int code = run(scene, &text, w[0], w[1], w[2], w[3], w[4], w[5], w[6], (char *)NULL);
		if (code != cases[i].code || (cases[i].output && strcmp(hv_text_get(&text), cases[i].output) != 0)) {
			fail_msg("case %zu: code %d, output '%s'", i, code, hv_text_get(&text));
		}
	}
	assert_int_equal(run(scene, &text, "show", "--json", (char *)NULL), 0);
	json_t *shown = json_loads(hv_text_get(&text), 0, NULL);
	assert_int_equal(json_array_size(json_object_get(shown, "vms")), 2);
	json_decref(shown);
	hv_text_clear(&text);
}

static void test_command_line__load_never_overwrites_and_foreign_files_are_refused__U7(void **state)
{
	struct scene *scene = *state;
	struct hv_text text = HV_TEXT_INIT;
	assert_int_equal(run(scene, &text, "load", scene->fleet, "hv01", (char *)NULL), 1);
	struct scene other = *scene;
	(void)snprintf(other.state, sizeof other.state, "%s/other.db", scene->folder);
	assert_int_equal(run(&other, &text, "load", scene->fleet, "hv09", (char *)NULL), 1);
	assert_int_equal(run(&other, &text, "load", scene->folder, "hv01", (char *)NULL), 1);
	assert_int_equal(run(&other, &text, "show", (char *)NULL), 1);
	write_file(other.state, "not a database at all, whatever its name may say\n");
	assert_int_equal(run(&other, &text, "show", (char *)NULL), 1);
	(void)unlink(other.state);
	sqlite3 *foreign = NULL;
	assert_int_equal(sqlite3_open(other.state, &foreign), SQLITE_OK);
	assert_int_equal(sqlite3_exec(foreign, "CREATE TABLE vm (id)", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(foreign);
	assert_int_equal(run(&other, &text, "guest", "list", "db", (char *)NULL), 1);
	(void)unlink(other.state);
	hv_text_clear(&text);
}

static void test_command_line__an_ambiguous_vm_is_refused(void **state)
{
	struct scene *scene = *state;
	struct hv_text text = HV_TEXT_INIT;
	sqlite3 *file = NULL;
	assert_int_equal(sqlite3_open(scene->state, &file), SQLITE_OK);
	assert_int_equal(sqlite3_exec(file, "UPDATE vm SET name = 'Db' WHERE name = 'web'", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(file);
	assert_int_equal(run(scene, &text, "guest", "list", "db", (char *)NULL), 1);
	struct hv_uuid uuid = hv_uuid_from_text("vm:hv01/db");
	char id[HV_UUID_TEXT_SIZE];
	assert_int_equal(run(scene, &text, "guest", "list", hv_uuid_format(&uuid, id), (char *)NULL), 0);
	assert_string_equal(hv_text_get(&text), "app=1\n");
	hv_text_clear(&text);
}

static void test_agent__exit_code_says_how_it_ended(void **state)
{
	struct scene *scene = *state;
	struct hv_text text = HV_TEXT_INIT;
	struct process agent;
	start_agent(scene, &agent);
	json_decref(hear_event(&agent, "Ready"));
	say_line(&agent, "{\"id\":1,\"command\":\"PingCommand\"}\n{\"id\":2,\"command\":\"QuitCommand\"}\n");
	json_decref(hear_answer(&agent, 1));
	json_decref(hear_answer(&agent, 2));
	assert_null(hear(&agent));
	assert_int_equal(end_process(&agent), 0);
	start_agent(scene, &agent);
	json_decref(hear_event(&agent, "Ready"));
	assert_int_equal(end_process(&agent), 0); /* end of input */
	assert_int_equal(run(scene, &text, "fault", "set", "die-mid:Stop:intent", (char *)NULL), 0);
	start_agent(scene, &agent);
	say_command(&agent, 1, "StopCommand", "db", "stop", "-", "Disk");
	json_decref(hear_event(&agent, "Ready"));
	assert_null(hear(&agent));
	assert_int_equal(end_process(&agent), 137);
	assert_int_equal(run(scene, &text, "fault", "set", "down", (char *)NULL), 0);
	start_agent(scene, &agent);
	assert_null(hear(&agent));
	assert_int_equal(end_process(&agent), 255);
	hv_text_clear(&text);
}

static void test_agent__of_a_host_that_is_down_in_the_fleet_is_down(void **state)
{
	struct scene *scene = *state;
	struct scene far = *scene;
	struct hv_text text = HV_TEXT_INIT;
	struct process agent;
	(void)snprintf(far.state, sizeof far.state, "%s/far.db", scene->folder);
	assert_int_equal(run(&far, &text, "load", scene->fleet, "hv02", (char *)NULL), 0);
	start_agent(&far, &agent);
	assert_null(hear(&agent));
	assert_int_equal(end_process(&agent), 255);
	assert_int_equal(run(&far, &text, "fault", "clear", "down", (char *)NULL), 0);
	start_agent(&far, &agent);
	json_decref(hear_event(&agent, "Ready"));
	assert_int_equal(end_process(&agent), 0);
	hv_text_clear(&text);
	(void)unlink(far.state);
	HV_CLEANUP_FREE char *agents = hv_sprintf("%s-agents", far.state);
	(void)unlink(agents);
}

/* --- kill -9 --------------------------------------------------------------------------------------------------- */

static void expect_guest(struct scene *scene, const char *key, const char *value)
{
	struct hv_text text = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *expected = hv_sprintf("%s\n", value);
	bool memory = strcmp(key, "pid") == 0;
	assert_int_equal(memory ? run(scene, &text, "guest", "read", "db", "--memory", key, (char *)NULL)
				: run(scene, &text, "guest", "read", "db", key, (char *)NULL),
		0);
	assert_string_equal(hv_text_get(&text), expected);
	hv_text_clear(&text);
}

/* Start a command, kill the agent when it says that the host is at `phase`, ask again with a new agent. */
static json_t *kill_and_resume(struct scene *scene, const char *command, const char *name, const char *phase)
{
	struct process agent;
	bool reached = false;
	start_agent(scene, &agent);
	say_command(&agent, 1, command, "db", command, name, "DiskAndMemory");
	while (!reached) {
		json_t *progress = hear_event(&agent, "Progress");
		reached = strcmp(json_string_value(json_object_get(progress, "phase")), phase) == 0;
		json_decref(progress);
	}
	assert_int_equal(kill(agent.pid, SIGKILL), 0);
	assert_int_equal(end_process(&agent), 1000 + SIGKILL);
	start_agent(scene, &agent);
	say_command(&agent, 2, command, "db", command, name, "DiskAndMemory");
	json_t *answer = hear_answer(&agent, 2);
	assert_true(json_is_true(json_object_get(answer, "result")));
	assert_int_equal(end_process(&agent), 0);
	return answer;
}

static size_t checkpoint_count(const json_t *answer)
{
	const json_t *vm = json_object_get(json_object_get(answer, "body"), "vm");
	return json_array_size(json_object_get(vm, "checkpoints"));
}

static void test_kill__in_the_middle_of_each_command_loses_nothing__Y3(void **state)
{
	struct scene *scene = *state;
	struct hv_text text = HV_TEXT_INIT;
	json_t *answer = kill_and_resume(scene, "CreateVMSnapshotCommand", "a", "creating checkpoint");
	assert_int_equal(checkpoint_count(answer), 1);
	json_decref(answer);
	assert_int_equal(run(scene, &text, "guest", "write", "db", "app", "2", (char *)NULL), 0);
	assert_int_equal(run(scene, &text, "guest", "write", "db", "--memory", "pid", "8", (char *)NULL), 0);
	json_decref(kill_and_resume(scene, "RevertToVMSnapshotCommand", "a", "applying checkpoint"));
	expect_guest(scene, "app", "1");
	expect_guest(scene, "pid", "7");
	assert_int_equal(run(scene, &text, "guest", "write", "db", "app", "3", (char *)NULL), 0);
	answer = kill_and_resume(scene, "DeleteVMSnapshotCommand", "a", "merging disks");
	assert_int_equal(checkpoint_count(answer), 0);
	json_decref(answer);
	expect_guest(scene, "app", "3");
	json_decref(kill_and_resume(scene, "StopCommand", "-", "shutting down"));
	json_decref(kill_and_resume(scene, "StartCommand", "-", "starting"));
	expect_guest(scene, "app", "3");
	hv_text_clear(&text);
}

static void assert_shown(struct scene *scene, const char *words)
{
	struct hv_text text = HV_TEXT_INIT;
	assert_int_equal(run(scene, &text, "show", (char *)NULL), 0);
	if (!strstr(hv_text_get(&text), words)) {
		fail_msg("no '%s' in: %s", words, hv_text_get(&text));
	}
	hv_text_clear(&text);
}

static void test_kill__while_a_vm_leaves_the_host_and_comes_back_loses_nothing__P2_Y3(void **state)
{
	struct scene *scene = *state;
	struct hv_text text = HV_TEXT_INIT;
	assert_int_equal(run(scene, &text, "speed", "8", (char *)NULL), 0);
	json_decref(kill_and_resume(scene, "CreateVMSnapshotCommand", "a", "creating checkpoint"));
	assert_int_equal(run(scene, &text, "guest", "write", "db", "app", "2", (char *)NULL), 0);
	json_decref(kill_and_resume(scene, "StopCommand", "-", "shutting down"));
	json_decref(kill_and_resume(scene, "ExportVmCommand", "-", "exporting"));
	assert_shown(scene, "export Complete, matches  " E1);
	assert_int_equal(run(scene, &text, "guest", "read", "db", "--export", E1, "app", (char *)NULL), 0);
	assert_string_equal(hv_text_get(&text), "2\n");
	assert_int_equal(
		run(scene, &text, "guest", "read", "db", "--export", E1, "--checkpoint", "a", "app", (char *)NULL), 0);
	assert_string_equal(hv_text_get(&text), "1\n");
	json_decref(kill_and_resume(scene, "RemoveVmCommand", "-", "removing from the host"));
	assert_shown(scene, "Stopped, not on the host");
	expect_guest(scene, "app", "2");
	json_t *answer = kill_and_resume(scene, "ImportVmCommand", "-", "importing");
	assert_int_equal(checkpoint_count(answer), 1);
	json_decref(answer);
	json_decref(kill_and_resume(scene, "RevertToVMSnapshotCommand", "a", "applying checkpoint"));
	expect_guest(scene, "app", "1");
	expect_guest(scene, "pid", "7");
	json_decref(kill_and_resume(scene, "DestroyCommand", "-", "destroying"));
	assert_int_equal(run(scene, &text, "guest", "list", "db", (char *)NULL), 1);
	hv_text_clear(&text);
}

static void test_kill__between_the_two_halves_of_a_revert_only_starts_it__Y2(void **state)
{
	struct scene *scene = *state;
	struct process agent;
	start_agent(scene, &agent);
	say_command(&agent, 1, "CreateVMSnapshotCommand", "db", "create", "a", "DiskAndMemory");
	json_decref(hear_answer(&agent, 1));
	assert_int_equal(end_process(&agent), 0);
	json_decref(kill_and_resume(scene, "RevertToVMSnapshotCommand", "a", "starting"));
	expect_guest(scene, "pid", "7");
}

/* --- two processes --------------------------------------------------------------------------------------------- */

static void test_two_processes__share_one_host_and_take_turns__X1(void **state)
{
	struct scene *scene = *state;
	struct process one, two;
	start_agent(scene, &one);
	start_agent(scene, &two);
	json_decref(hear_event(&one, "Ready"));
	json_decref(hear_event(&two, "Ready"));
	say_command(&one, 1, "CreateVMSnapshotCommand", "db", "one", "a", "Disk");
	json_decref(hear_event(&one, "Progress"));
	say_command(&two, 1, "CreateVMSnapshotCommand", "db", "two", "b", "Disk");
	json_t *first = hear_answer(&one, 1);
	json_t *second = hear_answer(&two, 1);
	assert_int_equal(checkpoint_count(first), 1);
	assert_int_equal(checkpoint_count(second), 2);
	size_t index;
	json_t *checkpoint;
	const json_t *vm = json_object_get(json_object_get(second, "body"), "vm");
	json_array_foreach(json_object_get(vm, "checkpoints"), index, checkpoint) {
		bool root = strcmp(json_string_value(json_object_get(checkpoint, "name")), "a") == 0;
		assert_true(json_is_null(json_object_get(checkpoint, "parent")) == root);
	}
	json_decref(first);
	json_decref(second);
	/* the first hears of what the second did */
	for (size_t count = 0; count < 2;) {
		json_t *event = hear_event(&one, "SnapshotsChanged");
		count = checkpoint_count(event);
		json_decref(event);
	}
	assert_int_equal(end_process(&one), 0);
	assert_int_equal(end_process(&two), 0);
}

static void test_two_processes__the_same_operation_is_done_once__Y2(void **state)
{
	struct scene *scene = *state;
	struct process one, two;
	start_agent(scene, &one);
	start_agent(scene, &two);
	say_command(&one, 1, "CreateVMSnapshotCommand", "db", "same", "a", "Disk");
	say_command(&two, 1, "CreateVMSnapshotCommand", "db", "same", "a", "Disk");
	json_t *first = hear_answer(&one, 1);
	json_t *second = hear_answer(&two, 1);
	assert_int_equal(checkpoint_count(first), 1);
	assert_int_equal(checkpoint_count(second), 1);
	assert_true(json_is_true(json_object_get(first, "replayed")) != json_is_true(json_object_get(second, "replayed")));
	json_decref(first);
	json_decref(second);
	assert_int_equal(end_process(&one), 0);
	assert_int_equal(end_process(&two), 0);
}

int main(void)
{
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		RULE(test_command_line__does_what_it_says_with_clear_exit_codes__U7),
		RULE(test_command_line__load_never_overwrites_and_foreign_files_are_refused__U7),
		RULE(test_command_line__an_ambiguous_vm_is_refused),
		RULE(test_agent__exit_code_says_how_it_ended),
		RULE(test_agent__of_a_host_that_is_down_in_the_fleet_is_down),
		RULE(test_kill__in_the_middle_of_each_command_loses_nothing__Y3),
		RULE(test_kill__while_a_vm_leaves_the_host_and_comes_back_loses_nothing__P2_Y3),
		RULE(test_kill__between_the_two_halves_of_a_revert_only_starts_it__Y2),
		RULE(test_two_processes__share_one_host_and_take_turns__X1),
		RULE(test_two_processes__the_same_operation_is_done_once__Y2),
	};
	return cmocka_run_group_tests_name("sim/process", tests, NULL, NULL);
}
