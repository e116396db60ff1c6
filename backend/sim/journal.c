#include "backend/sim/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

#define KEPT_US (30 * 24 * 3600 * HV_SECOND_US)

void answer_clear(struct answer *answer)
{
	free(answer->code);
	free(answer->details);
	json_decref(answer->body);
	*answer = (struct answer){0};
}

struct answer answer_well(json_t *take_body)
{
	return (struct answer){.result = true, .body = take_body};
}

struct answer answer_failed(const char *code, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return (struct answer){.code = hv_strdup(code), .details = hv_strdup(text)};
}

static void copy_text(char *place, size_t size, const char *text)
{
	(void)snprintf(place, size, "%s", text);
}

void journal_load(struct sim *sim, const char *operation, const char *command, struct journal_entry *ret_entry)
{
	*ret_entry = (struct journal_entry){0};
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT epoch, session, step, checkpoint, created_us, code, details, answered_us IS NOT NULL"
		" FROM journal WHERE operation = ?1 AND command = ?2 AND step <> 'void'",
		"ss", operation, command);
	if (!db_next(&sim->db, rows)) {
		return;
	}
	*ret_entry = (struct journal_entry){.exists = true,
		.answered = sqlite3_column_int64(rows, 7) != 0,
		.epoch = sqlite3_column_int64(rows, 0),
		.session = sqlite3_column_int64(rows, 1),
		.created_us = sqlite3_column_int64(rows, 4),
		.code = db_column_copy(rows, 5),
		.details = db_column_copy(rows, 6)};
	copy_text(ret_entry->step, sizeof ret_entry->step, db_column(rows, 2));
	copy_text(ret_entry->checkpoint, sizeof ret_entry->checkpoint, db_column(rows, 3));
	db_end(rows);
}

void journal_entry_clear(struct journal_entry *entry)
{
	free(entry->code);
	free(entry->details);
	*entry = (struct journal_entry){0};
}

struct answer journal_recorded(struct sim *sim, const char *operation, const char *command)
{
	struct answer answer = {.replayed = true};
	sqlite3_stmt *rows = db_query(&sim->db,
		"SELECT result, code, details, body FROM journal WHERE operation = ?1 AND command = ?2", "ss",
		operation, command);
	if (db_next(&sim->db, rows)) {
		answer.result = sqlite3_column_int64(rows, 0) != 0;
		answer.code = answer.result ? NULL : db_column_copy(rows, 1);
		answer.details = answer.result ? NULL : db_column_copy(rows, 2);
		answer.body = json_loads(db_column(rows, 3), 0, NULL);
		db_end(rows);
	}
	return answer;
}

int64_t journal_epoch(struct sim *sim, const char *operation)
{
	return db_number(&sim->db, -1, "SELECT max(epoch) FROM journal WHERE operation = ?1", "s", operation);
}

void journal_raise_epoch(struct sim *sim, const struct command *command)
{
	db_run(&sim->db, "UPDATE journal SET epoch = ?3 WHERE operation = ?1 AND command = ?2 AND epoch < ?3", "ssi",
		command->operation, command->name, command->epoch);
}

void journal_take(struct sim *sim, const struct command *command, int64_t vm, int64_t session)
{
	char *intent = json_dumps(json_object_get(command->line, "body"), JSON_COMPACT);
	db_run(&sim->db,
		"INSERT INTO journal (operation, command, epoch, intent, written_us, vm, session, step)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'intent')"
		" ON CONFLICT (operation, command) DO UPDATE SET session = excluded.session,"
		" epoch = max(epoch, excluded.epoch), step = CASE step WHEN 'void' THEN 'intent' ELSE step END",
		"ssisini", command->operation, command->name, command->epoch, intent ? intent : "{}", host_now(sim),
		vm, session);
	free(intent);
}

void journal_set_step(struct sim *sim, const struct command *command, const char *step)
{
	db_run(&sim->db, "UPDATE journal SET step = ?3 WHERE operation = ?1 AND command = ?2", "sss",
		command->operation, command->name, step);
}

void journal_write_answer(struct sim *sim, const struct command *command, const struct answer *answer)
{
	char *body = answer->body ? json_dumps(answer->body, JSON_COMPACT) : NULL;
	db_run(&sim->db,
		"UPDATE journal SET result = ?3, code = ?4, details = ?5, body = ?6, answered_us = ?7, session = NULL"
		" WHERE operation = ?1 AND command = ?2",
		"ssisssi", command->operation, command->name, (int64_t)answer->result, answer->code, answer->details,
		body ? body : "{}", host_now(sim));
	free(body);
}

void journal_forget(struct sim *sim, const struct command *command)
{
	db_run(&sim->db,
		"UPDATE journal SET step = 'void', code = NULL, details = NULL, session = NULL"
		" WHERE operation = ?1 AND command = ?2",
		"ss", command->operation, command->name);
}

void journal_cancel_exports(struct sim *sim, int64_t vm, const char *export)
{
	db_run(&sim->db,
		"UPDATE journal SET step = 'failed', code = 'Cancelled', details = 'The export was cancelled'"
		" WHERE vm = ?1 AND command = 'ExportVmCommand' AND answered_us IS NULL AND step <> 'void'"
		" AND lower(json_extract(intent, '$.export')) = ?2",
		"is", vm, export);
}

void journal_give_up(struct sim *sim, const struct command *command)
{
	db_run(&sim->db, "UPDATE journal SET session = NULL WHERE operation = ?1 AND command = ?2", "ss",
		command->operation, command->name);
}

void journal_release(struct sim *sim, int64_t session)
{
	db_run(&sim->db, "UPDATE journal SET session = NULL WHERE session = ?1", "i", session);
	db_run(&sim->db, "DELETE FROM session WHERE id = ?1", "i", session);
}

void journal_prune(struct sim *sim)
{
	db_run(&sim->db, "DELETE FROM journal WHERE coalesce(answered_us, CASE step WHEN 'void' THEN written_us END) < ?1",
		"i", host_now(sim) - KEPT_US);
	db_run(&sim->db, "DELETE FROM session WHERE connected_us < ?1", "i", host_now(sim) - KEPT_US);
}
