/* The queue of events: coalescing by object, order, bounds, batches, and a reader in another thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend_events.h"

static struct events *new_queue(void)
{
	struct events *events = NULL;
	assert_int_equal(events_new(&events, NULL), HV_OK);
	return events;
}

static struct hv_event *vm_event(const char *id, int64_t cpus)
{
	struct hv_vm from = {.uuid = hv_uuid_from_text(id),
		.name = id,
		.account = "",
		.domain = "",
		.cpus = cpus};
	struct hv_event *event = event_new(HV_EVENT_VM);
	event->vm = hv_vm_new(&from);
	return event;
}

static struct hv_event *operation_event(const char *id, int64_t percent, int64_t finished_us)
{
	struct hv_operation from = {.uuid = hv_uuid_from_text(id),
		.vm_name = "vm",
		.requested_by = "me",
		.percent = percent,
		.finished_us = finished_us};
	struct hv_event *event = event_new(HV_EVENT_OPERATION);
	event->operation = hv_operation_new(&from);
	return event;
}

static struct hv_event *gone_event(enum hv_event_kind kind, const char *id)
{
	struct hv_event *event = event_new(kind);
	event->id = hv_uuid_from_text(id);
	return event;
}

static struct hv_event *message_event(int number)
{
	char text[32];
	(void)snprintf(text, sizeof text, "%d", number);
	struct hv_event *event = event_new(HV_EVENT_MESSAGE);
	event->text = hv_strdup(text);
	return event;
}

/* What waits, in order, as words: "vm:a=2 operation:x=50 gone:a message:3 loaded". */
static void assert_waits(struct events *events, const char *expected)
{
	struct hv_text text = HV_TEXT_INIT;
	struct hv_event *event;
	while ((event = events_next(events)) != NULL) {
		hv_text_puts(&text, text.length > 0 ? " " : "");
		switch (event->kind) {
		case HV_EVENT_VM:
			hv_text_printf(&text, "vm:%s=%d", event->vm->name, (int)event->vm->cpus);
			break;
		case HV_EVENT_OPERATION:
			hv_text_printf(&text, "operation=%d%s", (int)event->operation->percent,
				event->operation->finished_us ? "!" : "");
			break;
		case HV_EVENT_VM_GONE:
			hv_text_puts(&text, "gone");
			break;
		case HV_EVENT_MESSAGE:
			hv_text_printf(&text, "message:%s", event->text);
			break;
		case HV_EVENT_LOADED:
			hv_text_puts(&text, "loaded");
			break;
		default:
			hv_text_puts(&text, "?");
			break;
		}
		hv_event_free(event);
	}
	assert_string_equal(hv_text_get(&text), expected);
	hv_text_clear(&text);
}

static bool is_readable(const struct events *events)
{
	struct pollfd fd = {.fd = events_fd(events), .events = POLLIN};
	return poll(&fd, 1, 0) == 1;
}

static void test_events__are_invisible_until_the_batch_is_flushed(void **state)
{
	(void)state;
	struct events *events = new_queue();
	events_add(events, vm_event("a", 1));
	assert_null(events_next(events));
	assert_false(is_readable(events));
	events_flush(events);
	assert_true(is_readable(events));
	assert_waits(events, "vm:a=1");
	assert_false(is_readable(events));
	events_free(events);
}

static void test_events__of_the_same_object_are_replaced_where_they_stand(void **state)
{
	(void)state;
	struct events *events = new_queue();
	events_add(events, vm_event("a", 1));
	events_add(events, vm_event("b", 1));
	events_add(events, event_new(HV_EVENT_LOADED));
	events_flush(events);
	events_add(events, vm_event("a", 2));
	events_add(events, vm_event("a", 3));
	events_flush(events);
	assert_waits(events, "vm:a=3 vm:b=1 loaded");
	events_free(events);
}

static void test_events__taken_ones_are_not_replaced_but_followed(void **state)
{
	(void)state;
	struct events *events = new_queue();
	events_add(events, vm_event("a", 1));
	events_flush(events);
	struct hv_event *taken = events_next(events);
	events_add(events, vm_event("a", 2));
	events_flush(events);
	assert_int_equal(taken->vm->cpus, 1);
	hv_event_free(taken);
	assert_waits(events, "vm:a=2");
	events_free(events);
}

static void test_events__the_end_of_an_operation_comes_behind_the_vm_that_it_changed(void **state)
{
	(void)state;
	struct events *events = new_queue();
	events_add(events, operation_event("x", 10, 0));
	events_add(events, operation_event("x", 50, 0));
	events_flush(events);
	events_add(events, vm_event("a", 1));
	events_add(events, operation_event("x", 100, 1));
	events_flush(events);
	assert_waits(events, "vm:a=1 operation=100!");
	events_free(events);
}

