#include "tests/unit/batch/command_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "tui/batch/batch.h"

#define WORDS_MAX 24

/* Sends what is written to `fd` into a file without a name; returns what stood there before. */
static int redirect(int fd, FILE **ret_file)
{
	int before = dup(fd);
	*ret_file = tmpfile();
	assert_true(before >= 0);
	assert_non_null(*ret_file);
	assert_int_equal(dup2(fileno(*ret_file), fd), fd);
	return before;
}

static char *restore(int fd, int before, FILE *file)
{
	(void)fflush(NULL);
	assert_int_equal(dup2(before, fd), fd);
	(void)close(before);
	long length = ftell(file) < 0 ? 0 : lseek(fileno(file), 0, SEEK_END);
	char *text = hv_alloc((size_t)length + 1);
	assert_int_equal(pread(fileno(file), text, (size_t)length, 0), length);
	(void)fclose(file);
	return text;
}

void command_run(struct command_result *ret_result, ...)
{
	static char program[] = "hvtree";
	char *argv[WORDS_MAX] = {program};
	int argc = 1;
	va_list words;
	FILE *files[2];
	va_start(words, ret_result);
	while ((argv[argc] = va_arg(words, char *)) != NULL) {
		assert_true(++argc < WORDS_MAX);
	}
	va_end(words);
	(void)fflush(NULL);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int input = dup(STDIN_FILENO);
	assert_int_equal(dup2(null, STDIN_FILENO), STDIN_FILENO); /* nobody can be asked */
	int out = redirect(STDOUT_FILENO, &files[0]);
	int err = redirect(STDERR_FILENO, &files[1]);
	ret_result->code = batch_main(argc, argv);
	ret_result->err = restore(STDERR_FILENO, err, files[1]);
	ret_result->out = restore(STDOUT_FILENO, out, files[0]);
	(void)dup2(input, STDIN_FILENO);
	(void)close(input);
	(void)close(null);
}

void command_result_clear(struct command_result *result)
{
	free(result->out);
	free(result->err);
}
