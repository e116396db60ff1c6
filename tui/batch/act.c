#include "tui/batch/act.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tui/batch/act_preview.h"
#include "tui/batch/policy.h"
#include "tui/batch/resolve.h"
#include "tui/batch/table.h"

/* ---- who and what ---- */

static enum hv_status find_vm(struct batch *batch, struct act_course *course, struct hv_error *err)
{
	const struct hv_vm *vm;
	enum hv_status status = resolve_vm(batch, batch->arguments->operands[0], &vm, err);
	if (status != HV_OK) {
		return status;
	}
	course->vm = hv_vm_ref(vm);
	course->act.vm = vm->uuid;
	const struct hv_host *host = overview_host(&batch->session.overview, &vm->host);
	course->host = host ? hv_host_ref(host) : NULL;
	return batch->arguments->given[OPTION_DRY_RUN] ? HV_OK : policy_allow(batch, host ? host->group : NULL, err);
}

static enum hv_status refuse_untracked(const struct act_course *course, struct hv_error *err)
{
	char sentence[600];
	struct rule_facts facts = hv_facts(course->host, course->vm, course->tree, course->node);
	facts.has_target = true;
	facts.target_untracked = true;
	facts.host_up = true;
	enum action action = course->act.kind == OPERATION_REVERT_SNAPSHOT ? ACTION_SNAPSHOT_REVERT
									   : ACTION_SNAPSHOT_DELETE;
	const struct rule *rule = rules_refuse(action, &facts);
	return hv_error_set(err, HV_ERR_REFUSED, "%s",
		rule ? rule_sentence(rule, course->vm->name, &facts, sentence, sizeof sentence)
		     : "this checkpoint was made outside hvtree and is never changed by it");
}

/* Read the tree, and find the snapshot in it that was named. */
static enum hv_status find_snapshot(struct batch *batch, struct act_course *course, struct hv_error *err)
{
	enum hv_status status = session_tree(&batch->session, &course->act.vm, &course->tree, err);
	if (status != HV_OK || !course->snapshot_word) {
		return status;
	}
	status = resolve_node(batch, course->tree, course->vm->name, course->snapshot_word, &course->node, err);
	if (status == HV_OK && course->node->untracked) {
		status = refuse_untracked(course, err);
	}
	if (status == HV_OK) {
		course->act.snapshot = course->node->id;
	}
	return status;
}

static enum hv_status find_volume(struct batch *batch, struct act_course *course, struct hv_error *err)
{
	const struct hv_volume *volume = NULL;
	enum hv_status status = HV_OK;
	if (course->volume_word) {
		status = resolve_volume(batch, course->tree, course->vm->name, course->volume_word, &volume, err);
	} else if (course->one_volume && course->tree->volume_count == 1) {
		volume = &course->tree->volumes[0];
	} else if (course->one_volume) {
		status = hv_error_set(err, HV_ERR_AMBIGUOUS, "the VM has %zu volumes; name one, as 'vm show' does",
			course->tree->volume_count);
	}
	if (volume) {
		course->act.volume = volume->id;
	}
	return status;
}

static enum hv_status find_copy(struct batch *batch, struct act_course *course, struct hv_error *err)
{
	const struct hv_volume_snapshot *copy = NULL;
	if (!course->copy_word) {
		return HV_OK;
	}
	enum hv_status status =
		resolve_copy(batch, course->tree, course->vm->name, course->copy_word, &copy, err);
	if (status == HV_OK) {
		course->act.volume_snapshot = copy->id;
	}
	return status;
}

/* What was read before the host was reached may be old: take what it has just said. */
static void read_again(struct batch *batch, struct act_course *course)
{
	const struct hv_vm *vm = overview_vm(&batch->session.overview, &course->act.vm);
	const struct hv_host *host = overview_host(&batch->session.overview, &course->vm->host);
	if (vm) {
		hv_vm_unref(course->vm);
		course->vm = hv_vm_ref(vm);
	}
	if (host) {
		hv_host_unref(course->host);
		course->host = hv_host_ref(host);
	}
}

