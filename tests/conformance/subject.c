#include "tests/conformance/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/base/uuid.h"
#include "backend/hyperv/hyperv.h"
#include "tests/conformance/talk.h"
#include "tests/support/program.h"

#define WORDS_MOST 16

struct subject {
	const char *name;
	bool streams; /* the agent comes over the connection */
	bool (*available)(void);
	void (*open)(const char *folder);
	const char *(*hand)(const char *const *words);
};

static struct {
	const struct subject *subject;
	char *state;
	char *command_text; /* the words of `command` */
	const char *command[WORDS_MOST + 4];
	struct talk hands;
	char told[512];
} now;

static const struct vm {
	const char *name, *state, *disks;
	bool production;
} vms[] = {
	{"db", "Running", "root:100 data:50", true},
	{"held", "Paused", "root:40", true},
	{"nap", "Saved", "root:40", true},
	{"old", "Running", "root:40", false},
	{"web", "Stopped", "root:40", true},
};

/* The last line that was printed, in now.told. */
static void keep_told(const char *text)
{
	(void)snprintf(now.told, sizeof now.told, "%s", text);
	now.told[strcspn(now.told, "\n")] = '\0';
}

/* --- the simulator --------------------------------------------------------------------------------------------- */

static const char *sim_hand(const char *const *words)
{
	const char *argv[WORDS_MOST + 4] = {program_path("hvtree-sim"), "--state", now.state};
	struct program_result result;
	size_t count = 3;
	for (size_t i = 0; words[i]; i++) {
		argv[count++] = words[i];
	}
	program_run(argv, NULL, NULL, &result);
	bool absent = result.code != 0 && strcmp(words[0], "guest") == 0 && strcmp(words[1], "read") == 0;
	if (result.code != 0 && !absent) {
		fail_msg("%s: %s", words[0], result.err);
	}
	keep_told(absent ? "" : result.out);
	program_result_clear(&result);
	return now.told;
}

static bool sim_available(void)
{
	return true;
}

static void sim_open(const char *folder)
{
	struct hv_text fleet = HV_TEXT_INIT;
	HV_CLEANUP_FREE char *path = hv_sprintf("%s/fleet.ini", folder);
	now.state = hv_sprintf("%s/host.db", folder);
	hv_text_puts(&fleet, "[host hv01]\ngroup = test\nfree_gb = 500\n");
	for (size_t i = 0; i < HV_ARRAY_LEN(vms); i++) {
		hv_text_printf(&fleet, "[vm %s]\nhost = hv01\nstate = %s\ndisks = %s\nproduction = %s\n", vms[i].name,
			vms[i].state, vms[i].disks, vms[i].production ? "yes" : "no");
	}
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(hv_text_get(&fleet), file) >= 0);
	assert_int_equal(fclose(file), 0);
	hv_text_clear(&fleet);
	const char *const load[] = {"load", path, "hv01", NULL};
	(void)sim_hand(load);
	now.command[0] = program_path("hvtree-sim");
	now.command[1] = "--state";
	now.command[2] = now.state;
}

/* --- the PowerShell agent -------------------------------------------------------------------------------------- */

static const char *powershell(void)
{
	static char path[4096];
	const char *folder = getenv("HVTREE_POWERSHELL_DIR");
	(void)snprintf(path, sizeof path, "%s%s/powershell", folder ? folder : source_folder(),
		folder ? "" : "/build/powershell");
	return path;
}

static bool powershell_available(void)
{
	if (access(powershell(), X_OK) != 0) {
		(void)printf("skipped: no PowerShell at %s; tests/conformance/install-powershell says why\n", powershell());
		return false;
	}
	return true;
}

