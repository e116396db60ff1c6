/*
 * What an agent says: objects to lines, held back as long as the link is slow, or not said at all (fault silent).
 */
#ifndef HV_SIM_SPEECH_H
#define HV_SIM_SPEECH_H

#include "backend/sim/journal.h"
#include "backend/sim/lines.h"

struct speech {
	struct sim *sim;
	struct line_queue held;
	struct hv_text ready; /* bytes that may be written now */
	size_t written;       /* of them */
};

int64_t speech_latency_us(struct sim *sim);
/** `late_us`: on top of the latency, and without holding up what is said after it. */
void say(struct speech *speech, const json_t *object, int64_t late_us);
/** Ready, with the noise of the fault garbage around it. */
void say_ready(struct speech *speech);
void say_error(struct speech *speech, const struct command_error *error);
/** The answer object as it is sent, without id, and as QueryOperation repeats it. The VM is told as it is now. */
json_t *answer_object(struct sim *sim, const char *command, const struct answer *answer, int64_t vm);
/** Move what is due to `ready`. */
void speech_release(struct speech *speech);
void speech_clear(struct speech *speech);

#endif