/* What an undo goes back to is what its preview shows, whatever is reverted meanwhile. */
static void take_undo(struct act_course *course)
{
	course->act.undo = false;
	course->act.snapshot = course->preview->target;
	for (size_t i = 0; i < course->tree->count; i++) {
		if (hv_uuid_equal(&course->tree->nodes[i].id, &course->preview->target)) {
			course->node = &course->tree->nodes[i];
		}
	}
}

static void check_safety(struct act_course *course)
{
	const char *refusal = course->preview->safety_refusal;
	if (course->act.safety_name && refusal) {
		(void)snprintf(course->problem, sizeof course->problem,
			"no safety snapshot can be taken: %s; --no-safety does without it", refusal);
	}
}

/* Reaches the host first. A host that does not answer is told apart from an act that is not allowed. */
static enum hv_status make_preview(struct batch *batch, struct act_course *course, struct hv_error *err)
{
	struct session_reply reply = {0};
	uint64_t ticket = session_ticket(&batch->session);
	hv_preview(batch->session.backend, ticket, &course->act);
	enum hv_status status = session_answer(&batch->session, ticket, &reply, err);
	if (status != HV_OK) {
		return status;
	}
	course->preview = reply.preview;
	course->act.expect_current = true;
	course->act.expected_current = reply.preview->current;
	if (course->act.kind == OPERATION_SCALE_VM) { /* X4: whoever says yes says it to these, and to no others */
		course->act.expect_discards = true;
		course->act.discards = course->preview->deleted;
		course->act.discard_count = course->preview->deleted_count;
		course->asks = course->preview->deleted_count > 0;
	}
	session_round_trip(&batch->session); /* the state of the host may come after the preview */
	read_again(batch, course);
	if (course->preview->refusal && course->host && course->host->state != HOST_UP) {
		HV_CLEANUP_FREE char *name = printable(course->host->name);
		HV_CLEANUP_FREE char *reason = printable(course->host->reason);
		return hv_error_set(err, HV_ERR_UNREACHABLE, "host '%s' cannot be reached: %s", name, reason);
	}
	check_safety(course);
	if (course->act.undo) {
		take_undo(course);
	}
	return course->act.kind != OPERATION_REVERT_SNAPSHOT || course->node
		       ? HV_OK
		       : hv_error_set(err, HV_ERR_CONFLICT, "the tree has changed meanwhile; ask again");
}

/* Whether anybody will see what would be done before it is done. */
static bool needs_preview(const struct batch *batch, const struct act_course *course)
{
	return course->asks || batch->arguments->given[OPTION_DRY_RUN] || course->act.kind == OPERATION_SCALE_VM;
}

/* Everything that is read before anything is asked or done. */
static enum hv_status prepare(struct batch *batch, struct act_course *course, struct hv_error *err)
{
	enum hv_status status = find_vm(batch, course, err);
	if (status == HV_OK) {
		status = find_snapshot(batch, course, err);
	}
	if (status == HV_OK) {
		status = find_volume(batch, course, err);
	}
	if (status == HV_OK) {
		status = find_copy(batch, course, err);
	}
	if (status == HV_OK && needs_preview(batch, course)) {
		status = make_preview(batch, course, err);
	}
	return status;
}

/* ---- asking ---- */

static struct act_preview_facts facts_of(const struct act_course *course)
{
	const char *problem = act_preview_name_problem(&course->act, course->tree);
	if (!problem && course->problem[0]) {
		problem = course->problem;
	}
	return (struct act_preview_facts){
		.act = &course->act,
		.vm = course->vm,
		.host = course->host,
		.tree = course->tree,
		.preview = course->preview,
		.refusal = course->preview->refusal ? course->preview->refusal : problem,
	};
}

