/*
 * bench-hot-keys PATH VMS TIMES: what the console does for one key or one event, so many times, on a fleet of this size:
 * what tests/bench/growth counts the instructions of.
 *
 *   key      the cursor moves, and the screen is laid out again
 *   page     a page down or up, and the screen is laid out again
 *   open     a host is opened or closed
 *   change   the state of a VM changes that is not on the screen
 *   shown    the state of a VM changes that is
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "tui/canvas/canvas.h"
#include "tui/state/app.h"

#define WIDTH 200
#define HEIGHT 60
#define VMS_A_HOST 100
#define NOW_US INT64_C(1787368364000000)

struct desk {
	struct app *app;
	struct canvas *canvas;
	int vms;
};

static struct hv_uuid host_id(int host)
{
	char text[32];
	(void)snprintf(text, sizeof text, "host %d", host);
	return hv_uuid_from_text(text);
}

static void tell(struct desk *desk, struct hv_event *event)
{
	app_event(desk->app, event);
	app_effects_clear(desk->app);
	hv_host_unref(event->host);
	hv_vm_unref(event->vm);
}

static void tell_host(struct desk *desk, int host)
{
	char name[32];
	(void)snprintf(name, sizeof name, "hv-%04d", host);
	struct hv_host value = {.uuid = host_id(host), .name = name, .group = "all", .transport = "sim", .address = "",
		.state = HOST_UP, .free_bytes = -1};
	tell(desk, &(struct hv_event){.kind = HV_EVENT_HOST, .host = hv_host_new(&value)});
}

static void tell_vm(struct desk *desk, int vm, enum vm_state state)
{
	char name[32];
	(void)snprintf(name, sizeof name, "vm-%06d", vm);
	struct hv_vm value = {.uuid = hv_uuid_from_text(name), .host = host_id(vm / VMS_A_HOST), .name = name,
		.state = state, .power_state = state, .cpus = 2, .memory_bytes = INT64_C(1) << 32, .account = "admin",
		.domain = "/", .snapshots = 3, .snapshot_limit = 10, .snapshots_enabled = true, .chain = 3,
		.oldest_us = NOW_US - HV_SECOND_US * 86400};
	tell(desk, &(struct hv_event){.kind = HV_EVENT_VM, .vm = hv_vm_new(&value)});
}

static void press(struct desk *desk, const char *key)
{
	struct key pressed;
	if (!key_parse(key, &pressed)) {
		fprintf(stderr, "bench-hot-keys: '%s' is no key\n", key);
		exit(1);
	}
	app_key(desk->app, pressed, NULL);
	app_effects_clear(desk->app);
}

static void open_desk(struct desk *desk, int vms)
{
	const struct app_config config = {.title = "bench", .user = "bench"};
	*desk = (struct desk){.app = app_new(&config), .canvas = canvas_new(WIDTH, HEIGHT, false), .vms = vms};
	app_resize(desk->app, WIDTH, HEIGHT);
	for (int host = 0; host * VMS_A_HOST < vms; host++) {
		tell_host(desk, host);
	}
	for (int vm = 0; vm < vms; vm++) {
		tell_vm(desk, vm, VM_RUNNING);
	}
	tell(desk, &(struct hv_event){.kind = HV_EVENT_LOADED});
	(void)app_tick(desk->app, NOW_US);
	press(desk, "j"); /* on the first host, which is opened */
	press(desk, "l");
	app_view(desk->app, desk->canvas);
}

static void move(struct desk *desk, long turn)
{
	press(desk, turn % 2 == 0 ? "j" : "k");
	app_view(desk->app, desk->canvas);
}

static void turn_page(struct desk *desk, long turn)
{
	press(desk, turn % 2 == 0 ? "PageDown" : "PageUp");
	app_view(desk->app, desk->canvas);
}

static void open_host(struct desk *desk, long turn)
{
	press(desk, turn % 2 == 0 ? "h" : "l");
	app_view(desk->app, desk->canvas);
}

static void must_be_dirty(const struct desk *desk, bool wanted)
{
	if (app_dirty(desk->app) != wanted) {
		fprintf(stderr, "bench-hot-keys: the screen is %s\n", wanted ? "not drawn again" : "drawn for nothing");
		exit(1);
	}
}

static void change_vm(struct desk *desk, long turn)
{
	tell_vm(desk, desk->vms - 1, turn % 2 == 0 ? VM_PAUSED : VM_RUNNING);
	must_be_dirty(desk, false);
}

static void change_shown(struct desk *desk, long turn)
{
	tell_vm(desk, 1, turn % 2 == 0 ? VM_PAUSED : VM_RUNNING);
	must_be_dirty(desk, true);
	app_view(desk->app, desk->canvas);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct desk *desk, long turn);
	} paths[] = {{"key", move}, {"page", turn_page}, {"open", open_host}, {"change", change_vm},
		{"shown", change_shown}};
	struct desk desk;
	if (argc != 4) {
		fputs("usage: bench-hot-keys key|page|open|change|shown VMS TIMES\n", stderr);
		return 2;
	}
	open_desk(&desk, (int)strtol(argv[2], NULL, 10));
	for (size_t i = 0; i < HV_ARRAY_LEN(paths); i++) {
		for (long turn = 0; strcmp(paths[i].name, argv[1]) == 0 && turn < strtol(argv[3], NULL, 10); turn++) {
			paths[i].run(&desk, turn);
		}
	}
	canvas_free(desk.canvas);
	app_free(desk.app);
	return 0;
}
