/*
 * What known_hosts files say about a host's key, read strictly and by OpenSSH's rules: hashed names, comma lists,
 * [host]:port, patterns with * ? and !, @revoked. A line that cannot be understood is skipped, never the rest of the
 * file. Files are only ever appended to.
 */
#ifndef HV_TRANSPORT_KNOWN_HOSTS_H
#define HV_TRANSPORT_KNOWN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include "backend/base/status.h"

#define KNOWN_HOSTS_FILE_MAX (16u << 20)
#define KNOWN_HOSTS_LINE_MAX (64u << 10)

struct known_hosts_file {
	char *path;
	char *text;
	size_t length;
};

/* Some files, as they were when they were read. */
struct known_hosts {
	struct known_hosts_file *files;
	size_t count, capacity;
};

/* What a server showed. */
struct host_key {
	const char *type; /* "ssh-ed25519": as it stands in the key itself */
	const void *blob; /* the key in the form of the wire */
	size_t length;
};

enum key_standing {
	KEY_UNKNOWN,    /* no line names the host */
	KEY_OTHER_TYPE, /* lines name the host, with keys of other types only */
	KEY_CHANGED,    /* a line names the host with another key of this type */
	KEY_KNOWN,
	KEY_REVOKED,
};

/* Where the line stands that decided. */
struct key_place {
	const char *path; /* borrowed from the files; NULL when no line decided */
	size_t line;
};

void known_hosts_clear(struct known_hosts *hosts);
/** A file that does not exist is empty; one that cannot be read is HV_ERR_IO. */
enum hv_status known_hosts_read(struct known_hosts *hosts, const char *path, struct hv_error *err) HV_MUST_CHECK;
/** The same from memory; `path` is for messages. */
void known_hosts_add(struct known_hosts *hosts, const char *path, const char *text, size_t length);

/** "host" or "[host]:port", in lower case: how a host stands in the file. Caller frees. */
char *known_hosts_name(const char *host, unsigned port);

/** @param name of known_hosts_name() */
enum key_standing known_hosts_check(const struct known_hosts *hosts, const char *name,
	const struct host_key *key, struct key_place *ret_place);

/**
 * The types of the keys that are known for a host, each once, separated by commas, in the order of the files; "" when
 * none is. Caller frees.
 */
char *known_hosts_types(const struct known_hosts *hosts, const char *name);

/** Append one line. Makes the file (0600) and its folder (0700) when they are missing. */
enum hv_status known_hosts_append(const char *path, const char *name, const struct host_key *key,
	struct hv_error *err) HV_MUST_CHECK;

#endif