static int tell_dry_run(struct batch *batch, const struct act_preview_facts *facts)
{
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_open_object(&batch->json, "preview");
		act_preview_json(&batch->json, facts);
		json_close_object(&batch->json);
		if (facts->refusal) {
			struct hv_error error;
			hv_error_set(&error, HV_ERR_REFUSED, "%s", facts->refusal);
			batch_json_error(batch, &error);
		}
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		struct hv_text text = HV_TEXT_INIT;
		act_preview_text(&text, facts);
		output_puts(&batch->output, hv_text_get(&text));
		hv_text_clear(&text);
	}
	return facts->refusal ? BATCH_FAILED : BATCH_DONE;
}

static bool answered_yes(void)
{
	char line[16];
	return fgets(line, sizeof line, stdin) && strcmp(line, "yes\n") == 0;
}

/* Whether somebody has to be asked and nobody can be. */
static bool nobody_to_ask(const struct batch *batch, const struct act_course *course)
{
	const bool *given = batch->arguments->given;
	bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
	return course->asks && !given[OPTION_YES] && !given[OPTION_DRY_RUN] && !terminal;
}

static int tell_nobody_to_ask(struct batch *batch)
{
	struct hv_error error;
	hv_error_set(&error, HV_ERR_INVALID,
		"'%s' loses something and there is no terminal to ask on; say --yes, or see --dry-run first",
		batch->arguments->command->words);
	return batch_fail_with(batch, &error, BATCH_USAGE);
}

/* True when it may be done; else *ret_code is how the command ends. */
static bool may_go_on(struct batch *batch, const struct act_course *course, const struct act_preview_facts *facts,
	int *ret_code)
{
	struct hv_error error;
	if (!course->asks || batch->arguments->given[OPTION_YES]) {
		return true;
	}
	struct hv_text text = HV_TEXT_INIT;
	act_preview_text(&text, facts);
	(void)fprintf(stderr, "%sType yes to go on: ", hv_text_get(&text));
	(void)fflush(stderr);
	hv_text_clear(&text);
	if (answered_yes()) {
		return true;
	}
	hv_error_set(&error, HV_ERR_CANCELLED, "nothing was done: the answer was not 'yes'");
	*ret_code = batch_fail(batch, &error);
	return false;
}

/* ---- doing ---- */

static int tell_accepted(struct batch *batch, const struct act_course *course, const struct hv_uuid *group)
{
	char id[HV_UUID_TEXT_SIZE];
	if (batch->wants_json) {
		json_open_object(&batch->json, NULL);
		json_put_uuid(&batch->json, "jobid", group);
		json_put_uuid(&batch->json, "virtualmachineid", &course->act.vm);
		json_close_object(&batch->json);
		output_puts(&batch->output, "\n");
	} else {
		output_printf(&batch->output, "%s is under way as %s; 'hvtree sync' waits for it\n", course->verb,
			hv_uuid_format(group, id));
	}
	return BATCH_DONE;
}

static int tell_partly(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	struct hv_error error = outcome->error;
	if (outcome->total == 1) {
		return batch_fail(batch, &error);
	}
	hv_error_prefix(&error, "%s: %zu of %zu done, %zu failed, %zu not begun", course->verb, outcome->done,
		outcome->total, outcome->failed, outcome->cancelled);
	return outcome->done > 0 ? batch_fail_with(batch, &error, BATCH_PARTLY) : batch_fail(batch, &error);
}

static int tell_open(struct batch *batch, const struct act_course *course, const struct outcome *outcome)
{
	struct hv_error error;
	HV_CLEANUP_FREE char *vm = printable(course->vm->name);
	HV_CLEANUP_FREE char *host = printable(course->host ? course->host->name : NULL);
	if (outcome->end == OUTCOME_UNKNOWN) {
		hv_error_set(&error, HV_ERR_UNKNOWN_OUTCOME,
			"host '%s' was lost while it had the command to %s '%s', so the outcome is not known yet; nothing "
			"has to be repaired, run 'hvtree sync' when the host is back",
			host, course->verb, vm);
	} else if (outcome->end == OUTCOME_HOST_LOST) {
		hv_error_set(&error, HV_ERR_UNKNOWN_OUTCOME,
			"host '%s' was lost before the %s of '%s' was finished; it goes on when the host is back, run "
			"'hvtree sync' then",
			host, course->verb, vm);
	} else if (outcome->end == OUTCOME_INTERRUPTED) {
		hv_error_set(&error, HV_ERR_UNKNOWN_OUTCOME,
			"no longer waiting: the %s of '%s' goes on and was not cancelled; 'hvtree sync' waits for it",
			course->verb, vm);
	} else {
		error = outcome->error;
		hv_error_prefix(&error, "the outcome of the %s of '%s' is not known", course->verb, vm);
	}
	return batch_fail_with(batch, &error, BATCH_UNKNOWN);
}

