/* Every file of the given folders as it is, cut at each byte, and with each byte damaged: the corpus as a test. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define SIZE_MAX_READ (1u << 20)
#define DAMAGE_MAX 4096 /* files above this are not damaged byte by byte */

static const uint8_t damages[] = {0, '"', '{', '\n', 0xFF};

/* A copy of exactly the right size, so that a sanitizer sees one byte too far. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (!copy) {
		abort();
	}
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_damaged(uint8_t *data, size_t size)
{
	for (size_t cut = 0; cut < size; cut++) {
		run(data, cut);
	}
	for (size_t i = 0; i < size; i++) {
		uint8_t kept = data[i];
		for (size_t k = 0; k < sizeof damages; k++) {
			data[i] = damages[k];
			run(data, size);
		}
		data[i] = kept;
	}
}

static int replay_file(const char *path)
{
	static uint8_t data[SIZE_MAX_READ];
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return 1;
	}
	size_t size = fread(data, 1, sizeof data, file);
	(void)fclose(file);
	run(data, size);
	if (size <= DAMAGE_MAX) {
		run_damaged(data, size);
	}
	return 0;
}

static int replay_folder(const char *path, size_t *count)
{
	int failed = 0;
	DIR *folder = opendir(path);
	if (!folder) {
		perror(path);
		return 1;
	}
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		char file[4096];
		if (entry->d_name[0] == '.') {
			continue;
		}
		(void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		failed |= replay_file(file);
		(*count)++;
	}
	(void)closedir(folder);
	return failed;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	int failed = 0;
	for (int i = 1; i < argc; i++) {
		failed |= replay_folder(argv[i], &count);
	}
	printf("%zu files of the corpus\n", count);
	return failed || count == 0 ? 1 : 0;
}
