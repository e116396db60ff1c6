#include "backend/sim/speech.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "backend/sim/faults.h"
#include "backend/sim/view.h"

#define MS INT64_C(1000)

static int64_t monotonic(const struct speech *speech)
{
	return hv_clock_monotonic_us(&speech->sim->options.clock);
}

int64_t speech_latency_us(struct sim *sim)
{
	int64_t host = db_number(&sim->db, 0, "SELECT latency_ms FROM host", "");
	return (host + fault_number(sim, FAULT_LATENCY, 0)) * MS;
}

static void say_bytes(struct speech *speech, char *take_bytes, size_t length, int64_t late_us)
{
	if (fault_stands(speech->sim, FAULT_SILENT)) {
		free(take_bytes);
		return;
	}
	line_queue_add(&speech->held, take_bytes, length, monotonic(speech) + speech_latency_us(speech->sim), late_us);
}

void say(struct speech *speech, const json_t *object, int64_t late_us)
{
	char *line = json_dumps(object, JSON_COMPACT);
	if (line) {
		say_bytes(speech, line, strlen(line), late_us);
	}
}

static void say_raw(struct speech *speech, const char *line)
{
	say_bytes(speech, hv_strdup(line), strlen(line), 0);
}

void say_ready(struct speech *speech)
{
	struct sim *sim = speech->sim;
	if (fault_stands(sim, FAULT_GARBAGE)) {
		say_raw(speech, "Windows PowerShell");
		say_raw(speech, "WARNING: \xff\xfe the profile 'C:\\Users\\svc' could not be loaded \x1b[31m!\x1b[0m");
		say_raw(speech, "{\"event\":\"Rea");
	}
	sqlite3_stmt *rows = db_query(&sim->db, "SELECT name, guid, version FROM host", "");
	if (db_next(&sim->db, rows)) {
		json_t *ready = json_pack("{s:s, s:i, s:s, s:{s:s, s:s, s:s}, s:[s, s, s, s]}", "event", "Ready", "protocol",
			1, "agent", "hvtree-sim " HVTREE_VERSION, "host", "name", db_column(rows, 0), "guid",
			db_column(rows, 1), "hypervisorVersion", db_column(rows, 2), "capabilities",
			"revert-memory-from-off", "production-checkpoints", "export", "volumes");
		db_end(rows);
		say(speech, ready, 0);
		json_decref(ready);
	}
	if (fault_stands(sim, FAULT_GARBAGE)) {
		say_raw(speech, "{\"event\":\"Progress\",\"operation\":");
	}
}

void say_error(struct speech *speech, const struct command_error *error)
{
	json_t *object = json_pack("{s:o, s:s, s:b, s:s, s:s, s:{}}", "id",
		error->has_id ? json_integer(error->id) : json_null(), "answer", error->answer, "result", 0, "code",
		error->code, "details", error->details, "body");
	say(speech, object, 0);
	json_decref(object);
}

json_t *answer_object(struct sim *sim, const char *command, const struct answer *answer, int64_t vm)
{
	json_t *body = answer->body ? json_copy(answer->body) : json_object();
	json_t *view = vm != 0 ? view_vm(sim, vm) : NULL;
	if (view) {
		(void)json_object_set_new(body, "vm", view);
	}
	json_t *object = json_pack("{s:s, s:b, s:s?, s:o}", "answer", command_answer_name(command), "result",
		(int)answer->result, "details", answer->details, "body", body);
	if (!answer->result) {
		(void)json_object_set_new(object, "code", json_string(answer->code ? answer->code : "HostError"));
	}
	if (answer->replayed) {
		(void)json_object_set_new(object, "replayed", json_true());
	}
	return object;
}

void speech_release(struct speech *speech)
{
	struct held_line line;
	while (line_queue_take(&speech->held, monotonic(speech), &line)) {
		hv_text_append(&speech->ready, line.bytes, line.length);
		hv_text_puts(&speech->ready, "\n");
		free(line.bytes);
	}
}

void speech_clear(struct speech *speech)
{
	line_queue_clear(&speech->held);
	hv_text_clear(&speech->ready);
	speech->written = 0;
}
