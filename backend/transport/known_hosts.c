#include "backend/transport/known_hosts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/base/text.h"
#include "backend/transport/digest.h"

#define DEFAULT_PORT 22
#define HASH_MARK "|1|"

/* A part of a line; not terminated. */
struct word {
	const char *text;
	size_t length;
};

enum line_mark { MARK_NONE, MARK_REVOKED, MARK_OTHER };

/* A line that has all its parts. */
struct known_line {
	enum line_mark mark;
	struct word names;
	struct word type;
	struct word key; /* base64 */
};

void known_hosts_clear(struct known_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		free(hosts->files[i].path);
		free(hosts->files[i].text);
	}
	free(hosts->files);
	memset(hosts, 0, sizeof *hosts);
}

void known_hosts_add(struct known_hosts *hosts, const char *path, const char *text, size_t length)
{
	HV_GROW(hosts->files, hosts->count, hosts->capacity);
	struct known_hosts_file *file = &hosts->files[hosts->count++];
	file->path = hv_strdup(path);
	file->text = hv_alloc(length + 1);
	memcpy(file->text, text, length);
	file->length = length;
}

enum hv_status known_hosts_read(struct known_hosts *hosts, const char *path, struct hv_error *err)
{
	HV_CLEANUP(hv_text_clear) struct hv_text text = HV_TEXT_INIT;
	char bytes[16384];
	ssize_t length = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		return HV_OK;
	}
	while (file >= 0 && (length = read(file, bytes, sizeof bytes)) > 0 &&
		text.length < KNOWN_HOSTS_FILE_MAX) {
		hv_text_append(&text, bytes, (size_t)length);
	}
	int number = errno;
	if (file >= 0) {
		(void)close(file);
	}
	/* What is only half read may hide that a key was revoked. */
	if (file < 0 || length < 0) {
		return hv_error_set(err, HV_ERR_IO, "cannot read the known host keys in '%s': %s", path,
			strerror(number));
	}
	if (length > 0) {
		return hv_error_set(err, HV_ERR_IO, "'%s' is too large for a file of host keys", path);
	}
	known_hosts_add(hosts, path, hv_text_get(&text), text.length);
	return HV_OK;
}

/* ---- lines ---- */

static bool is_blank(char letter)
{
	return letter == ' ' || letter == '\t' || letter == '\r';
}

static struct word take_word(struct word *rest)
{
	while (rest->length > 0 && is_blank(*rest->text)) {
		rest->text++;
		rest->length--;
	}
	struct word word = {rest->text, 0};
	while (rest->length > 0 && !is_blank(*rest->text)) {
		rest->text++;
		rest->length--;
		word.length++;
	}
	return word;
}

