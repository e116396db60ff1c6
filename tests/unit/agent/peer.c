/*
 * A child for the tests of transport and agent: does what its arguments say, one after the other.
 *
 *   say TEXT      a line on stdout            raw TEXT   without a newline        err TEXT   a line on stderr
 *   hear TEXT     read lines until one holds TEXT; exit 9 when the input ends first
 *   answer TEXT   read a line, say TEXT with @ replaced by the line's id
 *   serve TEXT    answer every line so, until the input ends or QuitCommand comes
 *   echo          stdin to stdout until the end
 *   flood MIB     that much without a newline on stdout       flooderr MIB   on stderr
 *   facts         what the child was given: descriptors, signals, group
 *   heir          leave a grandchild behind that keeps stdout and stderr open, and say its id
 *   stubborn      ignore SIGTERM      deaf   close stdin and stdout      hang   for ever
 *   exit CODE     signal NUMBER
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/attributes.h"

static void read_line(char *line, size_t size)
{
	if (!fgets(line, (int)size, stdin)) {
		exit(9);
	}
}

static void do_say(const char *text)
{
	printf("%s\n", text);
}

static void do_raw(const char *text)
{
	fputs(text, stdout);
}

static void do_err(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static void do_hear(const char *text)
{
	char line[65536];
	do {
		read_line(line, sizeof line);
	} while (!strstr(line, text));
}

static void answer_line(const char *line, const char *text)
{
	long long id = 0;
	(void)sscanf(line, "{\"id\":%lld", &id);
	for (const char *p = text; *p; p++) {
		if (*p == '@') {
			printf("%lld", id);
		} else {
			putchar(*p);
		}
	}
	putchar('\n');
	fflush(stdout);
}

static void do_answer(const char *text)
{
	char line[65536];
	read_line(line, sizeof line);
	answer_line(line, text);
}

static void do_serve(const char *text)
{
	char line[65536];
	while (fgets(line, sizeof line, stdin) && !strstr(line, "QuitCommand")) {
		answer_line(line, text);
	}
}

static void do_echo(const char *text)
{
	char bytes[65536];
	ssize_t length;
	(void)text;
	while ((length = read(STDIN_FILENO, bytes, sizeof bytes)) > 0) {
		for (ssize_t done = 0; done < length;) {
			ssize_t wrote = write(STDOUT_FILENO, bytes + done, (size_t)(length - done));
			if (wrote < 0) {
				exit(8);
			}
			done += wrote;
		}
	}
}

static void flood(FILE *file, const char *mebibytes)
{
	char bytes[4096];
	memset(bytes, 'x', sizeof bytes);
	for (long left = atol(mebibytes) * 256; left > 0; left--) {
		fwrite(bytes, 1, sizeof bytes, file);
	}
}

static void do_flood(const char *text)
{
	flood(stdout, text);
}

static void do_flooderr(const char *text)
{
	flood(stderr, text);
}

static void do_facts(const char *text)
{
	sigset_t mask;
	int blocked = 0;
	int handled = 0;
	(void)text;
	printf("descriptors");
	for (int descriptor = 0; descriptor < 4096; descriptor++) {
		if (fcntl(descriptor, F_GETFD) >= 0) {
			printf(" %d", descriptor);
		}
	}
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int number = 1; number < NSIG; number++) {
		struct sigaction action;
		blocked += sigismember(&mask, number) == 1;
		handled += sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
	}
	printf(" blocked %d handled %d leader %d terminal %d\n", blocked, handled,
		getpgrp() == getpid(), open("/dev/tty", O_RDWR) >= 0);
}

static void do_heir(const char *text)
{
	(void)text;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		for (;;) {
			pause();
		}
	}
	printf("heir %d\n", (int)pid);
}

static void do_stubborn(const char *text)
{
	(void)text;
	signal(SIGTERM, SIG_IGN);
}

static void do_deaf(const char *text)
{
	(void)text;
	fflush(stdout);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
}

static void do_hang(const char *text)
{
	(void)text;
	for (;;) {
		pause();
	}
}

static void do_exit(const char *text)
{
	exit(atoi(text));
}

static void do_signal(const char *text)
{
	raise(atoi(text));
}

static const struct {
	const char *name;
	void (*function)(const char *text);
	int takes_text;
} acts[] = {
	{"say", do_say, 1}, {"raw", do_raw, 1}, {"err", do_err, 1}, {"hear", do_hear, 1},
	{"answer", do_answer, 1}, {"serve", do_serve, 1}, {"echo", do_echo, 0}, {"flood", do_flood, 1},
	{"flooderr", do_flooderr, 1}, {"facts", do_facts, 0}, {"heir", do_heir, 0},
	{"stubborn", do_stubborn, 0}, {"deaf", do_deaf, 0}, {"hang", do_hang, 0},
	{"exit", do_exit, 1}, {"signal", do_signal, 1},
};

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t act = 0;
		while (act < HV_ARRAY_LEN(acts) && strcmp(acts[act].name, argv[i]) != 0) {
			act++;
		}
		if (act == HV_ARRAY_LEN(acts)) {
			return 99;
		}
		acts[act].function(acts[act].takes_text && i + 1 < argc ? argv[++i] : "");
		fflush(stdout);
	}
	return 0;
}
