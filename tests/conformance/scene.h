/* A host, an agent on it, and a client that speaks raw lines to it. One test, one scene. */
#ifndef HV_TESTS_CONFORMANCE_SCENE_H
#define HV_TESTS_CONFORMANCE_SCENE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include "backend/base/uuid.h"
#include "tests/conformance/subject.h"
#include "tests/conformance/talk.h"

struct scene {
	char folder[64];
	struct talk agent;
	json_t *ready;
	json_t *heard; /* every line since Ready, in order */
	json_t *vms;   /* name -> uuid */
	char run[HV_UUID_TEXT_SIZE]; /* "", or what makes the ids of operations new on a host that remembers */
	const char *only; /* NULL, or the only VM, by uuid, that anything may be done to */
	int64_t next_id;
	unsigned next_operation;
	struct transcript *transcript; /* NULL: nothing is written down */
};

/** A fresh host. An agent that takes long to start, and lives still, goes on with it: tests must not count on a new one. */
void scene_open(struct scene *scene, const struct subject *subject);
void scene_close(struct scene *scene);
/** After the last scene. */
void scenes_end(void);
/** Another agent on the same host, after the one before has ended or was killed. */
void scene_start_agent(struct scene *scene);
void scene_kill_agent(struct scene *scene);

/** The canonical text of an operation's id, a fresh one each time; valid until the next eight calls. */
const char *fresh_operation(struct scene *scene);
const char *vm_uuid(struct scene *scene, const char *vm);

/** Send; returns the id. `operation` NULL: none. The body is taken. */
int64_t scene_send(struct scene *scene, const char *command, const char *operation, int64_t epoch, json_t *take_body);
/** The answer to an id, waited for; borrowed. NULL when the agent ends first. */
const json_t *scene_hear_answer(struct scene *scene, int64_t id);
const json_t *scene_answer(struct scene *scene, int64_t id); /* asserts that it comes */
/** The next event of this name after `from` lines, waited for; borrowed. */
const json_t *scene_event(struct scene *scene, size_t from, const char *event, const char *vm);
size_t scene_heard(const struct scene *scene);

json_t *vm_body(struct scene *scene, const char *vm);
json_t *target_body(struct scene *scene, const char *vm, const char *name, const char *type);

/* One command to its answer; borrowed until the scene closes. */
const json_t *ask(struct scene *scene, const char *command, json_t *take_body);
const json_t *create(struct scene *scene, const char *vm, const char *name, const char *type);
const json_t *revert(struct scene *scene, const char *vm, const char *name, const char *type);
const json_t *remove_snapshot(struct scene *scene, const char *vm, const char *name);
const json_t *start(struct scene *scene, const char *vm);
const json_t *stop(struct scene *scene, const char *vm, bool force);

/** Any other act: the members of the body beside the VM's are taken; NULL: none. */
const json_t *ask_about(struct scene *scene, const char *command, const char *vm, json_t *take_more);
int64_t send_about(struct scene *scene, const char *command, const char *operation, const char *vm, json_t *take_more);
/** The VM as an inventory tells it now; NULL: it does not. */
const json_t *told_vm(struct scene *scene, const char *vm);
/** The VM of an answer or an event. */
const json_t *answered_vm(const json_t *message);
/** "none", or the state of the export of a VM, with " matches" behind it when it does. */
const char *export_of(const json_t *vm);

void assert_well(const json_t *answer);
void assert_failed(const json_t *answer, const char *code);
/* Of the VM in an answer or event: its state, and its tree as "base(mid(*)side)"; * is the running state. */
const char *state_of(const json_t *message);
const char *tree_of(const json_t *message);
const json_t *checkpoint_of(const json_t *message, const char *name);

#endif
