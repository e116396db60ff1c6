#include "backend/backend_events.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

#include "backend/base/hash.h"

/* What makes two events the same object's; the bytes are the key of the hash. */
struct key {
	struct hv_uuid id;
	uint32_t kind;
};

struct entry {
	struct hv_event event; /* first: an entry is handed out as its event */
	struct key key;
	bool keyed;
	struct entry *prev, *next;
	UT_hash_handle hh;
};

/* The hash holds exactly those entries of the list that are `keyed`. */
struct queue {
	struct entry *list;
	struct entry *by_key;
	size_t messages;
	size_t count;
};

struct events {
	pthread_mutex_t lock;
	pthread_cond_t taken; /* fewer wait than `wanted` */
	size_t wanted; /* under the lock; 0: nobody waits for the reader */
	struct queue waiting; /* under the lock */
	struct entry *batch; /* of the writer, not yet visible */
	int fd;
};

struct hv_event *event_new(enum hv_event_kind kind)
{
	struct entry *entry = hv_alloc(sizeof *entry);
	entry->event.kind = kind;
	return &entry->event;
}

/* Which events replace each other: those that say how one object is now. */
static bool key_of(const struct hv_event *event, struct key *ret_key)
{
	memset(ret_key, 0, sizeof *ret_key);
	ret_key->kind = (uint32_t)event->kind;
	switch (event->kind) {
	case HV_EVENT_HOST:
		ret_key->id = event->host->uuid;
		return true;
	case HV_EVENT_VM:
		ret_key->id = event->vm->uuid;
		return true;
	case HV_EVENT_TREE:
		ret_key->id = event->tree->vm;
		return true;
	case HV_EVENT_OPERATION:
		ret_key->id = event->operation->uuid;
		return true;
	case HV_EVENT_QUESTION:
		ret_key->id = event->question->host;
		return true;
	case HV_EVENT_HOST_GONE:
	case HV_EVENT_VM_GONE:
	case HV_EVENT_QUESTION_GONE:
		ret_key->id = event->id;
		return true;
	case HV_EVENT_FAILED:
		return true;
	case HV_EVENT_LOADED:
	case HV_EVENT_ACCEPTED:
	case HV_EVENT_REFUSED:
	case HV_EVENT_PREVIEW:
	case HV_EVENT_SNAPSHOTS:
	case HV_EVENT_LOG:
	case HV_EVENT_ACCOUNTS:
	case HV_EVENT_SETTINGS:
	case HV_EVENT_VMS:
	case HV_EVENT_VOLUME_SNAPSHOTS:
	case HV_EVENT_OFFERINGS:
	case HV_EVENT_CAPABILITIES:
	case HV_EVENT_SYNCED:
	case HV_EVENT_MESSAGE:
	case HV_EVENT_KIND_COUNT:
		break;
	}
	return false;
}

enum hv_status events_new(struct events **ret_events, struct hv_error *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0) {
		return hv_error_set(
			err, HV_ERR_IO, "no descriptor for events: %s", strerror(errno));
	}
	struct events *events = hv_alloc(sizeof *events);
	(void)pthread_mutex_init(&events->lock, NULL);
	(void)pthread_cond_init(&events->taken, NULL);
	events->fd = fd;
	*ret_events = events;
	return HV_OK;
}

static void remove_entry(struct queue *queue, struct entry *entry)
{
	if (entry->keyed) {
		HASH_DEL(queue->by_key, entry);
		entry->keyed = false;
	}
	if (entry->event.kind == HV_EVENT_MESSAGE) {
		queue->messages--;
	}
	DL_DELETE(queue->list, entry);
	queue->count--;
}

void events_free(struct events *events)
{
	if (!events) {
		return;
	}
	struct entry *entry;
	struct entry *next;
	DL_FOREACH_SAFE(events->waiting.list, entry, next) {
		remove_entry(&events->waiting, entry);
		hv_event_free(&entry->event);
	}
	DL_FOREACH_SAFE(events->batch, entry, next) {
		DL_DELETE(events->batch, entry);
		hv_event_free(&entry->event);
	}
	(void)pthread_cond_destroy(&events->taken);
	(void)pthread_mutex_destroy(&events->lock);
	close(events->fd);
	free(events);
}

int events_fd(const struct events *events)
{
	return events->fd;
}

