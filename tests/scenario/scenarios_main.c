/* The scenarios on a simulated fleet. */
#include "tests/scenario/scenarios.h"

int main(void)
{
	return scenarios_run("scenario/scenarios");
}
