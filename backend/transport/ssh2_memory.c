/*
 * The memory of libssh2's sessions: passwords and passphrases go through it, so all of it is overwritten before it is
 * released. The size stands before each block.
 */
#include "backend/transport/ssh2_state.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"

struct block {
	max_align_t size; /* its first bytes are a size_t */
	unsigned char bytes[];
};

static struct block *block_of(void *bytes)
{
	return (struct block *)(void *)((unsigned char *)bytes - offsetof(struct block, bytes));
}

static size_t block_size(const struct block *block)
{
	size_t size;
	memcpy(&size, &block->size, sizeof size);
	return size;
}

void *ssh2_session_bytes(size_t size)
{
	struct block *block = hv_alloc(sizeof *block + size);
	memcpy(&block->size, &size, sizeof size);
	return block->bytes;
}

static void *session_alloc(size_t size, void **abstract)
{
	(void)abstract;
	return ssh2_session_bytes(size);
}

static void session_free(void *bytes, void **abstract)
{
	(void)abstract;
	if (bytes) {
		struct block *block = block_of(bytes);
		explicit_bzero(block, sizeof *block + block_size(block));
		free(block);
	}
}

static void *session_realloc(void *bytes, size_t size, void **abstract)
{
	void *moved = ssh2_session_bytes(size);
	if (bytes) {
		size_t old = block_size(block_of(bytes));
		memcpy(moved, bytes, old < size ? old : size);
		session_free(bytes, abstract);
	}
	return moved;
}

LIBSSH2_SESSION *ssh2_session_new(void)
{
	return libssh2_session_init_ex(session_alloc, session_free, session_realloc, NULL);
}
