/*
 * Events on their way up: written by the backend's thread, read by the user's. A waiting event about the same object
 * is replaced where it stands, so the queue is bounded by the number of objects however slow the reader is. A batch
 * becomes visible as a whole: who sees one event of it finds all of them.
 */
#ifndef HV_BACKEND_EVENTS_H
#define HV_BACKEND_EVENTS_H

#include "backend/backend.h"

#define EVENTS_MESSAGES_MAX                                                                        \
	200 /* waiting messages; the oldest is dropped first, the log has them all */

struct events;

enum hv_status events_new(struct events **ret_events, struct hv_error *err) HV_MUST_CHECK;
void events_free(struct events *events);
/** Readable while events wait. */
int events_fd(const struct events *events);
/** The next event or NULL; the caller frees it with hv_event_free(). Any thread. */
struct hv_event *events_next(struct events *events);

/** Add to the batch; takes the event and its references. The backend's thread only. */
void events_add(struct events *events, struct hv_event *take_event);
/** Make the batch visible. */
void events_flush(struct events *events);

/** Give a reader who is behind time to take some, so that what is read quickly does not pile up: until at most `count`
 * wait, but not longer than this. */
void events_wait_for_reader(struct events *events, size_t count, int milliseconds);

/** A zeroed event of this kind. */
struct hv_event *event_new(enum hv_event_kind kind);

#endif