static int tell_outcome(struct batch *batch, const struct act_course *course, const struct hv_uuid *group,
	const struct outcome *outcome)
{
	if (outcome->end == OUTCOME_ACCEPTED) {
		return tell_accepted(batch, course, group);
	}
	if (outcome->end != OUTCOME_ENDED) {
		return tell_open(batch, course, outcome);
	}
	if (outcome->done < outcome->total) {
		return tell_partly(batch, course, outcome);
	}
	return course->tell(batch, course, outcome);
}

/* P2: the stop, the export and the removal. */
static bool takes_off(const struct act_course *course)
{
	return course->act.kind == OPERATION_STOP_VM && course->host && course->host->stop_policy != STOP_POLICY_KEEP;
}

static int carry_out(struct batch *batch, struct act_course *course)
{
	struct session_reply reply;
	struct hv_error error;
	struct outcome outcome;
	uint64_t ticket = session_ticket(&batch->session);
	hv_act(batch->session.backend, ticket, &course->act);
	if (session_answer(&batch->session, ticket, &reply, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	HV_CLEANUP_FREE char *vm = printable(course->vm->name);
	HV_CLEANUP_FREE char *label = hv_sprintf("%s %s", course->verb, vm);
	size_t expected = course->act.safety_name ? 2 : takes_off(course) ? 3 : 1;
	bool counted = course->act.kind == OPERATION_DELETE_SNAPSHOT && course->preview;
	if (course->act.kind == OPERATION_SCALE_VM) {
		expected = course->act.discard_count + 1;
	}
	struct wait_for what = {
		.group = reply.id,
		.host = course->vm->host,
		.expected = counted ? course->preview->deleted_count : expected,
		.label = label,
		.until_sent = batch->arguments->given[OPTION_NO_WAIT],
		.export_aside = course->act.kind != OPERATION_STOP_VM,
	};
	outcome_of_group(batch, &what, &outcome);
	return tell_outcome(batch, course, &reply.id, &outcome);
}

static int run(struct batch *batch, struct act_course *course)
{
	struct hv_error error;
	int code = BATCH_FAILED;
	course->act.queue = batch->arguments->given[OPTION_QUEUE];
	if (nobody_to_ask(batch, course)) {
		return tell_nobody_to_ask(batch);
	}
	if (prepare(batch, course, &error) != HV_OK) {
		return batch_fail(batch, &error);
	}
	if (!course->preview) {
		return carry_out(batch, course);
	}
	struct act_preview_facts facts = facts_of(course);
	if (batch->arguments->given[OPTION_DRY_RUN]) {
		return tell_dry_run(batch, &facts);
	}
	if (nobody_to_ask(batch, course)) { /* the preview says that something is lost */
		return tell_nobody_to_ask(batch);
	}
	if (facts.refusal) { /* ask nobody about what will not be done */
		hv_error_set(&error, HV_ERR_REFUSED, "%s", facts.refusal);
		return batch_fail(batch, &error);
	}
	return may_go_on(batch, course, &facts, &code) ? carry_out(batch, course) : code;
}

int act_run(struct batch *batch, struct act_course *course)
{
	int code = run(batch, course);
	hv_preview_unref(course->preview);
	hv_tree_unref(course->tree);
	hv_host_unref(course->host);
	hv_vm_unref(course->vm);
	return code;
}
