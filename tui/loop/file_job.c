#include "tui/loop/file_job.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/base/memory.h"

struct outcome {
	char *text;
	bool failed;
};

struct file_jobs {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	bool running; /* the thread exists */
	bool stop;
	struct file_job **waiting; /* in their order */
	size_t waiting_count, waiting_capacity;
	size_t unfinished; /* waiting, and the one that runs */
	struct outcome *ended;
	size_t ended_count, ended_capacity;
	int fd;
};

struct file_jobs *file_jobs_new(void)
{
	struct file_jobs *jobs = hv_alloc(sizeof *jobs);
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->wake, NULL);
	jobs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return jobs;
}

static struct file_job *take_first(struct file_jobs *jobs)
{
	struct file_job *first = jobs->waiting[0];
	jobs->waiting_count--;
	for (size_t i = 0; i < jobs->waiting_count; i++) {
		jobs->waiting[i] = jobs->waiting[i + 1];
	}
	return first;
}

static struct outcome run(struct file_job *job)
{
	struct hv_error error;
	struct outcome outcome = {.text = NULL};
	outcome.failed = job->run(job, &error) != HV_OK;
	outcome.text = outcome.failed ? hv_strdup(error.text) : hv_strdup_null(job->done);
	job->free(job);
	return outcome;
}

/* Jobs that were handed over are done also when the program is about to end: somebody asked for them. */
static void *work(void *context)
{
	struct file_jobs *jobs = context;
	pthread_mutex_lock(&jobs->lock);
	while (jobs->waiting_count > 0 || !jobs->stop) {
		if (jobs->waiting_count == 0) {
			pthread_cond_wait(&jobs->wake, &jobs->lock);
			continue;
		}
		struct file_job *job = take_first(jobs);
		pthread_mutex_unlock(&jobs->lock);
		struct outcome outcome = run(job);
		pthread_mutex_lock(&jobs->lock);
		HV_GROW(jobs->ended, jobs->ended_count, jobs->ended_capacity);
		jobs->ended[jobs->ended_count++] = outcome;
		jobs->unfinished--;
		uint64_t one = 1;
		ssize_t ignored = write(jobs->fd, &one, sizeof one);
		(void)ignored;
	}
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

/* Signals are for the UI thread. */
static bool start(struct file_jobs *jobs)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&jobs->thread, NULL, work, jobs) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

void file_jobs_add(struct file_jobs *jobs, struct file_job *job)
{
	pthread_mutex_lock(&jobs->lock);
	HV_GROW(jobs->waiting, jobs->waiting_count, jobs->waiting_capacity);
	jobs->waiting[jobs->waiting_count++] = job;
	jobs->unfinished++;
	jobs->running = jobs->running || start(jobs);
	pthread_cond_signal(&jobs->wake);
	pthread_mutex_unlock(&jobs->lock);
}

int file_jobs_fd(const struct file_jobs *jobs)
{
	return jobs->fd;
}

char *file_jobs_take(struct file_jobs *jobs, bool *ret_failed)
{
	uint64_t count;
	char *text = NULL;
	ssize_t ignored = read(jobs->fd, &count, sizeof count);
	(void)ignored;
	pthread_mutex_lock(&jobs->lock);
	while (text == NULL && jobs->ended_count > 0) {
		text = jobs->ended[0].text;
		*ret_failed = jobs->ended[0].failed;
		jobs->ended_count--;
		for (size_t i = 0; i < jobs->ended_count; i++) {
			jobs->ended[i] = jobs->ended[i + 1];
		}
	}
	pthread_mutex_unlock(&jobs->lock);
	return text;
}

bool file_jobs_idle(struct file_jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	bool idle = jobs->unfinished == 0 && jobs->ended_count == 0;
	pthread_mutex_unlock(&jobs->lock);
	return idle;
}

void file_jobs_free(struct file_jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->stop = true;
	pthread_cond_signal(&jobs->wake);
	pthread_mutex_unlock(&jobs->lock);
	if (jobs->running) {
		pthread_join(jobs->thread, NULL);
	}
	for (size_t i = 0; i < jobs->waiting_count; i++) { /* there was no thread to do them */
		jobs->waiting[i]->free(jobs->waiting[i]);
	}
	for (size_t i = 0; i < jobs->ended_count; i++) {
		free(jobs->ended[i].text);
	}
	free(jobs->waiting);
	free(jobs->ended);
	close(jobs->fd);
	pthread_cond_destroy(&jobs->wake);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