static void test_events__nothing_about_a_vm_follows_its_end(void **state)
{
	(void)state;
	struct events *events = new_queue();
	struct hv_tree from = {.vm = hv_uuid_from_text("a"), .current = -1};
	struct hv_event *tree = event_new(HV_EVENT_TREE);
	tree->tree = hv_tree_new(&from);
	events_add(events, vm_event("a", 1));
	events_add(events, tree);
	events_add(events, vm_event("b", 1));
	events_add(events, gone_event(HV_EVENT_VM_GONE, "a"));
	events_flush(events);
	assert_waits(events, "vm:b=1 gone");
	events_add(events, gone_event(HV_EVENT_VM_GONE, "a"));
	events_add(events, vm_event("a", 2));
	events_flush(events);
	assert_waits(events, "gone vm:a=2"); /* it came back */
	events_free(events);
}

static void test_events__waiting_messages_are_bounded_and_the_newest_are_kept(void **state)
{
	(void)state;
	struct events *events = new_queue();
	for (int i = 0; i < EVENTS_MESSAGES_MAX + 3; i++) {
		events_add(events, message_event(i));
	}
	events_flush(events);
	struct hv_event *first = events_next(events);
	assert_string_equal(first->text, "3");
	hv_event_free(first);
	int left = 0;
	for (struct hv_event *event; (event = events_next(events)) != NULL; left++) {
		hv_event_free(event);
	}
	assert_int_equal(left, EVENTS_MESSAGES_MAX - 1);
	events_free(events);
}

static void test_events__a_flood_about_few_objects_leaves_a_short_queue(void **state)
{
	(void)state;
	struct events *events = new_queue();
	char id[8];
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(id, sizeof id, "%d", i % 100);
		events_add(events, vm_event(id, i));
		if (i % 7 == 0) {
			events_flush(events);
		}
	}
	events_flush(events);
	int count = 0;
	for (struct hv_event *event; (event = events_next(events)) != NULL; count++) {
		assert_true(event->vm->cpus >= 19900);
		hv_event_free(event);
	}
	assert_int_equal(count, 100);
	events_free(events);
}

static void test_events__that_nobody_took_are_released_with_the_queue(void **state)
{
	(void)state;
	struct events *events = new_queue();
	events_add(events, vm_event("a", 1));
	events_add(events, message_event(1));
	events_flush(events);
	events_add(events, vm_event("b", 1));
	events_free(events); /* the leak checker is the judge */
}

#define ROUNDS 3000

static void *write_rounds(void *context)
{
	struct events *events = context;
	for (int i = 1; i <= ROUNDS; i++) {
		events_add(events, vm_event("a", i));
		events_add(events, vm_event("b", i));
		events_flush(events);
	}
	return NULL;
}

static void test_events__a_batch_is_seen_as_a_whole_by_another_thread(void **state)
{
	(void)state;
	struct events *events = new_queue();
	pthread_t writer;
	int64_t seen_a = 0;
	int64_t seen_b = 0;
	assert_int_equal(pthread_create(&writer, NULL, write_rounds, events), 0);
	while (seen_b < ROUNDS) {
		struct pollfd fd = {.fd = events_fd(events), .events = POLLIN};
		assert_int_equal(poll(&fd, 1, 10000), 1);
		for (struct hv_event *event; (event = events_next(events)) != NULL;) {
			bool is_a = strcmp(event->vm->name, "a") == 0;
			int64_t *seen = is_a ? &seen_a : &seen_b;
			assert_true(event->vm->cpus > *seen);
			*seen = event->vm->cpus;
			hv_event_free(event);
		}
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_int_equal(seen_a, ROUNDS);
	events_free(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events__are_invisible_until_the_batch_is_flushed),
		cmocka_unit_test(test_events__of_the_same_object_are_replaced_where_they_stand),
		cmocka_unit_test(test_events__taken_ones_are_not_replaced_but_followed),
		cmocka_unit_test(
			test_events__the_end_of_an_operation_comes_behind_the_vm_that_it_changed),
		cmocka_unit_test(test_events__nothing_about_a_vm_follows_its_end),
		cmocka_unit_test(test_events__waiting_messages_are_bounded_and_the_newest_are_kept),
		cmocka_unit_test(test_events__a_flood_about_few_objects_leaves_a_short_queue),
		cmocka_unit_test(test_events__that_nobody_took_are_released_with_the_queue),
		cmocka_unit_test(test_events__a_batch_is_seen_as_a_whole_by_another_thread),
	};
	return cmocka_run_group_tests_name("backend/events", tests, NULL, NULL);
}
