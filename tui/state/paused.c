/*
 * The tree stands still: what changes meanwhile is kept, the newest of each object, and shown when it goes on. Answers
 * to requests, messages and the first tree of a VM that is opened meanwhile are not held back.
 */
#include <stdlib.h>
#include <string.h>

#include "tui/state/app_state.h"

/* Zeroed before it is filled: it is compared as bytes. */
struct paused_key {
	int what;
	struct hv_uuid uuid;
};

struct paused_event {
	struct paused_key key;
	struct hv_event event; /* owns one reference */
	UT_hash_handle hh;
};

enum { PAUSED_HOST, PAUSED_VM, PAUSED_TREE, PAUSED_OPERATION, PAUSED_KIND_COUNT };

/* False: it is not of the kind that waits. */
static bool key_of(const struct hv_event *event, struct paused_key *ret_key)
{
	memset(ret_key, 0, sizeof *ret_key);
	switch (event->kind) {
	case HV_EVENT_HOST:
	case HV_EVENT_HOST_GONE:
		ret_key->what = PAUSED_HOST;
		ret_key->uuid = event->host ? event->host->uuid : event->id;
		return true;
	case HV_EVENT_VM:
	case HV_EVENT_VM_GONE:
		ret_key->what = PAUSED_VM;
		ret_key->uuid = event->vm ? event->vm->uuid : event->id;
		return true;
	case HV_EVENT_TREE:
		ret_key->what = PAUSED_TREE;
		ret_key->uuid = event->tree->vm;
		return true;
	case HV_EVENT_OPERATION:
		ret_key->what = PAUSED_OPERATION;
		ret_key->uuid = event->operation->uuid;
		return true;
	default:
		return false;
	}
}

static void hold(struct hv_event *held, const struct hv_event *event)
{
	*held = (struct hv_event){.kind = event->kind, .id = event->id};
	held->host = event->host ? hv_host_ref(event->host) : NULL;
	held->vm = event->vm ? hv_vm_ref(event->vm) : NULL;
	held->tree = event->tree ? hv_tree_ref(event->tree) : NULL;
	held->operation = event->operation ? hv_operation_ref(event->operation) : NULL;
}

static void release(struct hv_event *held)
{
	hv_host_unref(held->host);
	hv_vm_unref(held->vm);
	hv_tree_unref(held->tree);
	hv_operation_unref(held->operation);
}

static bool is_first_tree(const struct app *app, const struct hv_event *event)
{
	const struct vm_entry *vm = event->kind == HV_EVENT_TREE ? model_vm(&app->model, &event->tree->vm) : NULL;
	return vm && !vm->tree;
}

bool paused_take(struct app *app, const struct hv_event *event)
{
	struct paused_key key;
	struct paused_event *held = NULL;
	if (!app->paused || !key_of(event, &key) || is_first_tree(app, event)) {
		return false;
	}
	HASH_FIND(hh, app->paused_events, &key, sizeof key, held);
	if (held) {
		release(&held->event);
	} else {
		held = hv_alloc(sizeof *held);
		held->key = key;
		HASH_ADD(hh, app->paused_events, key, sizeof held->key, held);
		app->dirty = true; /* their number stands in the title */
	}
	hold(&held->event, event);
	return true;
}

size_t paused_count(const struct app *app)
{
	return HASH_COUNT(app->paused_events);
}

/* Hosts before their VMs, VMs before their trees. */
void paused_resume(struct app *app)
{
	struct paused_event *held, *next;
	struct paused_event *all = app->paused_events;
	if (!app->paused) {
		return;
	}
	app->paused = false;
	app->paused_events = NULL;
	for (int what = 0; what < PAUSED_KIND_COUNT; what++) {
		HASH_ITER(hh, all, held, next) {
			if (held->key.what == what) {
				app_event(app, &held->event);
			}
		}
	}
	app->paused_events = all;
	paused_clear(app);
	app->dirty = true;
}

void paused_clear(struct app *app)
{
	struct paused_event *held, *next;
	HASH_ITER(hh, app->paused_events, held, next) {
		HASH_DELETE(hh, app->paused_events, held);
		release(&held->event);
		free(held);
	}
}

void app_pause(struct app *app)
{
	if (app->paused) {
		size_t count = paused_count(app);
		paused_resume(app);
		app_say(app, ROLE_INFO, "live again; %zu %s shown", count, count == 1 ? "change is" : "changes are");
	} else {
		app->paused = true;
		app_say(app, ROLE_INFO, "paused: the tree stands still; any act that changes something goes on first");
	}
}
