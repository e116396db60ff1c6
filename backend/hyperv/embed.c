/*
 * Build tool: embed OUTPUT.c LOADER AGENT-PART... writes a C file with what hyperv.h promises. It refuses what a host
 * would choke on: text that is not ASCII, a loader longer than cmd.exe's line allows, the variable that makes PowerShell
 * swallow standard input.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOADER_MOST 2900 /* characters: base64 of UTF-16, within cmd.exe's 8191 */
#define REMOTE_PREFIX                                                                                                  \
	"powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand "

struct bytes {
	char *data;
	size_t length;
};

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	exit(1);
}

static void append(struct bytes *bytes, const char *data, size_t length)
{
	char *grown = realloc(bytes->data, bytes->length + length + 1);
	if (!grown) {
		die("out of memory");
	}
	memcpy(grown + bytes->length, data, length);
	bytes->data = grown;
	bytes->length += length;
	grown[bytes->length] = '\0';
}

static void read_file(struct bytes *bytes, const char *path)
{
	char piece[65536];
	size_t got, before = bytes->length;
	FILE *file = fopen(path, "rb");
	if (!file) {
		die("%s: cannot be read", path);
	}
	while ((got = fread(piece, 1, sizeof piece, file)) > 0) {
		append(bytes, piece, got);
	}
	(void)fclose(file);
	for (size_t i = before; i < bytes->length; i++) {
		unsigned char c = (unsigned char)bytes->data[i];
		if (c > 0x7E || (c < 0x20 && c != '\n' && c != '\t')) {
			die("%s: byte %zu is not printable ASCII", path, i - before);
		}
	}
	if (bytes->length > before && strstr(bytes->data + before, "$input")) {
		die("%s: $input makes PowerShell read standard input itself", path);
	}
}

/* UTF-16LE of ASCII text, as base64. */
static void append_encoded(struct bytes *out, const struct bytes *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = text->length * 2;
	for (size_t i = 0; i < length; i += 3) {
		unsigned value = 0;
		for (size_t j = i; j < i + 3; j++) {
			value = value << 8 | (j < length && j % 2 == 0 ? (unsigned char)text->data[j / 2] : 0u);
		}
		char group[4];
		for (size_t j = 0; j < 4; j++) {
			group[j] = i + j <= length ? digits[value >> (18 - 6 * j) & 63] : '=';
		}
		append(out, group, sizeof group);
	}
}

static void write_array(FILE *file, const char *name, const struct bytes *bytes)
{
	(void)fprintf(file, "static const char %s[] = {", name);
	for (size_t i = 0; i < bytes->length; i++) {
		(void)fprintf(file, "%s%d,", i % 24 == 0 ? "\n" : "", bytes->data[i]);
	}
	(void)fprintf(file, "0};\n");
}

int main(int argc, char **argv)
{
	struct bytes loader = {0}, agent = {0}, command = {0}, stream = {0};
	char size[32];
	if (argc < 4) {
		die("usage: embed OUTPUT.c LOADER AGENT-PART...");
	}
	read_file(&loader, argv[2]);
	if (loader.length > LOADER_MOST) {
		die("%s: %zu characters; the command line has room for %d", argv[2], loader.length, LOADER_MOST);
	}
	for (int i = 3; i < argc; i++) {
		read_file(&agent, argv[i]);
	}
	append(&command, REMOTE_PREFIX, strlen(REMOTE_PREFIX));
	append_encoded(&command, &loader);
	(void)snprintf(size, sizeof size, "%zu\n", agent.length);
	append(&stream, size, strlen(size));
	append(&stream, agent.data, agent.length);
	FILE *file = fopen(argv[1], "wb");
	if (!file) {
		die("%s: cannot be written", argv[1]);
	}
	(void)fprintf(file, "#include \"backend/hyperv/hyperv.h\"\n\n");
	write_array(file, "command", &command);
	write_array(file, "stream", &stream);
	(void)fprintf(file, "\nconst char *hyperv_remote_command(void)\n{\n\treturn command;\n}\n"
			    "\nconst char *hyperv_agent_script(size_t *ret_size)\n{\n"
			    "\t*ret_size = sizeof stream - 1;\n\treturn stream;\n}\n");
	if (fclose(file) != 0) {
		die("%s: cannot be written", argv[1]);
	}
	free(loader.data);
	free(agent.data);
	free(command.data);
	free(stream.data);
	return 0;
}
