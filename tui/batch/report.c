#include "tui/batch/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/batch/table.h"

#define CANDIDATES_SHOWN 20
#define LOST_GRACE_US (5 * HV_SECOND_US) /* the backend reconnects by itself */

void batch_init(struct batch *batch, const struct arguments *arguments)
{
	memset(batch, 0, sizeof *batch);
	batch->arguments = arguments;
	batch->wants_json = arguments->given[OPTION_JSON];
	batch->lost_grace_us = LOST_GRACE_US;
	output_init(&batch->output, STDOUT_FILENO);
	json_writer_init(&batch->json, &batch->output);
}

void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->candidate_count; i++) {
		free(batch->candidates[i].name);
		free(batch->candidates[i].place);
	}
	free(batch->candidates);
	batch->candidates = NULL;
	batch->candidate_count = 0;
	batch->candidate_capacity = 0;
}

void batch_candidate(struct batch *batch, const struct hv_uuid *id, const char *name, const char *place)
{
	HV_GROW(batch->candidates, batch->candidate_count, batch->candidate_capacity);
	batch->candidates[batch->candidate_count++] =
		(struct candidate){*id, hv_strdup(name), hv_strdup_null(place)};
}

enum batch_exit batch_exit_of(enum hv_status status)
{
	switch (status) {
	case HV_OK:
		return BATCH_DONE;
	case HV_ERR_UNREACHABLE:
	case HV_ERR_TIMEOUT:
		return BATCH_UNREACHABLE;
	case HV_ERR_UNKNOWN_OUTCOME:
		return BATCH_UNKNOWN;
	case HV_ERR_INVALID:
	case HV_ERR_NOT_FOUND:
	case HV_ERR_AMBIGUOUS:
	case HV_ERR_REFUSED:
	case HV_ERR_CONFLICT:
	case HV_ERR_DENIED:
	case HV_ERR_PROTOCOL:
	case HV_ERR_HOST:
	case HV_ERR_STORE:
	case HV_ERR_CANCELLED:
	case HV_ERR_IO:
	case HV_STATUS_COUNT:
		return BATCH_FAILED;
	}
	return BATCH_FAILED;
}

void batch_json_error(struct batch *batch, const struct hv_error *error)
{
	json_put_string(&batch->json, "errorcode", hv_status_name(error->status));
	json_put_string(&batch->json, "errortext", error->text);
}

static void print_json_error(struct batch *batch, const struct hv_error *error)
{
	json_open_object(&batch->json, NULL);
	batch_json_error(batch, error);
	if (batch->candidate_count > 0) {
		json_open_array(&batch->json, "candidates");
		for (size_t i = 0; i < batch->candidate_count; i++) {
			json_open_object(&batch->json, NULL);
			json_put_uuid(&batch->json, "id", &batch->candidates[i].id);
			json_put_string(&batch->json, "name", batch->candidates[i].name);
			json_put_string(&batch->json, "in", batch->candidates[i].place);
			json_close_object(&batch->json);
		}
		json_close_array(&batch->json);
	}
	json_close_object(&batch->json);
	output_puts(&batch->output, "\n");
}

static void print_sentence(const struct batch *batch, const struct hv_error *error)
{
	HV_CLEANUP_FREE char *text = printable(error->text);
	(void)fprintf(stderr, "hvtree: %s\n", text);
	for (size_t i = 0; i < batch->candidate_count; i++) {
		if (i == CANDIDATES_SHOWN) {
			(void)fprintf(stderr, "  and %zu more\n", batch->candidate_count - i);
			break;
		}
		char id[HV_UUID_TEXT_SIZE];
		HV_CLEANUP_FREE char *name = printable(batch->candidates[i].name);
		HV_CLEANUP_FREE char *place = printable(batch->candidates[i].place);
		(void)fprintf(stderr, "  %s  %s  %s\n", hv_uuid_format(&batch->candidates[i].id, id), name, place);
	}
}

int batch_fail_with(struct batch *batch, const struct hv_error *error, enum batch_exit code)
{
	if (batch->wants_json && batch->output.written == 0) {
		print_json_error(batch, error);
	} else {
		print_sentence(batch, error);
	}
	return (int)code;
}

int batch_fail(struct batch *batch, const struct hv_error *error)
{
	return batch_fail_with(batch, error, batch_exit_of(error->status));
}
