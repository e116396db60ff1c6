/*
 * One piece of work that may block (a name's address, an agent that asks a person), on a thread of its own, so that the
 * poll loop never waits. The work owns `data` from worker_start() until worker_take(), but while it asks: then the owner
 * may read the question in it and write the answer.
 */
#ifndef HV_TRANSPORT_WORKER_H
#define HV_TRANSPORT_WORKER_H

#include <stdbool.h>
#include "backend/base/status.h"

struct worker;

struct worker_task {
	/** On the thread. */
	void (*run)(struct worker *worker, void *data);
	/** Releases `data`: on the thread, when the work was abandoned, else never. */
	void (*dispose)(void *data);
};

/** Starts the thread; on failure `data` stays the caller's. */
enum hv_status worker_start(const struct worker_task *task, void *data, struct worker **ret_worker,
	struct hv_error *err) HV_MUST_CHECK;
/** From run(): wait until the owner has answered what stands in `data`. False: nobody waits for the work any more. */
bool worker_ask(struct worker *worker);
/** Whether it waits for an answer. */
bool worker_asks(struct worker *worker);
void worker_answer(struct worker *worker);

/** Readable when the work is done, or asks. */
int worker_fd(const struct worker *worker);
/** Whether it is done; then `data` is the caller's again and the worker is gone. */
bool worker_take(struct worker *worker);
/** Nobody waits for it any more: when it is done, its data is disposed of. Returns at once. NULL is legal. */
void worker_abandon(struct worker *take_worker);

#endif
