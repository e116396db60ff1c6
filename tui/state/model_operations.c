/* The operations of the model: a list, newest first, that keeps all live ones and the last that ended. */
#include "tui/state/model.h"

#include <stdlib.h>
#include <string.h>

#include "tui/state/border.h"
#include "tui/state/model_filter.h"

bool operation_is_live_value(const struct hv_operation *operation)
{
	return operation->state == OPERATION_QUEUED || operation->state == OPERATION_RUNNING;
}

struct operation_entry *model_operation(const struct model *model, const struct hv_uuid *uuid)
{
	struct operation_entry *entry = NULL;
	HASH_FIND(hh, model->operation_by_uuid, uuid, sizeof *uuid, entry);
	return entry;
}

const struct hv_operation *model_vm_operation(const struct model *model, const struct vm_entry *vm)
{
	if (vm->live) {
		return vm->live->operation;
	}
	if (hv_uuid_is_nil(&vm->vm->operation)) {
		return NULL;
	}
	struct operation_entry *entry = model_operation(model, &vm->vm->operation);
	return entry && operation_is_live_value(entry->operation) ? entry->operation : NULL;
}

/* Newest first; within one group in the order in which they run. */
static bool stands_before(const struct hv_operation *a, const struct hv_operation *b)
{
	if (hv_uuid_equal(&a->group, &b->group) && a->sequence != b->sequence) {
		return a->sequence < b->sequence;
	}
	if (a->created_us != b->created_us) {
		return a->created_us > b->created_us;
	}
	int order = hv_uuid_compare(&a->group, &b->group);
	return order != 0 ? order < 0 : hv_uuid_compare(&a->uuid, &b->uuid) < 0;
}

static void list_add(struct model *model, struct operation_entry *entry)
{
	HV_GROW(model->operations, model->operation_count, model->operation_capacity);
	size_t at = 0;
	while (at < model->operation_count &&
		!stands_before(entry->operation, model->operations[at]->operation)) {
		at++;
	}
	memmove(model->operations + at + 1, model->operations + at,
		(model->operation_count - at) * sizeof *model->operations);
	model->operations[at] = entry;
	model->operation_count++;
}

static void count(struct model *model, const struct hv_operation *operation, bool add)
{
	size_t one = add ? 1 : (size_t)-1;
	if (!operation_is_live_value(operation)) {
		model->ended_count += one;
		return;
	}
	model->live_count += one;
	model->unknown_count += operation->unknown ? one : 0;
}

static void drop_at(struct model *model, size_t at)
{
	struct operation_entry *entry = model->operations[at];
	if (model->operation_leaving) {
		model->operation_leaving(model->context, entry);
	}
	memmove(model->operations + at, model->operations + at + 1,
		(model->operation_count - at - 1) * sizeof *model->operations);
	model->operation_count--;
	count(model, entry->operation, false);
	HASH_DELETE(hh, model->operation_by_uuid, entry);
	hv_operation_unref(entry->operation);
	free(entry);
}

static void drop_oldest_ended(struct model *model)
{
	for (size_t i = model->operation_count; i-- > 0 && model->ended_count > MODEL_ENDED_MAX;) {
		if (!operation_is_live_value(model->operations[i]->operation)) {
			drop_at(model, i);
		}
	}
}

static struct operation_entry *find_live(
	const struct model *model, const struct hv_uuid *vm, enum operation_state state)
{
	for (size_t i = 0; i < model->operation_count; i++) {
		const struct hv_operation *operation = model->operations[i]->operation;
		if (operation->state == state && hv_uuid_equal(&operation->vm, vm)) {
			return model->operations[i];
		}
	}
	return NULL;
}

/* The running one is shown, else the first that waits. */
static void choose_live(struct model *model, struct operation_entry *changed)
{
	struct vm_entry *vm = model_vm(model, &changed->operation->vm);
	if (!vm) {
		return;
	}
	if (changed->operation->state == OPERATION_RUNNING) {
		vm->live = changed;
		return;
	}
	if (vm->live && vm->live != changed) {
		return;
	}
	vm->live = find_live(model, &changed->operation->vm, OPERATION_RUNNING);
	if (!vm->live) {
		vm->live = find_live(model, &changed->operation->vm, OPERATION_QUEUED);
	}
}

struct operation_entry *model_put_operation(
	struct model *model, const struct hv_operation *operation, const struct hv_operation **ret_previous)
{
	const struct hv_operation *clean = border_operation(operation);
	struct operation_entry *entry = model_operation(model, &clean->uuid);
	*ret_previous = NULL;
	if (entry) {
		*ret_previous = entry->operation;
		count(model, entry->operation, false);
		entry->operation = clean;
	} else {
		entry = hv_alloc(sizeof *entry);
		entry->uuid = clean->uuid;
		entry->operation = clean;
		HASH_ADD(hh, model->operation_by_uuid, uuid, sizeof entry->uuid, entry);
		list_add(model, entry);
	}
	count(model, clean, true);
	choose_live(model, entry);
	drop_oldest_ended(model);
	struct vm_entry *vm = model_vm(model, &clean->vm);
	if (vm && model->filter.problems) {
		model_review_vm(model, vm);
	}
	return model_operation(model, &clean->uuid);
}
