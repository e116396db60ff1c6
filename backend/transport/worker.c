#include "backend/transport/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/base/memory.h"

#define STACK_BYTES (512u << 10) /* a resolver and the cryptography need less; many hosts are connected to at once */

/* Whoever comes last of thread and owner releases it: `lock` guards the flags. */
struct worker {
	struct worker_task task;
	void *data;
	int event;
	pthread_mutex_t lock;
	pthread_cond_t answered; /* `asks` has become false, or `abandoned` true */
	bool asks;
	bool done;
	bool abandoned;
};

static void release(struct worker *worker)
{
	if (worker->event >= 0) {
		(void)close(worker->event);
	}
	(void)pthread_cond_destroy(&worker->answered);
	(void)pthread_mutex_destroy(&worker->lock);
	free(worker);
}

static void wake_owner(const struct worker *worker)
{
	uint64_t one = 1;
	(void)!write(worker->event, &one, sizeof one);
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	worker->task.run(worker, worker->data);
	(void)pthread_mutex_lock(&worker->lock);
	worker->done = true;
	bool abandoned = worker->abandoned;
	if (!abandoned) {
		wake_owner(worker);
	}
	(void)pthread_mutex_unlock(&worker->lock);
	if (abandoned) {
		worker->task.dispose(worker->data);
		release(worker);
	}
	return NULL;
}

/* With all signals blocked: they are for the thread that waits for them. */
static int start_thread(struct worker *worker)
{
	pthread_t thread;
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int number = pthread_create(&thread, &attributes, work, worker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return number;
}

enum hv_status worker_start(
	const struct worker_task *task, void *data, struct worker **ret_worker, struct hv_error *err)
{
	struct worker *worker = hv_alloc(sizeof *worker);
	worker->task = *task;
	worker->data = data;
	worker->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&worker->lock, NULL);
	(void)pthread_cond_init(&worker->answered, NULL);
	int number = worker->event < 0 ? errno : start_thread(worker);
	if (number != 0) {
		release(worker);
		return hv_error_set(err, HV_ERR_IO, "cannot start a thread for a connection: %s",
			strerror(number));
	}
	*ret_worker = worker;
	return HV_OK;
}

int worker_fd(const struct worker *worker)
{
	return worker->event;
}

bool worker_ask(struct worker *worker)
{
	(void)pthread_mutex_lock(&worker->lock);
	worker->asks = true;
	wake_owner(worker);
	while (worker->asks && !worker->abandoned) {
		(void)pthread_cond_wait(&worker->answered, &worker->lock);
	}
	bool wanted = !worker->abandoned;
	(void)pthread_mutex_unlock(&worker->lock);
	return wanted;
}

bool worker_asks(struct worker *worker)
{
	(void)pthread_mutex_lock(&worker->lock);
	bool asks = worker->asks;
	(void)pthread_mutex_unlock(&worker->lock);
	return asks;
}

void worker_answer(struct worker *worker)
{
	uint64_t count;
	(void)pthread_mutex_lock(&worker->lock);
	worker->asks = false;
	(void)!read(worker->event, &count, sizeof count);
	(void)pthread_cond_signal(&worker->answered);
	(void)pthread_mutex_unlock(&worker->lock);
}

bool worker_take(struct worker *worker)
{
	(void)pthread_mutex_lock(&worker->lock);
	bool done = worker->done;
	(void)pthread_mutex_unlock(&worker->lock);
	if (done) {
		release(worker);
	}
	return done;
}

void worker_abandon(struct worker *take_worker)
{
	if (!take_worker) {
		return;
	}
	(void)pthread_mutex_lock(&take_worker->lock);
	take_worker->abandoned = true;
	(void)pthread_cond_signal(&take_worker->answered);
	bool done = take_worker->done;
	(void)pthread_mutex_unlock(&take_worker->lock);
	if (done) {
		take_worker->task.dispose(take_worker->data);
		release(take_worker);
	}
}

