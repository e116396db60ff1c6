/*
 * A simulated host on a virtual clock, and a client that speaks the protocol to it in the same process. Time moves only
 * when a client waits. The state file lies in a folder of its own and goes away with the host.
 */
#ifndef HV_TESTS_SIM_FIXTURE_H
#define HV_TESTS_SIM_FIXTURE_H

#include <jansson.h>
#include "backend/sim/session.h"

struct test_host {
	char folder[64];
	char path[96];
	int64_t now_us;  /* the virtual clock: monotonic; the wall shows a fixed day plus this */
	uint64_t uuids;  /* how many identities were made */
	struct sim *sim; /* the trainer's hands */
};
/** NULL: fixture_fleet with one host "hv01". Pace 0 unless the test sets another. */
void test_host_open(struct test_host *host, const char *fleet_text);
void test_host_close(struct test_host *host);
struct sim_options test_host_options(struct test_host *host);
void test_host_check(struct test_host *host); /* asserts that the file makes sense */
void test_host_speed(struct test_host *host, int64_t percent);
void test_host_fault(struct test_host *host, const char *spec);
void test_host_clear_fault(struct test_host *host, const char *spec);

/* What the guest holds: NULL when nothing; valid until the next call. */
const char *disk_of(struct test_host *host, const char *vm, const char *key);
const char *data_disk_of(struct test_host *host, const char *vm, const char *key);
const char *memory_of(struct test_host *host, const char *vm, const char *key);
void write_disk(struct test_host *host, const char *vm, const char *key, const char *value);
void write_data_disk(struct test_host *host, const char *vm, const char *key, const char *value);
void write_memory(struct test_host *host, const char *vm, const char *key, const char *value);

/** What is kept, or held in any other place; NULL when nothing; valid until the next call. */
const char *held(struct test_host *host, struct sim_place place, const char *key);
int64_t free_bytes(struct test_host *host);

/* An agent and its client. */
struct client {
	struct test_host *host;
	struct sim *sim; /* the agent's own connection */
	struct sim_session *session;
	json_t *heard; /* every line, in order; a line that is no JSON as a string */
	int next_id;
};
void client_open(struct client *client, struct test_host *host);
void client_close(struct client *client); /* in order */
void client_kill(struct client *client);  /* the agent dies */
void client_run_ms(struct client *client, int64_t ms);
void client_send_line(struct client *client, const char *line);
/** Send a command; returns its id. `operation` NULL: without. The body is taken. */
int client_send(struct client *client, const char *command, const char *operation, int64_t epoch, json_t *take_body);
/** The answer when it is there, else NULL; borrowed. */
const json_t *client_heard_answer(const struct client *client, int id);
/** Wait (on the virtual clock) for an answer; asserts that one comes. */
const json_t *client_answer(struct client *client, int id);
size_t client_count_events(const struct client *client, const char *event);
const json_t *client_last_event(const struct client *client, const char *event);
void client_forget(struct client *client);

/* Bodies. VMs of the fixture have ids made from their names. */
json_t *vm_body(const char *vm);
/** `checkpoint`: uuid or NULL; `type`: "Disk" or "DiskAndMemory". The parent is not told. */
json_t *target_body(const char *vm, const char *name, const char *type, const char *checkpoint);
/** A fresh operation id, the same in each run; valid until the next call. */
const char *new_operation(struct test_host *host);

/* One command, waited for; returns the answer, borrowed until the client hears more. */
const json_t *create(struct client *client, const char *vm, const char *name, const char *type);
const json_t *revert(struct client *client, const char *vm, const char *name, const char *type);
const json_t *delete_snapshot(struct client *client, const char *vm, const char *name);
const json_t *start(struct client *client, const char *vm);
const json_t *stop(struct client *client, const char *vm, bool force);

/* The others: `take_more` has the members of the body beside the VM's; NULL: none. */
const json_t *ask_vm(struct client *client, const char *command, const char *vm, json_t *take_more);
int send_vm(struct client *client, const char *command, const char *vm, const char *operation, json_t *take_more);
json_t *export_of(const char *export);            /* {"export"} */
json_t *export_with(const char *export, bool disks); /* {"export", "disks"} */
const json_t *inventory_vm(struct client *client, const char *vm); /* NULL: not there */

void assert_well(const json_t *answer);
void assert_failed(const json_t *answer, const char *code);
/* Of the VM in an answer or an event. */
const char *vm_state(const json_t *message);
/** Name of the checkpoint that the pointer names, "" for none. */
const char *pointer_name(const json_t *message);
/** The tree as text: "base(mid(*)side)", roots and children in order of creation; * is the running state. */
const char *tree_text(const json_t *message);
const json_t *checkpoint_named(const json_t *message, const char *name);
/** The VM object of an answer or an event. */
const json_t *vm_of(const json_t *message);
/** "Complete matches", "Complete", "Running 34", "Running", "Broken", "none": the export of a VM object. */
const char *export_text(const json_t *vm);

#endif
