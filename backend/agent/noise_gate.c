#include "backend/agent/noise_gate.h"

#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"

char *noise_gate_pass(struct noise_gate *gate, int64_t now_us, const char *bytes, size_t length)
{
	if (gate->told == 0 || now_us - gate->second_us >= HV_SECOND_US) {
		gate->second_us = now_us;
		gate->told = 0;
	}
	if (gate->told >= NOISE_LINES_A_SECOND) {
		gate->dropped++;
		return NULL;
	}
	gate->told++;
	struct hv_text text = HV_TEXT_INIT;
	char *printable = hv_text_printable(bytes, length < NOISE_TEXT_MAX ? length : NOISE_TEXT_MAX);
	hv_text_puts(&text, printable);
	free(printable);
	if (length > NOISE_TEXT_MAX) {
		hv_text_printf(&text, "... (%zu bytes)", length);
	}
	if (gate->dropped > 0) {
		hv_text_printf(&text, " (%lu lines before this one were dropped)", gate->dropped);
		gate->dropped = 0;
	}
	return hv_text_detach(&text);
}
