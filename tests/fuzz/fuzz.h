/* What a fuzzed program provides: libFuzzer calls it, and so does replay.c. */
#ifndef HV_TESTS_FUZZ_H
#define HV_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** Ends the program (abort, sanitizer) when something that must hold does not. Returns 0. */
__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
