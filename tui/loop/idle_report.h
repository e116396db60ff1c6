/*
 * How tests know that the console has come to rest, instead of sleeping.
 *
 * With HVTREE_TEST_FD=n in the environment the program writes one line to descriptor n after each turn of its loop in which
 * something happened and after which nothing is left to do (no request unanswered, nothing waiting to be drawn):
 *
 *	idle BYTES WIDTHxHEIGHT
 *
 * BYTES is the number of bytes that it has taken from the terminal so far, so that a test that has sent N bytes waits for a
 * line with BYTES >= N; the size tells that a resize was seen. The frame has been written to the terminal before.
 *
 * And how long this thread was busy in one turn of the loop, in CPU time, when that was longer than in all turns before:
 *
 *	turn MICROSECONDS
 */
#ifndef HV_TUI_LOOP_IDLE_REPORT_H
#define HV_TUI_LOOP_IDLE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idle_report {
	int fd; /* -1: nobody asked */
	bool happened;
	int64_t busy_us;    /* CPU time of this thread when the turn began; 0: none has begun */
	int64_t longest_us; /* of all turns so far */
};

/** The descriptor that HVTREE_TEST_FD names, made not to block and not to be inherited; -1 when it names none. */
int idle_report_fd(const char *variable);
/** A turn ends, the next one begins. */
void idle_report_turn(struct idle_report *report);
void idle_report_write(struct idle_report *report, size_t bytes, int width, int height);

#endif
