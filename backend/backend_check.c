/* What each connection shows of its host, step by step, and the report of it. */
#include "backend/backend_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define CLOCK_LIMIT_US (60 * HV_SECOND_US) /* times of snapshots are read by people */

void check_begin(struct known_host *host)
{
	for (size_t i = 0; i < HV_CHECK_STEP_COUNT; i++) {
		free(host->passed[i]);
		host->passed[i] = NULL;
		host->doubtful[i] = false;
	}
	hv_replace_string(&host->problem, NULL);
	hv_replace_string(&host->unread, NULL);
	host->said_ready = false;
}

void check_passed(struct known_host *host, enum transport_step step, const char *details)
{
	static const enum hv_check_step steps[] = {
		[TRANSPORT_ADDRESS] = HV_CHECK_ADDRESS,
		[TRANSPORT_CALL] = HV_CHECK_CALL,
		[TRANSPORT_KEY] = HV_CHECK_KEY,
		[TRANSPORT_LOGIN] = HV_CHECK_LOGIN,
	};
	static_assert(HV_ARRAY_LEN(steps) == TRANSPORT_STEP_COUNT, "a row for every step");
	hv_replace_string(&host->passed[steps[step]], details);
}

/* ---- what the agent tells ---- */

static void take(struct known_host *host, enum hv_check_step step, char *take_details)
{
	free(host->passed[step]);
	host->passed[step] = take_details;
}

static void look_at_rights(struct known_host *host, const struct agent_hello *hello)
{
	if (!hello->user) {
		return;
	}
	const char *group = hello->administrator	  ? "in Administrators"
			    : hello->hyperv_administrator ? "in Hyper-V Administrators"
							  : "in neither of the two groups";
	take(host, HV_CHECK_RIGHTS, hv_sprintf("'%s' is %s", hello->user, group));
	host->doubtful[HV_CHECK_RIGHTS] = !hello->administrator && !hello->hyperv_administrator;
}

static void look_at_clock(struct known_host *host, const struct agent_hello *hello, int64_t wall_us)
{
	if (hello->time_us == 0) {
		return;
	}
	int64_t ahead_us = hello->time_us - wall_us;
	int64_t off_us = ahead_us < 0 ? -ahead_us : ahead_us;
	take(host, HV_CHECK_CLOCK,
		hv_sprintf("%" PRId64 " s %s this machine's", off_us / HV_SECOND_US, ahead_us < 0 ? "behind" : "before"));
	host->doubtful[HV_CHECK_CLOCK] = off_us > CLOCK_LIMIT_US;
}

void check_ready(struct known_host *host, const struct agent_hello *hello, int64_t wall_us)
{
	host->said_ready = true;
	hv_replace_string(&host->problem, hello->problem);
	take(host, HV_CHECK_AGENT,
		hello->powershell ? hv_sprintf("%s under PowerShell %s", hello->agent, hello->powershell)
				  : hv_strdup(hello->agent));
	if (hello->module) {
		take(host, HV_CHECK_MODULE, hv_sprintf("Hyper-V %s", hello->module));
	}
	if (hello->version) {
		take(host, HV_CHECK_VERSION, hv_strdup(hello->version));
	}
	look_at_rights(host, hello);
	look_at_clock(host, hello, wall_us);
}

/* ---- the report ---- */

/* The step that a problem of a connected host belongs to: the first that the agent told nothing good about. */
static enum hv_check_step step_of_problem(const struct known_host *host)
{
	if (!host->passed[HV_CHECK_MODULE] && host->passed[HV_CHECK_RIGHTS]) { /* it tells facts, but not of a module */
		return HV_CHECK_MODULE;
	}
	return host->doubtful[HV_CHECK_RIGHTS] ? HV_CHECK_RIGHTS : HV_CHECK_INVENTORY;
}

/* Behind the last one that is done; a step that cannot be told apart is done when a later one is. */
static enum hv_check_step step_of_loss(const struct known_host *host)
{
	enum hv_check_step step = HV_CHECK_ADDRESS;
	for (size_t i = 0; i < HV_CHECK_AGENT; i++) {
		if (host->passed[i]) {
			step = (enum hv_check_step)(i + 1);
		}
	}
	return step;
}

static struct hv_check_row row_of(const struct known_host *host, enum hv_check_step step, enum hv_check_step failed)
{
	struct hv_check_row row = {.details = host->passed[step]};
	bool reached = step < failed || (host->said_ready && step != HV_CHECK_INVENTORY);
	row.result = !reached ? HV_CHECK_NOT_REACHED
		     : !row.details ? HV_CHECK_NOT_TOLD
		     : host->doubtful[step] ? HV_CHECK_DOUBTFUL : HV_CHECK_GOOD;
	return row;
}

const struct hv_check *check_report(
	const struct known_host *host, int64_t vms_seen, const struct hv_error *error)
{
	struct hv_check check = {.host = host->uuid};
	HV_CLEANUP_FREE char *vms = hv_sprintf("%" PRId64 " %s", vms_seen, vms_seen == 1 ? "VM" : "VMs");
	enum hv_check_step failed = !error ? HV_CHECK_STEP_COUNT
				    : host->said_ready ? step_of_problem(host) : step_of_loss(host);
	for (size_t i = 0; i < HV_CHECK_STEP_COUNT; i++) {
		check.rows[i] = row_of(host, (enum hv_check_step)i, failed);
	}
	if (!error) {
		check.rows[HV_CHECK_INVENTORY] = (struct hv_check_row){HV_CHECK_GOOD, vms};
	} else {
		const char *why = host->unread ? host->unread : host->reason ? host->reason : error->text;
		check.rows[failed] = (struct hv_check_row){HV_CHECK_BAD, why};
	}
	return hv_check_new(&check);
}
