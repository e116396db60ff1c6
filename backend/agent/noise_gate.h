/* What a host says beside the protocol, made printable, short and rare enough for a log. */
#ifndef HV_AGENT_NOISE_GATE_H
#define HV_AGENT_NOISE_GATE_H

#include <stddef.h>
#include <stdint.h>

#define NOISE_TEXT_MAX 500 /* bytes of a line that are told */
#define NOISE_LINES_A_SECOND 20

struct noise_gate {
	int64_t second_us; /* when the second began that is counted */
	unsigned told;
	unsigned long dropped; /* since the last line that was told */
};

/** A printable copy of the line (caller frees), or NULL when there were too many of late. */
char *noise_gate_pass(struct noise_gate *gate, int64_t now_us, const char *bytes, size_t length);

#endif
