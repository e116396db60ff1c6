/*
 * Everything that a console shows, as a file: one JSON object a line, so that it can be read with other tools too.
 *
 *	{"hvtree":"picture","version":1,"written":MICROSECONDS}
 *	{"host":{...}}   {"vm":{...}}   {"operation":{...}}   {"tree":{..., "nodes":[...], "volumes":[...]}}
 *	{"end":NUMBER}   of the lines between the first and this one: a file without it was cut off
 *
 * A picture that is read is only looked at: no store, no host and no way to change anything stands behind it. The file is
 * untrusted: numbers are checked, a tree that is none is refused, what is too long is refused.
 */
#ifndef HV_TUI_OFFLINE_PICTURE_H
#define HV_TUI_OFFLINE_PICTURE_H

#include <stdio.h>
#include "backend/backend.h"

#define PICTURE_LINE_MAX (16 * 1024 * 1024)
#define PICTURE_OBJECTS_MAX 4000000

/* ---- writing ---- */

struct picture_writer {
	FILE *file;
	size_t count;
	bool failed; /* something could not be written */
};

void picture_begin(struct picture_writer *writer, FILE *file, int64_t wall_us);
void picture_put_host(struct picture_writer *writer, const struct hv_host *host);
void picture_put_vm(struct picture_writer *writer, const struct hv_vm *vm);
void picture_put_operation(struct picture_writer *writer, const struct hv_operation *operation);
void picture_put_tree(struct picture_writer *writer, const struct hv_tree *tree);
/** False when not all of it is in the file. */
bool picture_end(struct picture_writer *writer);

/* ---- looking at ---- */

struct picture;

/** HV_ERR_IO when it cannot be read; HV_ERR_INVALID with the line when it is no whole picture. */
enum hv_status picture_read(const char *path, struct picture **ret_picture, struct hv_error *err) HV_MUST_CHECK;
/** The same of lines that end with a newline, from memory. */
enum hv_status picture_parse(
	const char *text, size_t length, struct picture **ret_picture, struct hv_error *err) HV_MUST_CHECK;
void picture_free(struct picture *picture);
/** When it was written, wall clock. */
int64_t picture_written_us(const struct picture *picture);

/** Events as a backend would tell them, the first picture first; NULL when none waits. The caller frees it. */
struct hv_event *picture_next(struct picture *picture);
/** Whether picture_next() has one. */
bool picture_waits(const struct picture *picture);
/** Tell the tree of this VM. */
void picture_open_vm(struct picture *picture, const struct hv_uuid *vm);
/** Tell the snapshots of all trees that the console asks for (L1), as a store would; ages are at `now_us`, wall clock. */
void picture_list(struct picture *picture, uint64_t ticket, const struct hv_snapshot_query *query, int64_t now_us);
/** Whatever was asked cannot be done. */
void picture_refuse(struct picture *picture, uint64_t ticket);

#endif
