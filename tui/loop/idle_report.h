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
 */
#ifndef HV_TUI_LOOP_IDLE_REPORT_H
#define HV_TUI_LOOP_IDLE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct idle_report {
	int fd; /* -1: nobody asked */
	bool happened;
};

/** The descriptor that HVTREE_TEST_FD names, made not to block and not to be inherited; -1 when it names none. */
int idle_report_fd(const char *variable);
void idle_report_write(struct idle_report *report, size_t bytes, int width, int height);

#endif