static bool word_is(struct word word, const char *text)
{
	return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

static bool cut_line(struct word rest, struct known_line *ret_line)
{
	struct known_line line = {.mark = MARK_NONE};
	if (rest.length > KNOWN_HOSTS_LINE_MAX) {
		return false;
	}
	line.names = take_word(&rest);
	if (line.names.length == 0 || line.names.text[0] == '#') {
		return false;
	}
	if (line.names.text[0] == '@') {
		line.mark = word_is(line.names, "@revoked") ? MARK_REVOKED : MARK_OTHER;
		line.names = take_word(&rest);
	}
	line.type = take_word(&rest);
	line.key = take_word(&rest);
	*ret_line = line;
	return line.key.length > 0; /* what follows is a comment */
}

/* ---- names ---- */

char *known_hosts_name(const char *host, unsigned port)
{
	char *name = port == DEFAULT_PORT ? hv_strdup(host) : hv_sprintf("[%s]:%u", host, port);
	for (char *at = name; *at; at++) {
		*at = (char)tolower((unsigned char)*at);
	}
	return name;
}

static bool same_letter(char pattern, char letter)
{
	return tolower((unsigned char)pattern) == letter;
}

/* `name` is in lower case. Takes time of the product of both lengths at most. */
static bool pattern_fits(struct word pattern, const char *name)
{
	size_t at = 0;
	size_t star = SIZE_MAX; /* the last one seen; what it stands for ends before `star_name` */
	const char *star_name = name;
	while (*name) {
		if (at < pattern.length && pattern.text[at] == '*') {
			star = at++;
			star_name = name;
		} else if (at < pattern.length &&
			   (pattern.text[at] == '?' || same_letter(pattern.text[at], *name))) {
			at++;
			name++;
		} else if (star != SIZE_MAX) {
			at = star + 1;
			name = ++star_name;
		} else {
			return false;
		}
	}
	while (at < pattern.length && pattern.text[at] == '*') {
		at++;
	}
	return at == pattern.length;
}

/* "|1|salt|hash" */
static bool hash_fits(struct word hashed, const char *name)
{
	size_t skip = strlen(HASH_MARK);
	const char *salt_text = hashed.text + skip;
	const char *bar = memchr(salt_text, '|', hashed.length - skip);
	if (!bar) {
		return false;
	}
	HV_CLEANUP(hv_text_clear) struct hv_text salt = HV_TEXT_INIT;
	HV_CLEANUP(hv_text_clear) struct hv_text digest = HV_TEXT_INIT;
	size_t digest_length = (size_t)(hashed.text + hashed.length - (bar + 1));
	if (!base64_decode(salt_text, (size_t)(bar - salt_text), &salt) ||
		!base64_decode(bar + 1, digest_length, &digest) || salt.length != SHA1_SIZE ||
		digest.length != SHA1_SIZE) {
		return false;
	}
	unsigned char own[SHA1_SIZE];
	hmac_sha1(salt.bytes, salt.length, name, strlen(name), own);
	return memcmp(own, digest.bytes, SHA1_SIZE) == 0;
}

/* A name that is forbidden by "!pattern" is not meant, wherever in the list that stands. */
static bool names_fit(struct word names, const char *name)
{
	if (names.length > strlen(HASH_MARK) && memcmp(names.text, HASH_MARK, strlen(HASH_MARK)) == 0) {
		return hash_fits(names, name);
	}
	bool fits = false;
	const char *end = names.text + names.length;
	for (const char *at = names.text; at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;
		bool negated = *at == '!';
		struct word pattern = {at + negated, (size_t)(stop - at) - negated};
		if (pattern.length > 0 && pattern_fits(pattern, name)) {
			if (negated) {
				return false;
			}
			fits = true;
		}
		at = stop + 1;
	}
	return fits;
}

/* ---- keys ---- */

/* A key says itself of what type it is; a line that says otherwise is damaged. */
static bool read_key(const struct known_line *line, struct hv_text *ret_blob)
{
	ret_blob->length = 0;
	if (!base64_decode(line->key.text, line->key.length, ret_blob) || ret_blob->length < 4) {
		return false;
	}
	const unsigned char *head = (const unsigned char *)ret_blob->bytes;
	size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	return length == line->type.length && ret_blob->length - 4 >= length &&
	       memcmp(ret_blob->bytes + 4, line->type.text, length) == 0;
}

static enum key_standing line_says(const struct known_line *line, const char *name,
	const struct host_key *key, struct hv_text *blob)
{
	if (line->mark == MARK_OTHER || !names_fit(line->names, name) || !read_key(line, blob)) {
		return KEY_UNKNOWN;
	}
	bool same = blob->length == key->length && memcmp(blob->bytes, key->blob, key->length) == 0;
	if (line->mark == MARK_REVOKED) {
		return same ? KEY_REVOKED : KEY_UNKNOWN;
	}
	if (same) {
		return KEY_KNOWN;
	}
	return word_is(line->type, key->type) ? KEY_CHANGED : KEY_OTHER_TYPE;
}

/* Calls `see` for every line that has all its parts. */
typedef void (*see_line)(void *context, const struct known_line *line, const char *path, size_t number);

static void each_line(const struct known_hosts *hosts, see_line see, void *context)
{
	for (size_t i = 0; i < hosts->count; i++) {
		const struct known_hosts_file *file = &hosts->files[i];
		const char *end = file->text + file->length;
		size_t number = 1;
		for (const char *at = file->text; at < end; number++) {
			const char *newline = memchr(at, '\n', (size_t)(end - at));
			const char *stop = newline ? newline : end;
			struct known_line line;
			if (cut_line((struct word){at, (size_t)(stop - at)}, &line)) {
				see(context, &line, file->path, number);
			}
			at = stop + 1;
		}
	}
}

struct check {
	const char *name;
	const struct host_key *key;
	struct hv_text blob;
	enum key_standing standing;
	struct key_place place;
};

/* The values of enum key_standing stand in the order of their weight. */
static void check_line(void *context, const struct known_line *line, const char *path, size_t number)
{
	struct check *check = context;
	enum key_standing says = line_says(line, check->name, check->key, &check->blob);
	if (says > check->standing) {
		check->standing = says;
		check->place = (struct key_place){path, number};
	}
}

enum key_standing known_hosts_check(const struct known_hosts *hosts, const char *name,
	const struct host_key *key, struct key_place *ret_place)
{
	struct check check = {.name = name, .key = key, .standing = KEY_UNKNOWN};
	each_line(hosts, check_line, &check);
	hv_text_clear(&check.blob);
	*ret_place = check.place;
	return check.standing;
}

struct types {
	const char *name;
	struct hv_text blob;
	struct hv_text list;
};

static bool list_has(const struct hv_text *list, struct word type)
{
	const char *text = list->bytes ? list->bytes : "";
	for (size_t length; *text; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		if (length == type.length && memcmp(text, type.text, length) == 0) {
			return true;
		}
	}
	return false;
}

static void collect_type(void *context, const struct known_line *line, const char *path, size_t number)
{
	struct types *types = context;
	(void)path;
	(void)number;
	if (line->mark != MARK_NONE || list_has(&types->list, line->type) ||
		!names_fit(line->names, types->name) || !read_key(line, &types->blob) ||
		memchr(line->type.text, ',', line->type.length)) {
		return;
	}
	hv_text_puts(&types->list, types->list.length > 0 ? "," : "");
	hv_text_append(&types->list, line->type.text, line->type.length);
}

char *known_hosts_types(const struct known_hosts *hosts, const char *name)
{
	struct types types = {.name = name};
	each_line(hosts, collect_type, &types);
	hv_text_clear(&types.blob);
	return hv_text_detach(&types.list);
}

/* ---- append ---- */

static void make_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (slash && slash != path) {
		HV_CLEANUP_FREE char *folder = hv_strndup(path, (size_t)(slash - path));
		(void)mkdir(folder, 0700); /* when it is there, or cannot be made, open() tells */
	}
}

/* A last line that was left without its end must not swallow ours. */
static bool needs_newline(int file)
{
	char last = '\n';
	off_t end = lseek(file, 0, SEEK_END);
	return end > 0 && pread(file, &last, 1, end - 1) == 1 && last != '\n';
}

enum hv_status known_hosts_append(
	const char *path, const char *name, const struct host_key *key, struct hv_error *err)
{
	make_folder_of(path);
	int file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0) {
		return hv_error_set(
			err, HV_ERR_IO, "cannot add the host key to '%s': %s", path, strerror(errno));
	}
	HV_CLEANUP(hv_text_clear) struct hv_text line = HV_TEXT_INIT;
	hv_text_printf(&line, "%s%s %s ", needs_newline(file) ? "\n" : "", name, key->type);
	base64_encode(key->blob, key->length, true, &line);
	hv_text_puts(&line, "\n");
	/* One write: two consoles that add at once do not tear each other's lines. */
	bool whole = write(file, line.bytes, line.length) == (ssize_t)line.length;
	int number = whole ? 0 : errno;
	whole = close(file) == 0 && whole;
	if (!whole) {
		return hv_error_set(
			err, HV_ERR_IO, "cannot add the host key to '%s': %s", path, strerror(number));
	}
	return HV_OK;
}