/* The very words that the console has run on a host behind these; without their program, which is the last of these. */
static void use_remote_command(const char *const *front, bool with_program)
{
	size_t count = 0;
	for (size_t i = 0; front[i]; i++) {
		now.command[count++] = front[i];
	}
	now.command_text = hv_strdup(hyperv_remote_command());
	char *rest = NULL;
	for (char *word = strtok_r(now.command_text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (with_program || word != now.command_text) {
			now.command[count++] = word;
		}
	}
	now.command[count] = NULL;
}

static const char *fake_hand(const char *const *words)
{
	struct hv_text line = HV_TEXT_INIT;
	for (size_t i = 0; words[i]; i++) {
		hv_text_printf(&line, "%s%s", i ? "\t" : "", words[i]);
	}
	talk_say(&now.hands, hv_text_get(&line));
	hv_text_clear(&line);
	char *told = talk_hear_text(&now.hands);
	assert_non_null(told);
	if (strncmp(told, "ok ", 3) != 0) {
		fail_msg("%s: %s", words[0], told);
	}
	keep_told(told + 3);
	free(told);
	return now.told;
}

static void make_fake_vm(const struct vm *vm)
{
	HV_CLEANUP_FREE char *seed = hv_sprintf("vm:hv01/%s", vm->name);
	struct hv_uuid uuid = hv_uuid_from_text(seed);
	char id[HV_UUID_TEXT_SIZE];
	bool two = strchr(vm->disks, ' ') != NULL;
	const char *state = strcmp(vm->state, "Stopped") == 0 ? "Off" : vm->state;
	const char *const make[] = {"vm", hv_uuid_format(&uuid, id), vm->name, state, "root", two ? "data" : NULL, NULL};
	const char *const set[] = {"set", vm->name, "Vss", "False", NULL};
	(void)fake_hand(make);
	if (!vm->production) {
		(void)fake_hand(set);
	}
}

static void make_fake_vms(void)
{
	const char *const reset[] = {"reset", "all", NULL};
	(void)fake_hand(reset);
	for (size_t i = 0; i < HV_ARRAY_LEN(vms); i++) {
		make_fake_vm(&vms[i]);
	}
}

static void fake_open(const char *folder)
{
	now.state = hv_sprintf("%s/host.xml", folder);
	HV_CLEANUP_FREE char *modules = hv_sprintf("%s/tests/conformance", source_folder());
	HV_CLEANUP_FREE char *script = hv_sprintf("%s/hands.ps1", modules);
	HV_CLEANUP_FREE char *drives = hv_sprintf("%s/drives", folder);
	assert_int_equal(setenv("HVTREE_FAKE_HOST", now.state, 1), 0);
	assert_int_equal(setenv("HVTREE_AGENT_DATA", folder, 1), 0);
	assert_int_equal(setenv("HVTREE_AGENT_DRIVES", drives, 1), 0);
	assert_int_equal(setenv("PSModulePath", modules, 1), 0);
	const char *const hands[] = {powershell(), "-NoProfile", "-File", script, NULL};
	talk_open(&now.hands, hands);
	make_fake_vms();
	const char *const front[] = {powershell(), NULL};
	use_remote_command(front, false);
}

/* --- a real host ----------------------------------------------------------------------------------------------- */

static bool host_available(void)
{
	if (!getenv("HVTREE_TEST_HOST")) {
		(void)printf("skipped: HVTREE_TEST_HOST names no host\n");
		return false;
	}
	return true;
}

static void host_open(const char *folder)
{
	(void)folder;
	const char *config = getenv("HVTREE_SSH_CONFIG");
	const char *host = getenv("HVTREE_TEST_HOST");
	const char *const plain[] = {"/usr/bin/ssh", "-o", "BatchMode=yes", "--", host, NULL};
	const char *const with_config[] = {"/usr/bin/ssh", "-o", "BatchMode=yes", "-F", config, "--", host, NULL};
	use_remote_command(config ? with_config : plain, true);
}

/* --- all of them ----------------------------------------------------------------------------------------------- */

static const struct subject subjects[] = {
	{"sim", false, sim_available, sim_open, sim_hand},
	{"powershell", true, powershell_available, fake_open, fake_hand},
	{"host", true, host_available, host_open, NULL},
};

const struct subject *subject_named(const char *name)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(subjects); i++) {
		if (strcmp(subjects[i].name, name) == 0) {
			return subjects[i].available() ? &subjects[i] : NULL;
		}
	}
	(void)printf("skipped: there is no subject '%s'\n", name);
	return NULL;
}

