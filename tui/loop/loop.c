#include "tui/loop/loop.h"

#include <poll.h>
#include <stdlib.h>

#include "tui/loop/loop_state.h"
#include "tui/terminal/signals.h"

#define FRAME_US (HV_SECOND_US / 10)  /* between frames that no key asked for */
#define TICK_US INT64_C(10000)        /* least time to a change by time alone: a clock may jump */
#define EVENT_BUDGET_US INT64_C(5000) /* then keys are looked at again */
#define DOUBLE_CLICK_US INT64_C(400000)
#define EVENT_BATCH 64                /* events between two looks at the clock */

static int64_t now_us(const struct loop *loop)
{
	return hv_clock_monotonic_us(&loop->clock);
}

void loop_new_size(struct loop *loop)
{
	int width = screen_width(loop->screen), height = screen_height(loop->screen);
	canvas_free(loop->canvas);
	loop->canvas = canvas_new(width, height, loop->ascii);
	loop->canvas->glyphs = &loop->theme->glyphs;
	app_resize(loop->app, width, height);
	loop->draw_at_once = true;
}

void loop_suspend(struct loop *loop)
{
	bool held = loop->backend && hv_backend_hold(loop->backend);
	screen_leave(loop->screen);
	signals_stop_process();
	screen_resume(loop->screen);
	if (held) {
		hv_backend_release(loop->backend);
	}
	loop_new_size(loop);
}

static void take_signals(struct loop *loop)
{
	struct signals_seen seen = signals_take();
	loop->idle.happened = true;
	if (seen.quit) {
		loop->quit = true;
		return;
	}
	if (seen.interrupt) {
		app_key(loop->app, (struct key){KEY_CODE_CONTROL, 'c'}, NULL);
		effects_carry_out(loop);
		loop->draw_at_once = true;
	}
	if (seen.suspend) {
		loop_suspend(loop);
	} else if (seen.resumed) {
		screen_resume(loop->screen);
		loop_new_size(loop);
	} else if (seen.resized) {
		screen_resize(loop->screen);
		loop_new_size(loop);
	}
}

/* Two clicks at one place, one soon after the other: only who has a clock can tell. */
static struct key doubled(struct loop *loop, struct key key)
{
	bool again = key.code == KEY_CODE_CLICK && loop->click_us != 0 && loop->click.character == key.character &&
		     now_us(loop) - loop->click_us <= DOUBLE_CLICK_US;
	loop->click = key;
	loop->click_us = key.code == KEY_CODE_CLICK && !again ? now_us(loop) : 0;
	return again ? (struct key){KEY_CODE_DOUBLE_CLICK, key.character} : key;
}

static void take_key(struct loop *loop, struct key key, const char *paste)
{
	if (key.code == KEY_CODE_BACKGROUND) {
		loop_theme_background(loop, key.character);
		return;
	}
	app_key(loop->app, doubled(loop, key), paste);
	effects_carry_out(loop);
	loop->draw_at_once = true;
}

/* All keys that wait: one frame for all of them. */
static void take_keys(struct loop *loop)
{
	struct key key;
	const char *paste;
	while (!loop->quit && screen_next_key(loop->screen, &key, &paste)) {
		take_key(loop, key, paste);
	}
	loop->idle.happened = true;
}

/* What has become of files that were to be written. */
static void take_files(struct loop *loop)
{
	bool failed = false;
	char *text;
	while ((text = file_jobs_take(loop->files, &failed)) != NULL) {
		app_message(loop->app, failed, text);
		free(text);
	}
	loop->idle.happened = true;
}

static struct hv_event *next_event(struct loop *loop)
{
	return loop->picture ? picture_next(loop->picture) : hv_backend_next(loop->backend);
}

/* Events until none waits or the time for them is used up; true when more may wait. */
static bool take_events(struct loop *loop)
{
	int64_t end = now_us(loop) + EVENT_BUDGET_US;
	struct hv_event *event;
	for (int taken = 1; (event = next_event(loop)) != NULL; taken++) {
		live_operations_event(&loop->operations, event);
		/* the answer to what the user did, the first hosts, and the first whole picture */
		bool first_hosts = event->kind == HV_EVENT_HOST && !loop->has_hosts;
		loop->has_hosts = loop->has_hosts || first_hosts;
		loop->draw_at_once = loop->draw_at_once || event->ticket != 0 || first_hosts ||
				     event->kind == HV_EVENT_LOADED;
		app_event(loop->app, event);
		effects_carry_out(loop);
		hv_event_free(event);
		loop->idle.happened = true;
		if (taken % EVENT_BATCH == 0 && now_us(loop) >= end) {
			return true;
		}
	}
	return false;
}

static void draw(struct loop *loop)
{
	loop_theme_follow(loop);
	canvas_erase(loop->canvas);
	app_view(loop->app, loop->canvas);
	effects_carry_out(loop); /* rows that came into view may need their data */
	screen_draw(loop->screen, loop->canvas);
	loop->draw_at_once = false;
	loop->drawn_us = now_us(loop);
	loop->idle.happened = true;
}

