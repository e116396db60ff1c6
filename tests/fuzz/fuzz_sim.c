/*
 * A client that says anything to a simulated host. One state file serves all inputs of a run, as one host serves many
 * consoles, so what an input did must not harm the next one.
 *
 * What must hold: every line of the agent is a JSON object that is an event or an answer, a ping after the input is
 * answered unless the input ended the agent, and the state file makes sense.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/demo/fleet_file.h"
#include "backend/sim/session.h"
#include "fuzz.h"

#define CHECK_EVERY 64
#define PING_ID "987654321"

static const char fleet_text[] = "[host h]\ngroup = g\n[vm v]\nhost = h\nguest.disk.k = 1\n"
				 "[snapshot v/s]\ncurrent = yes\ntype = DiskAndMemory\nguest.disk.k = 0\n";

static int64_t now_us = HV_SECOND_US;
static char folder[] = "/tmp/hvtree-fuzz-XXXXXX";
static char path[sizeof folder + 16];
static struct sim *sim;

static void check(bool holds)
{
	if (!holds) {
		abort();
	}
}

static int64_t clock_us(void *context)
{
	(void)context;
	return now_us;
}

static void remove_files(void)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-agents"};
	sim_close(sim);
	for (size_t i = 0; i < HV_ARRAY_LEN(endings); i++) {
		char *file = hv_sprintf("%s%s", path, endings[i]);
		(void)unlink(file);
		free(file);
	}
	(void)rmdir(folder);
}

static void open_host(void)
{
	const struct sim_options options = {.clock = {clock_us, clock_us, NULL}, .relaxed = true};
	struct fleet fleet;
	check(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof path, "%s/host.db", folder);
	check(fleet_read(fleet_text, &fleet, NULL) == HV_OK);
	check(sim_create(path, &fleet, "h", &options, NULL) == HV_OK);
	fleet_clear(&fleet);
	check(sim_open(path, &options, &sim, NULL) == HV_OK);
	check(sim_set_speed(sim, 0, NULL) == HV_OK);
	check(atexit(remove_files) == 0);
}

static void check_line(const char *line, size_t length, bool *ponged)
{
	json_t *object = json_loadb(line, length, 0, NULL);
	check(json_is_string(json_object_get(object, "event")) || json_is_string(json_object_get(object, "answer")));
	*ponged = *ponged || json_integer_value(json_object_get(object, "id")) == strtoll(PING_ID, NULL, 10);
	json_decref(object);
}

static bool check_output(struct sim_session *session)
{
	size_t length;
	bool ponged = false;
	const char *bytes = sim_session_output(session, &length);
	for (size_t at = 0; at < length;) {
		const char *newline = memchr(bytes + at, '\n', length - at);
		check(newline != NULL);
		size_t line = (size_t)(newline - (bytes + at));
		check_line(bytes + at, line, &ponged);
		at += line + 1;
	}
	sim_session_output_written(session, length);
	return ponged;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char ping[] = "\n{\"id\":" PING_ID ",\"command\":\"PingCommand\"}\n";
	static unsigned count;
	struct sim_session *session = NULL;
	if (!sim) {
		open_host();
	}
	check(sim_session_new(sim, &session, NULL) == HV_OK);
	sim_session_feed(session, (const char *)data, size);
	sim_session_pump(session);
	sim_session_feed(session, ping, sizeof ping - 1);
	now_us += HV_SECOND_US;
	sim_session_pump(session);
	bool ponged = check_output(session);
	check(sim_session_state(session) != SIM_SESSION_FAILED);
	check(ponged || sim_session_state(session) == SIM_SESSION_ENDED);
	sim_session_free(session);
	if (++count % CHECK_EVERY == 0) {
		struct hv_text findings = HV_TEXT_INIT;
		check(sim_check(sim, &findings, NULL) == HV_OK);
		hv_text_clear(&findings);
	}
	return 0;
}
