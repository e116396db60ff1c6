/*
 * The training fleet in a folder (U7): one state file a simulated host, and a store that says the same.
 *
 *   DIR/fleet.ini      the fleet; a trainer may put an own one there before the first start
 *   DIR/hosts/X.db     host X, kept by hvtree-sim
 *   DIR/hvtree.db      the store; that it is there says that the rest is whole
 *   DIR/.making/       the same while it is being made; moved into place at the end, removed at the next start
 */
#ifndef HV_DEMO_DEMO_H
#define HV_DEMO_DEMO_H

#include "backend/base/status.h"

/* The store's setting that marks a training fleet; its value is the fleet's name. */
#define DEMO_SETTING "demo.fleet"

/**
 * Make the fleet unless the folder, which must exist, has one already; that is used as it is. Ages count from now.
 * Two consoles may call this at the same time.
 *
 * @param sim_program  path of hvtree-sim
 * @return HV_OK; HV_ERR_INVALID when the trainer's fleet.ini is wrong (the text names file and line); HV_ERR_IO;
 *         HV_ERR_STORE
 */
enum hv_status demo_prepare(
	const char *folder, const char *sim_program, struct hv_error *err) HV_MUST_CHECK;

/** The fleet that is built in (fleet.ini of the source). */
extern const char demo_fleet_text[];

#endif