static void draw_when_due(struct loop *loop)
{
	loop->next_tick_us = app_tick(loop->app, hv_clock_wall_us(&loop->clock));
	bool due = app_dirty(loop->app) && now_us(loop) - loop->drawn_us >= FRAME_US;
	if (loop->draw_at_once || due) {
		draw(loop);
	}
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When the beginning of a key sequence is taken for what it is. */
static int64_t input_deadline_us(const struct loop *loop)
{
	return loop->input_us + screen_input_wait_ms(loop->screen) * INT64_C(1000);
}

/* How long poll() may wait, in milliseconds; -1 for ever. */
static int wait_ms(const struct loop *loop, bool more_events)
{
	if (more_events || loop->draw_at_once) {
		return 0;
	}
	int64_t wait_us = HV_NEVER;
	if (app_dirty(loop->app)) {
		wait_us = loop->drawn_us + FRAME_US - now_us(loop);
	}
	if (loop->next_tick_us != HV_NEVER) {
		int64_t tick_us = loop->next_tick_us - hv_clock_wall_us(&loop->clock);
		wait_us = least(wait_us, tick_us > TICK_US ? tick_us : TICK_US);
	}
	if (screen_input_wait_ms(loop->screen) >= 0) {
		wait_us = least(wait_us, input_deadline_us(loop) - now_us(loop));
	}
	if (loop->answer_until_us != 0) {
		wait_us = least(wait_us, loop->answer_until_us - now_us(loop));
	}
	if (wait_us == HV_NEVER) {
		return -1;
	}
	wait_us = least(wait_us, 3600 * HV_SECOND_US);
	return wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
}

static void report_idle(struct loop *loop)
{
	bool at_rest = app_idle(loop->app) && !app_dirty(loop->app) && !loop->draw_at_once &&
		       screen_input_wait_ms(loop->screen) < 0 && file_jobs_idle(loop->files);
	if (at_rest) {
		idle_report_write(&loop->idle, screen_bytes_read(loop->screen),
			screen_width(loop->screen), screen_height(loop->screen));
	}
}

/* One poll() and everything that it tells of. Returns whether more events may wait. */
static bool turn(struct loop *loop, bool more_events)
{
	enum { INPUT, EVENTS, SIGNALS, FILES };
	struct pollfd fds[] = {
		[INPUT] = {.fd = screen_input_fd(loop->screen), .events = POLLIN},
		[EVENTS] = {.fd = loop->picture ? -1 : hv_backend_fd(loop->backend), .events = POLLIN},
		[SIGNALS] = {.fd = signals_fd(), .events = POLLIN},
		[FILES] = {.fd = file_jobs_fd(loop->files), .events = POLLIN},
	};
	more_events = more_events || (loop->picture && picture_waits(loop->picture));
	int ready = poll(fds, HV_ARRAY_LEN(fds), wait_ms(loop, more_events));
	if (ready < 0) { /* a signal: its byte is in the pipe now */
		return more_events;
	}
	if (fds[SIGNALS].revents != 0) {
		take_signals(loop);
	}
	if (fds[FILES].revents != 0) {
		take_files(loop);
	}
	if (loop->answer_until_us != 0 && now_us(loop) >= loop->answer_until_us) {
		loop_theme_stop_asking(loop);
	}
	if (fds[INPUT].revents != 0) {
		loop->quit = loop->quit || !screen_read(loop->screen);
		loop->input_us = now_us(loop);
		take_keys(loop);
	} else if (screen_input_wait_ms(loop->screen) >= 0 &&
		   now_us(loop) >= input_deadline_us(loop)) {
		screen_expire(loop->screen);
		take_keys(loop);
	}
	if (fds[EVENTS].revents != 0 || more_events) {
		return take_events(loop);
	}
	return false;
}

struct loop_outcome loop_run(const struct loop_config *config)
{
	struct loop loop = {
		.app = config->app,
		.backend = config->backend,
		.picture = config->picture,
		.screen = config->screen,
		.standing_overlay = config->overlay,
		.clock = config->clock,
		.ascii = config->ascii,
		.next_tick_us = HV_NEVER,
		.idle = {.fd = config->test_fd},
	};
	loop.files = file_jobs_new();
	screen_use_mouse(loop.screen, config->mouse);
	loop_theme_start(&loop, config->theme, config->ask_background);
	loop_new_size(&loop);
	/* what is known already belongs in the first frame */
	bool more_events = take_events(&loop);
	while (!loop.quit) {
		idle_report_turn(&loop.idle);
		draw_when_due(&loop);
		report_idle(&loop);
		more_events = turn(&loop, more_events);
	}
	loop.outcome.live = loop.operations.count;
	live_operations_clear(&loop.operations);
	canvas_free(loop.canvas);
	loop_theme_clear(&loop);
	file_jobs_free(loop.files);
	return loop.outcome;
}
