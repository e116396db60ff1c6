/* What ssh_auto.c needs of the libssh2 transport. */
#ifndef HV_TRANSPORT_SSH_KINDS_H
#define HV_TRANSPORT_SSH_KINDS_H

#include <stdbool.h>
#include "backend/transport/ssh.h"

/* Ignored by a transport of another kind. */
void ssh2_answer_host_key(struct transport *transport, enum ssh_host_key_answer answer);
void ssh2_answer_secret(struct transport *transport, const char *secret);
/** Whether the libssh2 that runs signs with RSA and SHA-2. */
bool ssh2_can_rsa(void);

#endif
