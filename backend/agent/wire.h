/*
 * The wire form of protocol.md: commands to lines, lines to structs. With wire_*.c the only place of the backend that
 * knows JSON. Whatever a line holds, these functions end with a struct that keeps the contract of message.h or with
 * a sentence that is safe to show; what is allocated is bounded by the length of the line.
 */
#ifndef HV_AGENT_WIRE_H
#define HV_AGENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/agent/message.h"
#include "backend/base/text.h"

#define WIRE_PROTOCOL 1
#define WIRE_LINE_MAX (16u << 20)

struct json_t;

enum wire_kind {
	WIRE_READY,
	WIRE_REFUSED, /* the agent cannot even start */
	WIRE_PROGRESS,
	WIRE_VM_CHANGED, /* VmStateChanged and SnapshotsChanged */
	WIRE_VM_REMOVED,
	WIRE_HOST_STATUS,
	WIRE_OTHER_EVENT, /* of a newer agent */
	WIRE_ANSWER,
	WIRE_LOST_ANSWER, /* to a line of ours that the agent could not read: it has no id */
};

/* A line that is JSON and says what it is, not looked into any further. */
struct wire_line {
	struct json_t *root; /* owned */
	enum wire_kind kind;
	int64_t id; /* of an answer */
};

/** HV_ERR_PROTOCOL when the line is not JSON, is nested or crowded beyond reason, or is no message. */
enum hv_status wire_parse(const char *line, size_t length, struct wire_line *ret_line,
	struct hv_error *err) HV_MUST_CHECK;
void wire_line_clear(struct wire_line *line);
/** Whether a line that wire_parse refused may have been an answer: then somebody waits for it in vain. */
bool wire_may_be_answer(const char *line, size_t length);

/* Each takes a line of its kind; HV_ERR_PROTOCOL otherwise says what is wrong with it, and nothing is owned. */
/** Why the agent cannot start; never NULL, the caller frees. */
char *wire_decode_refusal(const struct wire_line *line);
enum hv_status wire_decode_hello(
	const struct wire_line *line, struct agent_hello *ret_hello, struct hv_error *err) HV_MUST_CHECK;

struct wire_progress {
	struct hv_uuid operation;
	int64_t percent; /* -1 when the agent does not know */
	char *phase;     /* owned */
};
enum hv_status wire_decode_progress(const struct wire_line *line, struct wire_progress *ret_progress,
	struct hv_error *err) HV_MUST_CHECK;
enum hv_status wire_decode_vm(
	const struct wire_line *line, struct agent_vm *ret_vm, struct hv_error *err) HV_MUST_CHECK;
enum hv_status wire_decode_vm_removed(
	const struct wire_line *line, struct hv_uuid *ret_uuid, struct hv_error *err) HV_MUST_CHECK;
enum hv_status wire_decode_host_status(const struct wire_line *line, struct agent_host_status *ret_status,
	struct hv_error *err) HV_MUST_CHECK;

/* What an answer answers, as remembered by whoever sent the command. */
struct wire_question {
	enum agent_command_kind kind;
	struct hv_uuid operation;
	enum agent_command_kind query_kind;
	int64_t mark;
};
/** @param[out] ret_has_status  whether *ret_status was told too (GetInventory) */
enum hv_status wire_decode_answer(const struct wire_line *line, const struct wire_question *question,
	struct agent_answer *ret_answer, bool *ret_has_status, struct agent_host_status *ret_status,
	struct hv_error *err) HV_MUST_CHECK;

/**
 * Append the line of a command, with its newline, in ASCII. HV_ERR_INVALID when a text is not valid UTF-8, or when a
 * command that changes something has no operation: two of those would have the same key in the agent's journal (Y2).
 */
enum hv_status wire_encode_command(const struct agent_command *command, int64_t id, struct hv_text *line,
	struct hv_error *err) HV_MUST_CHECK;
void wire_encode_quit(int64_t id, struct hv_text *line);

#endif