struct hv_event *events_next(struct events *events)
{
	pthread_mutex_lock(&events->lock);
	struct entry *entry = events->waiting.list;
	if (entry) {
		remove_entry(&events->waiting, entry);
	}
	if (events->wanted > events->waiting.count) {
		(void)pthread_cond_signal(&events->taken);
	}
	if (!events->waiting.list) {
		uint64_t count;
		(void)!read(events->fd, &count, sizeof count);
	}
	pthread_mutex_unlock(&events->lock);
	return entry ? &entry->event : NULL;
}

void events_add(struct events *events, struct hv_event *take_event)
{
	struct entry *entry = (struct entry *)(void *)take_event;
	DL_APPEND(events->batch, entry);
}

static struct entry *find(struct queue *queue, const struct key *key)
{
	struct entry *entry = NULL;
	HASH_FIND(hh, queue->by_key, key, sizeof *key, entry);
	return entry;
}

static void drop_waiting(struct queue *queue, enum hv_event_kind kind, const struct hv_uuid *id)
{
	struct key key;
	memset(&key, 0, sizeof key);
	key.kind = (uint32_t)kind;
	key.id = *id;
	struct entry *entry = find(queue, &key);
	if (entry) {
		remove_entry(queue, entry);
		hv_event_free(&entry->event);
	}
}

/* Nothing about an object may follow its end that was said before it. */
static void drop_overtaken(struct queue *queue, const struct hv_event *event)
{
	if (event->kind == HV_EVENT_HOST_GONE) {
		drop_waiting(queue, HV_EVENT_HOST, &event->id);
	} else if (event->kind == HV_EVENT_VM_GONE) {
		drop_waiting(queue, HV_EVENT_VM, &event->id);
		drop_waiting(queue, HV_EVENT_TREE, &event->id);
	} else if (event->kind == HV_EVENT_QUESTION_GONE) {
		drop_waiting(queue, HV_EVENT_QUESTION, &event->id);
	} else if (event->kind == HV_EVENT_QUESTION) {
		drop_waiting(queue, HV_EVENT_QUESTION_GONE, &event->question->host);
	} else if (event->kind == HV_EVENT_OPERATION && event->operation->finished_us != 0) {
		/* an end comes behind what it ended in: the VM and the tree of the same batch */
		drop_waiting(queue, HV_EVENT_OPERATION, &event->operation->uuid);
	}
}

static void drop_oldest_message(struct queue *queue)
{
	struct entry *entry;
	DL_FOREACH(queue->list, entry) {
		if (entry->event.kind == HV_EVENT_MESSAGE) {
			remove_entry(queue, entry);
			hv_event_free(&entry->event);
			return;
		}
	}
}

static void enqueue(struct queue *queue, struct entry *entry)
{
	drop_overtaken(queue, &entry->event);
	entry->keyed = key_of(&entry->event, &entry->key);
	struct entry *old = entry->keyed ? find(queue, &entry->key) : NULL;
	if (old) {
		HASH_DEL(queue->by_key, old);
		old->keyed = false;
		DL_REPLACE_ELEM(queue->list, old, entry);
		hv_event_free(&old->event);
	} else {
		DL_APPEND(queue->list, entry);
		queue->count++;
	}
	if (entry->keyed) {
		HASH_ADD(hh, queue->by_key, key, sizeof entry->key, entry);
	}
	if (entry->event.kind == HV_EVENT_MESSAGE && ++queue->messages > EVENTS_MESSAGES_MAX) {
		drop_oldest_message(queue);
	}
}

void events_flush(struct events *events)
{
	if (!events->batch) {
		return;
	}
	pthread_mutex_lock(&events->lock);
	struct entry *entry;
	struct entry *next;
	DL_FOREACH_SAFE(events->batch, entry, next) {
		DL_DELETE(events->batch, entry);
		enqueue(&events->waiting, entry);
	}
	uint64_t one = 1;
	(void)!write(events->fd, &one, sizeof one);
	pthread_mutex_unlock(&events->lock);
}

void events_wait_for_reader(struct events *events, size_t count, int milliseconds)
{
	struct timespec deadline;
	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_nsec += milliseconds * 1000000L;
	deadline.tv_sec += deadline.tv_nsec / 1000000000;
	deadline.tv_nsec %= 1000000000;
	pthread_mutex_lock(&events->lock);
	events->wanted = count + 1;
	while (events->waiting.count > count &&
		pthread_cond_timedwait(&events->taken, &events->lock, &deadline) == 0) {
	}
	events->wanted = 0;
	pthread_mutex_unlock(&events->lock);
}
