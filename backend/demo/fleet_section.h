/*
 * One key of one section of a fleet file, put where it belongs by a table. Whether references exist is not known here.
 */
#ifndef HV_DEMO_FLEET_SECTION_H
#define HV_DEMO_FLEET_SECTION_H

#include "backend/demo/fleet_file.h"

/* inih's callback cannot hand an error back: the first one is kept here, and everything after it is ignored. */
struct fleet_reader {
	struct fleet *fleet;
	struct hv_error *err;
	bool failed;
};

/** For ini_parse_string(); `context` is a struct fleet_reader. Returns 0 once it failed. */
int fleet_section_take(void *context, const char *section, const char *key, const char *value);

/** NULL when there is none. */
struct fleet_snapshot *fleet_find_snapshot(const struct fleet *fleet, const char *vm, const char *name);

#endif
