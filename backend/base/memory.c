#include "backend/base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hv_cleanup_free(void *pointer_to)
{
	void *pointer;
	memcpy(&pointer, pointer_to, sizeof pointer);
	free(pointer);
}

static void *checked(void *pointer)
{
	if (!pointer) {
		static const char message[] = "hvtree: out of memory\n";
		(void)!fwrite(message, 1, sizeof message - 1, stderr);
		abort();
	}
	return pointer;
}

void *hv_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *hv_realloc_array(void *pointer, size_t count, size_t size)
{
	return checked(reallocarray(pointer, count ? count : 1, size ? size : 1));
}

char *hv_strdup(const char *text)
{
	return checked(strdup(text));
}

char *hv_strdup_null(const char *text)
{
	return text ? hv_strdup(text) : NULL;
}

char *hv_strndup(const char *text, size_t length)
{
	return checked(strndup(text, length));
}

char *hv_sprintf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	return checked(length < 0 ? NULL : text);
}

void hv_replace_string(char **owner, const char *text)
{
	char *copy = hv_strdup_null(text);
	free(*owner);
	*owner = copy;
}

void hv_wipe_string(char *take_secret)
{
	if (take_secret) {
		explicit_bzero(take_secret, strlen(take_secret));
		free(take_secret);
	}
}

void hv_grow(void **items, size_t count, size_t *capacity, size_t element_size)
{
	if (count < *capacity) {
		return;
	}
	size_t wanted = *capacity ? *capacity * 2 : 8;
	if (wanted <= count) {
		wanted = count + 1;
	}
	*items = hv_realloc_array(*items, wanted, element_size);
	*capacity = wanted;
}
