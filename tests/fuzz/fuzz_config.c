/* A configuration file holds anything: a whole configuration comes out, and a change sets its key and nothing else. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tests/fuzz/fuzz.h"
#include "tui/config/config.h"
#include "tui/config/config_text.h"

static void check(const struct config *config)
{
	struct hv_error error;
	for (int i = 0; i < SETTING_COUNT; i++) {
		if (setting_check((enum setting)i, config_text(config, (enum setting)i), &error) != HV_OK) {
			abort();
		}
	}
}

static size_t lines_of(const char *text)
{
	size_t count = 0;
	for (; *text != '\0'; text++) {
		count += *text == '\n';
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = hv_strndup((const char *)bytes, length);
	struct hv_text problems = HV_TEXT_INIT;
	struct config config = CONFIG_INIT;
	config_read(&config, "config", text, &problems);
	check(&config);
	char *changed = config_edit(text, "tree", "chain_warn", "77");
	if (lines_of(changed) < lines_of(text) || strlen(changed) + 64 < strlen(text)) {
		abort();
	}
	struct config after = CONFIG_INIT;
	config_read(&after, "config", changed, NULL);
	check(&after);
	if (!hv_utf8_is_valid(hv_text_get(&problems), problems.length)) {
		abort();
	}
	config_clear(&config);
	config_clear(&after);
	hv_text_clear(&problems);
	free(changed);
	free(text);
	return 0;
}
