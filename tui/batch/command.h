/*
 * What can be asked for: one row an option, one row a command. Parsing, help and (later) completion and the man page
 * come from these two tables and from nothing else.
 */
#ifndef HV_TUI_BATCH_COMMAND_H
#define HV_TUI_BATCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_id {
	/* of every command */
	OPTION_JSON,
	OPTION_DEMO,
	OPTION_STORE,
	OPTION_NO_WAIT,
	OPTION_YES,
	OPTION_HELP,
	OPTION_VERSION,
	/* of acts */
	OPTION_DRY_RUN,
	OPTION_NAME,
	OPTION_DESCRIPTION,
	OPTION_MEMORY,
	OPTION_QUIESCE,
	OPTION_ALL,
	OPTION_CHILDREN,
	OPTION_FORCE,
	OPTION_SAFETY,
	OPTION_NO_SAFETY,
	OPTION_WRITE,
	OPTION_NEW_NAME,
	OPTION_NEW_DESCRIPTION,
	OPTION_QUEUE,
	/* of volumes, offerings and hypervisors */
	OPTION_PATH,
	OPTION_SIZE,
	OPTION_OFFERING,
	OPTION_COPY_NAME,
	OPTION_CPUS,
	OPTION_RAM,
	OPTION_ENABLE,
	OPTION_DISABLE,
	/* of lists */
	OPTION_VM,
	OPTION_ACCOUNT,
	OPTION_DOMAIN,
	OPTION_RECURSIVE,
	OPTION_HOST,
	OPTION_VM_STATE,
	OPTION_VM_NAME,
	OPTION_VM_KEYWORD,
	OPTION_WITH_SNAPSHOTS,
	OPTION_WITHOUT_SNAPSHOTS,
	OPTION_SORT,
	OPTION_OLDEST_FIRST,
	OPTION_STATE,
	OPTION_TYPE,
	OPTION_NAME_FILTER,
	OPTION_ID,
	OPTION_KEYWORD,
	OPTION_OLDER_THAN,
	OPTION_PAGE,
	OPTION_PAGE_SIZE,
	/* of the log */
	OPTION_WHO,
	OPTION_WHAT,
	OPTION_SINCE,
	OPTION_FAILED,
	/* of accounts */
	OPTION_ROLE,
	OPTION_USER,
	OPTION_ACCOUNT_DOMAIN,
	OPTION_TO_ACCOUNT,
	/* of hosts */
	OPTION_HOST_NAME,
	OPTION_GROUP,
	OPTION_TRANSPORT,
	OPTION_COMMAND,
	OPTION_ACCEPT_KEY,
	OPTION_STOP_POLICY,
	OPTION_COUNT
};

enum option_type {
	OPTION_TYPE_FLAG,
	OPTION_TYPE_TEXT,
	OPTION_TYPE_FOLDER,   /* text that may be left out: --demo or --demo=DIR, never a separate word */
	OPTION_TYPE_UUID,     /* may be given several times */
	OPTION_TYPE_AGE,
	OPTION_TYPE_NUMBER,   /* 1 or more */
	OPTION_TYPE_SIZE,     /* bytes */
	OPTION_TYPE_SNAPSHOT_STATE,
	OPTION_TYPE_SNAPSHOT_TYPE,
	OPTION_TYPE_VM_STATE,
	OPTION_TYPE_VM_SORT,  /* of enum hv_vm_sort, negative minus one when from the end */
	OPTION_TYPE_ROLE,
	OPTION_TYPE_STOP_POLICY,
};

/* Options with the same name take an argument in the same way, so that words and options can be told apart before the
 * command is known. */
struct option_row {
	const char *name;     /* without dashes */
	char short_name;      /* 0: none */
	const char *argument; /* as help shows it; NULL for a flag */
	enum option_type type;
	const char *help;
};

struct batch;

struct command {
	const char *words;    /* "snapshot create" */
	const char *operands; /* as usage shows them, "" for none */
	size_t least, most;   /* how many operands */
	uint64_t options;     /* bits of enum option_id, beside the global ones */
	bool offline;         /* needs no backend */
	const char *summary;  /* one line */
	const char *details;  /* more sentences for its help; NULL: none */
	int (*run)(struct batch *batch); /* returns the exit code */
};

#define OPERANDS_ANY SIZE_MAX

const struct option_row *option_row(enum option_id id);
/** Whether `command` (NULL: only the program itself) takes the option. */
bool command_takes(const struct command *command, enum option_id id);
const struct command *command_table(size_t *ret_count);

#endif
