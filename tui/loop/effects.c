/* What the state asks of the world, done: requests go down the backend's queue, the rest is the terminal's. */
#include "tui/loop/loop_state.h"

#include <stdlib.h>
#include <string.h>

static void next_theme(struct loop *loop)
{
	size_t index = 0;
	const char *name;
	while ((name = theme_builtin_name(index)) != NULL && strcmp(name, loop->theme->name) != 0) {
		index++;
	}
	const char *next = name != NULL ? theme_builtin_name(index + 1) : NULL;
	struct hv_text problems = HV_TEXT_INIT;
	struct theme *theme = theme_load(next, &problems);
	theme_free(loop->theme);
	loop->theme = theme;
	loop->canvas->glyphs = &theme->glyphs;
	screen_use_theme(loop->screen, theme);
	HV_CLEANUP_FREE char *text = hv_sprintf("theme: %s", theme->name);
	bool warning = problems.length > 0;
	if (warning) {
		problems.bytes[strcspn(problems.bytes, "\n")] = '\0';
	}
	app_message(loop->app, warning, warning ? problems.bytes : text);
	hv_text_clear(&problems);
}

static void carry_out(struct loop *loop, const struct app_effect *effect)
{
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
		next_theme(loop);
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
