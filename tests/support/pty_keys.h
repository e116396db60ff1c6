/* Keys in the user's syntax to the bytes that a terminal sends for them. */
#ifndef HV_TESTS_SUPPORT_PTY_KEYS_H
#define HV_TESTS_SUPPORT_PTY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/base/text.h"

/** "jj<Enter><^C>" ("<lt>" is '<'); false when a name is no key. */
bool pty_keys_to_bytes(const char *keys, struct hv_text *bytes);
size_t pty_encode_utf8(uint32_t character, char bytes[8]);

#endif
