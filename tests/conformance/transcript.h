/*
 * A conversation as text that two agents must have in common: commands and their answers, with all ids, times, sizes,
 * paths and words replaced by what they are. Events are left out, because nobody promises when they come.
 */
#ifndef HV_TESTS_CONFORMANCE_TRANSCRIPT_H
#define HV_TESTS_CONFORMANCE_TRANSCRIPT_H

#include <jansson.h>
#include "backend/base/text.h"

struct transcript {
	struct hv_text text;
	json_t *ids; /* uuid -> "id 3", in order of appearance */
};

void transcript_init(struct transcript *transcript);
void transcript_clear(struct transcript *transcript);
void transcript_sent(struct transcript *transcript, const json_t *line);
void transcript_heard(struct transcript *transcript, const json_t *line);

#endif
