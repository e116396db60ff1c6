/* Screens as text with roles against tests/screen/NAME.txt; UPDATE_SCREENS=1 writes them anew. */
#ifndef HV_TESTS_SCREEN_GOLDEN_H
#define HV_TESTS_SCREEN_GOLDEN_H

#include "tests/screen/console_fixture.h"

void check_screen(struct fixture *fixture, const char *name, int width, int height);

#endif
