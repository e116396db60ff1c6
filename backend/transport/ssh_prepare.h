/*
 * Everything about a host that is read before it is called: configuration, known hosts, keys, addresses. Blocks, so it
 * is a worker's task.
 */
#ifndef HV_TRANSPORT_SSH_PREPARE_H
#define HV_TRANSPORT_SSH_PREPARE_H

#include <netdb.h>
#include "backend/transport/known_hosts.h"
#include "backend/transport/ssh.h"
#include "backend/transport/ssh_key_file.h"
#include "backend/transport/ssh_target.h"
#include "backend/transport/worker.h"

#define SSH_ADDRESSES_MAX 16

struct ssh_prepared {
	/* asked for */
	struct ssh_address address;
	char *ssh_program; /* NULL: there is none */
	char *config_file;
	bool only_target; /* neither keys nor addresses */
	bool can_rsa; /* the library signs with RSA and SHA-2 */
	/* found */
	enum hv_status status; /* HV_OK, or `error` says why it cannot be called */
	struct hv_error error;
	struct ssh_target target;
	struct known_hosts known;
	struct ssh_key_file keys[SSH_PATHS_MAX]; /* that exist and can be used, in the order of the configuration */
	size_t key_count;
	struct hv_text unusable; /* sentences about keys that exist and cannot be used */
	struct addrinfo *addresses;
	const struct addrinfo *order[SSH_ADDRESSES_MAX]; /* in which they are called: the two families take turns */
	size_t address_count;
};

extern const struct worker_task ssh_prepare_task; /* its data is a struct ssh_prepared */

enum hv_status ssh_prepared_new(const struct transport_ssh_config *config,
	struct ssh_prepared **ret_prepared, struct hv_error *err) HV_MUST_CHECK;
void ssh_prepared_free(struct ssh_prepared *prepared); /* NULL is legal */

/** Why the system's ssh is needed for this host; NULL when libssh2 can do it. Borrowed text. */
const char *ssh_prepared_needs_openssh(const struct ssh_prepared *prepared);

/** ssh of $PATH; NULL when there is none. Caller frees. */
char *ssh_find_program(void);

#endif
