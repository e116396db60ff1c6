/* Turns argv into a command, its operands and its options, by the tables of command.h. Knows no backend. */
#ifndef HV_TUI_BATCH_ARGUMENTS_H
#define HV_TUI_BATCH_ARGUMENTS_H

#include "backend/backend.h"
#include "tui/batch/command.h"

struct arguments {
	const struct command *command; /* NULL: none was named, or not completely */
	const char *words[2];          /* what stood where a command is expected; also when it is none */
	size_t word_count;
	bool given[OPTION_COUNT];
	const char *text[OPTION_COUNT];      /* borrowed from argv; NULL when it has no argument */
	int64_t number[OPTION_COUNT];        /* NUMBER, AGE in microseconds, SIZE in bytes, STATE and TYPE as their enum value */
	struct hv_uuid *ids;                 /* of --id */
	size_t id_count;
	size_t id_capacity;
	const char **operands;
	size_t operand_count;
	size_t operand_capacity;
};

/**
 * Read the command line. *ret is always valid afterwards and must be cleared; on failure it holds what was understood, so
 * that the usage of the command can be shown and --json obeyed.
 *
 * @return HV_OK (command may be NULL when only --help or --version is given, or nothing), HV_ERR_INVALID with a
 *         sentence that names the nearest thing that exists
 */
enum hv_status arguments_parse(
	int argc, char *const *argv, struct arguments *ret, struct hv_error *err) HV_MUST_CHECK;
void arguments_clear(struct arguments *arguments);

#endif
