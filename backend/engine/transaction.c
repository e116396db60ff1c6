#include "backend/engine/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/base/memory.h"

const struct store_ops *engine_store(const struct engine *engine)
{
	return engine->config.store->ops;
}

int64_t engine_wall_us(const struct engine *engine)
{
	return hv_clock_wall_us(&engine->config.clock);
}

int64_t engine_monotonic_us(const struct engine *engine)
{
	return hv_clock_monotonic_us(&engine->config.clock);
}

static void forget_messages(struct engine *engine)
{
	for (size_t i = 0; i < engine->message_count; i++) {
		free(engine->messages[i].text);
	}
	engine->message_count = 0;
}

static void tell_messages(struct engine *engine)
{
	const struct engine_listener *listener = &engine->config.listener;
	for (size_t i = 0; i < engine->message_count && listener->message; i++) {
		listener->message(listener->context, engine->messages[i].warning, engine->messages[i].text);
	}
	forget_messages(engine);
}

enum hv_status engine_begin(struct engine *engine, struct hv_error *err)
{
	forget_messages(engine);
	return engine_store(engine)->begin(engine->config.store, err);
}

enum hv_status engine_end(struct engine *engine, enum hv_status status, struct hv_error *err)
{
	if (status == HV_OK) {
		status = engine_store(engine)->commit(engine->config.store, err);
	}
	if (status != HV_OK) {
		engine_store(engine)->rollback(engine->config.store);
		forget_messages(engine);
		return status;
	}
	engine->store_failed = false;
	tell_messages(engine);
	return HV_OK;
}

void engine_say(struct engine *engine, bool warning, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		return;
	}
	HV_GROW(engine->messages, engine->message_count, engine->message_capacity);
	engine->messages[engine->message_count++] = (struct pending_message){warning, text};
}

void engine_store_trouble(struct engine *engine, const struct hv_error *err)
{
	const struct engine_listener *listener = &engine->config.listener;
	if (!engine->store_failed && listener->store_failed) {
		listener->store_failed(listener->context, err);
	}
	engine->store_failed = true;
}
