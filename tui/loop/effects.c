/* What the state asks of the world, done: requests go down the backend's queue, the rest is the terminal's. */
#include "tui/loop/loop_state.h"

#include "tui/loop/user_file.h"

/* Nothing stands behind a picture but its trees and their snapshots. True: that was all there was to do. */
static bool carry_out_offline(struct loop *loop, const struct app_effect *effect)
{
	if (effect->kind == APP_EFFECT_OPEN_VM) {
		picture_open_vm(loop->picture, &effect->id);
		return true;
	}
	if (effect->kind == APP_EFFECT_LIST) {
		picture_list(loop->picture, effect->ticket, &effect->query, hv_clock_wall_us(&loop->clock));
		return true;
	}
	if (effect->ticket != 0) {
		picture_refuse(loop->picture, effect->ticket);
		return true;
	}
	return effect->kind == APP_EFFECT_CLOSE_VM || effect->kind == APP_EFFECT_RETRY ||
	       effect->kind == APP_EFFECT_ANSWER_KEY || effect->kind == APP_EFFECT_ANSWER_SECRET;
}

static void carry_out(struct loop *loop, const struct app_effect *effect)
{
	if (loop->picture && carry_out_offline(loop, effect)) {
		return;
	}
	switch (effect->kind) {
	case APP_EFFECT_OPEN_VM:
		hv_open_vm(loop->backend, &effect->id);
		break;
	case APP_EFFECT_CLOSE_VM:
		hv_close_vm(loop->backend, &effect->id);
		break;
	case APP_EFFECT_ACT:
		hv_act(loop->backend, effect->ticket, &effect->act);
		break;
	case APP_EFFECT_PREVIEW:
		hv_preview(loop->backend, effect->ticket, &effect->act);
		break;
	case APP_EFFECT_EDIT:
		hv_edit_snapshot(loop->backend, effect->ticket, &effect->edit);
		break;
	case APP_EFFECT_LIST:
		hv_list_snapshots(loop->backend, effect->ticket, &effect->query);
		break;
	case APP_EFFECT_WRITE:
		file_jobs_add(loop->files, user_file_job(effect->path, effect->text));
		break;
	case APP_EFFECT_OFFERINGS:
		hv_list_offerings(loop->backend, effect->ticket);
		break;
	case APP_EFFECT_CANCEL:
		hv_cancel(loop->backend, effect->ticket, &effect->id);
		break;
	case APP_EFFECT_SYNC:
		hv_sync(loop->backend, effect->ticket,
			hv_uuid_is_nil(&effect->id) ? NULL : &effect->id);
		break;
	case APP_EFFECT_RETRY:
		hv_retry(loop->backend, &effect->id);
		break;
	case APP_EFFECT_ANSWER_KEY:
		hv_answer_key(loop->backend, effect->question, effect->key_answer);
		break;
	case APP_EFFECT_ANSWER_SECRET:
		hv_answer_secret(loop->backend, effect->question, effect->secret);
		break;
	case APP_EFFECT_NEXT_THEME:
		loop_theme_next(loop);
		break;
	case APP_EFFECT_NOTE:
		hv_note(loop->backend, effect->ticket, effect->note, effect->value);
		break;
	case APP_EFFECT_ADD_HOST:
		hv_host_add(loop->backend, effect->ticket,
			&(const struct hv_host_entry){.name = effect->value,
				.group = effect->text,
				.transport = "auto",
				.address = effect->value});
		break;
	case APP_EFFECT_DEMO:
		loop->outcome.wants_demo = true;
		loop->quit = true;
		break;
	case APP_EFFECT_SETTING:
		loop_setting(loop, effect->setting, effect->value);
		break;
	case APP_EFFECT_REPAINT:
		screen_repaint(loop->screen);
		loop->draw_at_once = true;
		break;
	case APP_EFFECT_SUSPEND:
		loop_suspend(loop);
		break;
	case APP_EFFECT_QUIT:
		loop->quit = true;
		break;
	}
}

void effects_carry_out(struct loop *loop)
{
	size_t count;
	(void)app_effects(loop->app, &count);
	for (size_t i = 0; i < count; i++) {
		/* looked up each time: carrying one out may add more */
		carry_out(loop, &app_effects(loop->app, &count)[i]);
	}
	app_effects_clear(loop->app);
}
