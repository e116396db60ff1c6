/*
 * A host, a client and a model of one VM that knows nothing of files: a snapshot, an export and a copy of a disk are copies
 * of what was held, a delete takes a copy away, a revert copies back. Random histories are played on both.
 */
#ifndef HV_TESTS_SIM_RANDOM_PLAY_H
#define HV_TESTS_SIM_RANDOM_PLAY_H

#include "tests/unit/sim/sim_fixture.h"

#define KEYS 4
#define SNAPSHOTS_MAX 12
#define COPIES_MAX 4

enum where { WHERE_ROOT, WHERE_DATA, WHERE_EXTRA, WHERE_MEMORY, WHERE_COUNT };

struct content {
	int held[WHERE_COUNT][KEYS]; /* 0: nothing */
};
struct snapshot {
	int number; /* name "s<number>" */
	int parent; /* number, -1: a root */
	bool with_memory;
	struct content content;
};
struct tree {
	struct content now;
	bool extra;  /* the third disk is attached; what it holds stays when it is not */
	int current; /* number, -1: none */
	struct snapshot snapshots[SNAPSHOTS_MAX];
	size_t count;
};
struct model {
	struct tree tree;
	bool running, registered;
	int next_number, next_value;
	/* the newest export that is complete, and what it held then */
	char export[HV_UUID_TEXT_SIZE]; /* "": none */
	bool matches;
	struct tree exported;
	struct disk_copy {
		char id[HV_UUID_TEXT_SIZE];
		int held[KEYS];
	} copies[COPIES_MAX];
	size_t copy_count;
};
struct play {
	struct test_host host;
	struct client client;
	struct model model;
	uint64_t random;
	char did[160];
};

void play_open(struct play *play, uint64_t seed);
void play_close(struct play *play);
unsigned pick(struct play *play, unsigned below);

void model_create(struct model *model, bool with_memory);
void model_revert(struct model *model, const struct snapshot *snapshot);
void model_delete(struct model *model, size_t index);
void model_stop(struct model *model);
/** What an export of it held is not what it is any more. */
void model_edit(struct model *model);

/** Everything that is held, anywhere, and the tree; asserts that both say the same. */
void play_compare(struct play *play);

/**
 * Send a command; sometimes the agent dies on the way and the command is sent again. It must be done in the end, or be
 * refused with `code` when that is not NULL.
 */
void play_command(struct play *play, const char *command, json_t *take_body, const char *code);

#endif
