/*
 * When to look whether another console has changed the store: soon after its files were written, seldom otherwise, so
 * that an idle console costs nothing. The kernel tells of writes; without it, look every 200 ms.
 *
 * A write is seen before it is committed (the log is written first, then synced, then made visible), so one look is
 * not enough: looks go on, further and further apart, for a second after the last write.
 */
#ifndef HV_BACKEND_WATCH_H
#define HV_BACKEND_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch;

struct watch *watch_new(const char *store_path);
void watch_free(struct watch *watch);
/** The descriptor to wait for, -1 when the kernel does not tell. */
int watch_fd(const struct watch *watch);
/** Read what the descriptor has. */
void watch_drain(struct watch *watch, int64_t now_us);
/** Monotonic time of the next look. */
int64_t watch_due_us(const struct watch *watch);
/** A look was taken. */
void watch_looked(struct watch *watch, int64_t now_us);

#endif
