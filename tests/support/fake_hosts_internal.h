/* What the files of the in-process hosts share. */
#ifndef HV_TESTS_SUPPORT_FAKE_HOSTS_INTERNAL_H
#define HV_TESTS_SUPPORT_FAKE_HOSTS_INTERNAL_H

#include "tests/support/fake_hosts.h"

#define MOST_VMS 16
#define MOST_HOSTS 8
#define MOST_FILES 32

struct entry { /* of the journal */
	struct hv_uuid operation;
	enum agent_command_kind kind;
	int64_t epoch;
	bool done;
	struct hv_uuid vm_uuid;
	struct agent_answer answer;
};

struct job { /* a command that was read: it waits, or acts */
	struct fake_console *console; /* NULL: nobody listens any more */
	struct agent_command command;
	bool acting;
	int left;
	struct entry *entry; /* when acting */
};

struct message {
	struct fake_console *console;
	int64_t host_id;
	bool is_event;
	bool is_progress;
	bool is_status;
	bool is_removal;
	bool storage_up;
	struct agent_answer answer; /* the VM of an event is answer.vm */
	int64_t percent;
};

struct unread {
	struct fake_console *console;
	struct agent_command command;
};

struct fault {
	bool set;
	enum fake_fault fault;
	enum agent_code code;
	char details[128];
};

struct fake_host {
	int64_t id;
	unsigned capabilities;
	int duration;
	struct fake_vm *vms[MOST_VMS];
	size_t vm_count;
	struct fake_vm *graves[MOST_VMS]; /* destroyed; tests may still hold them */
	size_t grave_count;
	bool storage_down;
	struct fake_file files[MOST_FILES];
	size_t file_count;
	struct entry **journal;
	size_t journal_count;
	size_t journal_capacity;
	struct unread *inbox;
	size_t inbox_count;
	size_t inbox_capacity;
	struct job *jobs;
	size_t job_count;
	size_t job_capacity;
	struct fault faults[AGENT_COMMAND_COUNT];
};

struct fake_console {
	struct fake_hosts *hosts;
	struct engine *engine;
	bool up[MOST_HOSTS];
	bool dead;
};

struct fake_hosts {
	struct hv_clock clock;
	struct fake_host hosts[MOST_HOSTS];
	size_t count;
	struct fake_console *consoles[4];
	size_t console_count;
	struct message *outbox;
	size_t outbox_count;
	size_t outbox_capacity;
	int acts[AGENT_COMMAND_COUNT];
	int sent[AGENT_COMMAND_COUNT];
	bool (*cut)(void *context);
	void *cut_context;
	int64_t next_checkpoint;
};

/* fake_hosts.c: finding things */
size_t fake_host_index(const struct fake_hosts *hosts, int64_t host_id);
struct fake_host *fake_host_find(struct fake_hosts *hosts, int64_t host_id);
struct fake_vm *fake_host_vm(struct fake_host *host, const struct hv_uuid *uuid);
struct entry *fake_host_entry(
	struct fake_host *host, const struct hv_uuid *operation, enum agent_command_kind kind);
/** The VM is no more; the memory stays. */
void fake_host_bury(struct fake_host *host, struct fake_vm *vm);
void fake_text(char *to, size_t size, const char *from);

/* fake_acts.c: what a host does to a VM, and how it tells */
void fake_describe(const struct fake_host *host, const struct fake_vm *vm, struct agent_vm *ret);
int64_t fake_host_of(struct fake_hosts *hosts, const struct fake_vm *vm);
void fake_copy_answer(struct agent_answer *to, const struct agent_answer *from);
struct fault fake_take_fault(struct fake_host *host, enum agent_command_kind kind, enum fake_fault fault);
/** Do what the command says, or what a fault says instead. */
void fake_act(struct fake_hosts *hosts, struct fake_host *host, const struct agent_command *command,
	struct agent_answer *answer);

/* fake_exports.c: exports, removals, imports; and destroying */
void fake_describe_export(const struct fake_vm *vm, struct agent_vm *ret);
enum agent_code fake_act_export(struct fake_host *host, struct fake_vm *vm, const struct agent_command *command,
	struct agent_answer *answer);

/* fake_volumes.c: disks, sizes and copies */
void fake_describe_volumes(const struct fake_host *host, const struct fake_vm *vm, struct agent_vm *ret);
enum agent_code fake_act_volume(struct fake_hosts *hosts, struct fake_host *host, struct fake_vm *vm,
	const struct agent_command *command, struct agent_answer *answer);

/* fake_links.c: what is between consoles and hosts */
bool fake_is_connected(const struct fake_console *console, int64_t host_id);
struct message *fake_post(struct fake_hosts *hosts, struct fake_console *console, int64_t host_id);
/** Every connected console hears that the VM has changed. */
void fake_post_change(struct fake_hosts *hosts, int64_t host_id, const struct fake_vm *vm);
void fake_post_answer(struct fake_hosts *hosts, struct fake_host *host, struct fake_console *console,
	const struct agent_answer *answer, bool replayed);
void fake_post_status(struct fake_hosts *hosts, const struct fake_host *host, struct fake_console *console);
/** Every connected console hears that the VM is gone. */
void fake_post_removal(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *vm_uuid);
void fake_deliver(struct fake_hosts *hosts);

/* fake_jobs.c: the journal and the acts that run */
void fake_remove_job(struct fake_host *host, size_t index);
void fake_read_command(struct fake_hosts *hosts, struct fake_host *host);
bool fake_step_jobs(struct fake_hosts *hosts, struct fake_host *host);

#endif