void subject_open(const struct subject *subject, const char *folder)
{
	memset(&now, 0, sizeof now);
	now.subject = subject;
	subject->open(folder);
	if (subject->hand) {
		hand_slow(false);
	}
}

bool subject_renew(void)
{
	if (now.hands.pid == 0) {
		return false;
	}
	make_fake_vms();
	hand_slow(false);
	return true;
}

bool subject_is_slow_to_start(void)
{
	return now.subject->streams;
}

void subject_close(void)
{
	talk_close(&now.hands);
	free(now.state);
	free(now.command_text);
	memset(&now, 0, sizeof now);
}

const char *const *subject_command(void)
{
	return now.command;
}

const char *subject_preamble(size_t *ret_size)
{
	return now.subject->streams ? hyperv_agent_script(ret_size) : NULL;
}

static bool is_sim(void)
{
	return now.subject->hand == sim_hand;
}

void hand_write(const char *vm, bool memory, const char *key, const char *value)
{
	const char *const disk[] = {"guest", "write", vm, key, value, NULL};
	const char *const ram[] = {"guest", "write", vm, "--memory", key, value, NULL};
	const char *const fake[] = {memory ? "remember" : "write", vm, key, value, NULL};
	(void)now.subject->hand(!is_sim() ? fake : memory ? ram : disk);
}

const char *hand_read(const char *vm, bool memory, const char *key)
{
	const char *const disk[] = {"guest", "read", vm, key, NULL};
	const char *const ram[] = {"guest", "read", vm, "--memory", key, NULL};
	const char *const fake[] = {memory ? "recall" : "read", vm, key, NULL};
	return now.subject->hand(!is_sim() ? fake : memory ? ram : disk);
}

void hand_foreign(const char *vm, const char *name, const char *kind)
{
	bool automatic = strcmp(kind, "Automatic") == 0;
	const char *const sim[] = {"foreign", "create", vm, name, "--kind", kind, NULL};
	const char *const fake[] = {"foreign", vm, name, automatic ? "Standard" : kind, automatic ? "1" : "0", NULL};
	(void)now.subject->hand(is_sim() ? sim : fake);
}

void hand_forget(const char *vm)
{
	const char *const fake[] = {"forget", vm, NULL};
	(void)fake_hand(fake);
}

void hand_set(const char *vm, const char *member, const char *value)
{
	const char *const fake[] = {"set", vm, member, value, NULL};
	(void)fake_hand(fake);
}

const char *hand_order(const char *const *words)
{
	return fake_hand(words);
}

const char *hand_checkpoint_type(const char *vm)
{
	const char *const fake[] = {"get", vm, "CheckpointType", NULL};
	return is_sim() ? NULL : now.subject->hand(fake);
}

void hand_fault(const char *name, bool on)
{
	const char *const sim[] = {"fault", on ? "set" : "clear", name, NULL};
	const char *const fake[] = {"fault", name, on ? "1" : "0", NULL};
	(void)now.subject->hand(is_sim() ? sim : fake);
}

void hand_die_after(const char *command)
{
	static const struct {
		const char *command, *fake;
	} places[] = {{"Create", "die-created"}, {"RevertTo", "die-applied"}, {"Delete", "die-removed"}};
	HV_CLEANUP_FREE char *spec = hv_sprintf("die-mid:%sVMSnapshot:applied", command);
	for (size_t i = 0; i < HV_ARRAY_LEN(places); i++) {
		if (strcmp(places[i].command, command) == 0) {
			hand_fault(is_sim() ? spec : places[i].fake, true);
			return;
		}
	}
	fail_msg("no such place: %s", command);
}

void hand_slow(bool slow)
{
	const char *const sim[] = {"speed", slow ? "100" : "0", NULL};
	const char *const fake[] = {"pace", slow ? "1200" : "1", slow ? "1500" : "60", NULL};
	(void)now.subject->hand(is_sim() ? sim : fake);
}
