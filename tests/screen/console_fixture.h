/*
 * A console made by hand for tests: no backend, no terminal, a clock that stands. Events are made from text, effects are
 * taken as the loop would take them.
 */
#ifndef HV_TESTS_SCREEN_CONSOLE_FIXTURE_H
#define HV_TESTS_SCREEN_CONSOLE_FIXTURE_H

#include "tui/state/app.h"

#define FIXTURE_NOW INT64_C(1787368364000000) /* 2026-08-22T03:12:44Z */
#define FIXTURE_DAY (INT64_C(24) * 3600 * HV_SECOND_US)

struct fixture {
	struct app *app;
	int64_t now_us;
};

struct fixture *fixture_new(const struct app_config *config);
void fixture_free(struct fixture *fixture);

/** Keys in the user's syntax, by spaces: "j j Enter Tab". A word that begins with a quote is typed: "'web". */
void fixture_keys(struct fixture *fixture, const char *keys);
void fixture_paste(struct fixture *fixture, const char *text);
void fixture_tick(struct fixture *fixture, int64_t later_us);

void fixture_event(struct fixture *fixture, const struct hv_event *event);
void fixture_loaded(struct fixture *fixture);
/** `reason` NULL unless it is lost; then it was seen 4 minutes ago and is tried again in 12 s. */
void fixture_host(
	struct fixture *fixture, const char *name, const char *group, enum host_state state, const char *reason);
void fixture_host_gone(struct fixture *fixture, const char *name);
/** A VM with figures that follow from its snapshots; the uuid is made from its name. */
struct hv_vm fixture_vm_value(const char *host, const char *name, enum vm_state state, int64_t snapshots);
void fixture_vm(
	struct fixture *fixture, const char *host, const char *name, enum vm_state state, int64_t snapshots);
void fixture_put_vm(struct fixture *fixture, const struct hv_vm *vm);
void fixture_vm_gone(struct fixture *fixture, const char *name);
/**
 * The tree of a VM from lines of "name age [m] [u] [*] [creating|error]", indented by two blanks a level: m with memory,
 * u untracked, * current, age in days.
 */
void fixture_tree(struct fixture *fixture, const char *vm, const char *text);
/** An operation on `vm`; its uuid is made from `id`. `percent` -1: none. */
struct hv_operation fixture_operation_value(
	const char *id, enum operation_kind kind, const char *vm, const char *snapshot);
void fixture_operation(struct fixture *fixture, const struct hv_operation *operation);
void fixture_answer(struct fixture *fixture, enum hv_event_kind kind, uint64_t ticket);
void fixture_refuse(struct fixture *fixture, uint64_t ticket, enum hv_status status, const char *text);

/** Answer this list with nothing but a count. */
void fixture_count(struct fixture *fixture, uint64_t ticket, int64_t total);
/** Answer the last list that was asked for with snapshots, "vm name days" a line; `more`: there are further pages. */
void fixture_snapshots(struct fixture *fixture, const char *text, bool more);

/** The last effect of this kind, which stays valid until fixture_take_effects(); NULL when there is none. */
const struct app_effect *fixture_effect(const struct fixture *fixture, enum app_effect_kind kind);
size_t fixture_effect_count(const struct fixture *fixture, enum app_effect_kind kind);
void fixture_take_effects(struct fixture *fixture);

/** The screen as text (see canvas_dump); caller frees. */
char *fixture_screen(struct fixture *fixture, int width, int height);
/** Whether the screen, as it is now, has this text on a line. */
bool fixture_shows(struct fixture *fixture, const char *text);

/** The fleet of tui.md's mock-ups: prod with hv01, hv02 and hv03 (lost), lab with hv04; the cursor on the first row. */
struct fixture *fixture_fleet(const struct app_config *config);
/** Move the cursor to the row whose name is in the details; opens nothing. */
void fixture_go_to(struct fixture *fixture, const char *name);
/** Where the cursor stands: "vm web-01", "snapshot base", "now web-01", "host hv01", "group prod". Caller frees. */
char *fixture_cursor(const struct fixture *fixture);

extern const char fixture_db_tree[];

#endif
