/* The title line: which store, how much of it is up, and in which mode the console is. */
#include <inttypes.h>
#include <stdio.h>

#include "tui/view/view.h"

/* From the right edge to the left, so that what matters most is cut last. Returns where the rest must end. */
static int draw_mode(const struct app *app, struct canvas *canvas)
{
	int right = app->width - 1;
	char text[48];
	if (app->wall_us != 0) {
		char iso[32];
		(void)hv_format_time(app->wall_us, iso);
		(void)snprintf(text, sizeof text, "%.5sZ", iso + 11);
		right -= canvas_text_right(canvas, right, 0, 6, ROLE_TITLE, text) + 2;
	}
	if (app->model.live_count > 0) {
		(void)snprintf(text, sizeof text, "jobs %zu", app->model.live_count);
		right -= canvas_text_right(canvas, right, 0, 12, ROLE_VM_BUSY, text) + 2;
	}
	if (app->model.unknown_count > 0) {
		(void)snprintf(text, sizeof text, "unknown %zu", app->model.unknown_count);
		right -= canvas_text_right(canvas, right, 0, 14, ROLE_WARN, text) + 2;
	}
	right -= canvas_text_right(canvas, right, 0, 2, ROLE_BADGE, policy_is_read_only(app, policy_group_here(app)) ? "RO" : "RW") + 2;
	if (app->config.demo) {
		right -= canvas_text_right(canvas, right, 0, 8, ROLE_BADGE_TRAIN, "TRAINING") + 2;
	}
	return right;
}

/* What makes the tree show less than there is, or not what is now. Returns where the rest begins. */
static int draw_state(const struct app *app, struct canvas *canvas, int x, int right)
{
	char text[PROMPT_TEXT_MAX * 4 + 64];
	if (app->paused) {
		(void)snprintf(text, sizeof text, "PAUSED %zu", paused_count(app));
		x = view_put(canvas, x + 2, 0, right, ROLE_WARN, text);
	}
	if (marks_count(app) > 0) {
		(void)snprintf(text, sizeof text, "marked %zu", marks_count(app));
		x = view_put(canvas, x + 2, 0, right, ROLE_MARK, text);
	}
	if (app->problems_only) {
		x = view_put(canvas, x + 2, 0, right, ROLE_MATCH, "!problems");
	}
	if (app_is_filtered(app)) {
		(void)snprintf(text, sizeof text, "/%s", app->find.text);
		x = view_put(canvas, x + 2, 0, right, ROLE_MATCH, text);
	}
	if (model_is_narrowed(&app->model)) {
		if (app->model.wanted_vms > 0) {
			(void)snprintf(text, sizeof text, "%zu of %zu VMs", app->model.wanted_vms, app->model.vm_count);
		} else {
			(void)snprintf(text, sizeof text, "no match");
		}
		x = view_put(canvas, x + 2, 0, right, ROLE_TITLE, text);
	}
	return x;
}

void view_title(const struct app *app, struct canvas *canvas)
{
	const struct model *model = &app->model;
	canvas_fill(canvas, app->layout.title, ' ', ROLE_TITLE);
	int right = draw_mode(app, canvas);
	int x = view_put(canvas, 1, 0, right, ROLE_TITLE, "hvtree");
	if (app->title[0]) {
		x = view_put(canvas, x + 2, 0, right, ROLE_TITLE, app->title);
	}
	if (app->failed) {
		(void)view_put(canvas, x + 3, 0, right, ROLE_ERROR, "STOPPED");
		return;
	}
	if (!app->loaded) {
		(void)view_put(canvas, x + 3, 0, right, ROLE_DIM, "loading");
		return;
	}
	x = draw_state(app, canvas, x, right);
	char text[96];
	(void)snprintf(text, sizeof text, "hosts %zu/%zu  VMs %zu  snaps %" PRId64, model->hosts_up, model->host_count,
		model->vm_count, model->snapshot_count);
	(void)view_put(canvas, x + 3, 0, right, model->hosts_up < model->host_count ? ROLE_WARN : ROLE_TITLE, text);
}
