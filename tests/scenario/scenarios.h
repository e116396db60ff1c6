/* The specification's own scenarios, for every way in which a host can be reached. */
#ifndef HV_TESTS_SCENARIO_SCENARIOS_H
#define HV_TESTS_SCENARIO_SCENARIOS_H

/** All of them, with hosts as world_reach() has said; 0 when all is well. */
int scenarios_run(const char *name);

#endif
