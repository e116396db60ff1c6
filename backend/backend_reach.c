/*
 * How a host is reached: a simulated one by a child process, a real one by SSH, which starts the agent there. A training
 * fleet reaches simulated hosts only (U7).
 */
#include "backend/backend_internal.h"

#include <assert.h>
#include <string.h>

#include "backend/hyperv/hyperv.h"
#include "backend/transport/ssh.h"

typedef enum hv_status (*open_by_ssh)(const struct transport_ssh_config *config,
	const struct transport_callbacks *callbacks, void *context, const struct hv_clock *clock,
	struct transport **ret_transport, struct hv_error *err);

/* "sim" is not in it: it is reached in another way. */
static const struct {
	const char *name;
	open_by_ssh open;
} ssh_transports[] = {
	{"auto", transport_ssh_auto_open},
	{"libssh2", transport_ssh2_open},
	{"openssh", transport_openssh_open},
};

static open_by_ssh find_ssh(const char *name)
{
	for (size_t i = 0; i < HV_ARRAY_LEN(ssh_transports); i++) {
		if (strcmp(ssh_transports[i].name, name) == 0) {
			return ssh_transports[i].open;
		}
	}
	return NULL;
}

bool reach_is_ssh(const char *transport)
{
	return find_ssh(transport) != NULL;
}

char *reach_command_setting(const struct hv_uuid *host)
{
	char text[HV_UUID_TEXT_SIZE];
	return hv_sprintf("host_command.%s", hv_uuid_format(host, text));
}

static enum hv_status open_sim(struct hv_backend *backend, const struct known_host *host,
	const struct transport_callbacks *callbacks, void *callback_context,
	struct transport **ret_transport, struct hv_error *err)
{
	/* relative to the store, so that a demo folder can be moved */
	HV_CLEANUP_FREE char *state =
		host->address[0] == '/' ? hv_strdup(host->address)
					: hv_sprintf("%s/%s", backend->store_folder, host->address);
	const char *const argv[] = {backend->sim_program, "--state", state, NULL};
	return transport_process_open(
		argv, callbacks, callback_context, &backend->clock, ret_transport, err);
}

/* The host's own command speaks the protocol by itself; the usual one reads the agent first. */
static enum hv_status open_ssh_host(struct hv_backend *backend, struct known_host *host,
	const struct transport_callbacks *callbacks, void *callback_context,
	struct transport **ret_transport, struct hv_error *err)
{
	HV_CLEANUP_FREE char *setting = reach_command_setting(&host->uuid);
	HV_CLEANUP_FREE char *command = NULL;
	struct transport *transport = NULL;
	enum hv_status status =
		backend->store->ops->setting_get(backend->store, setting, &command, err);
	if (status != HV_OK) {
		return status;
	}
	const struct transport_ssh_config config = {
		.address = host->address,
		.command = command ? command : hyperv_remote_command(),
		.prompts = ask_prompts(host),
		.prompt_context = host,
		.accepted_fingerprint = host->accepted_key,
		.config_file = backend->ssh_config,
	};
	status = find_ssh(host->transport)(
		&config, callbacks, callback_context, &backend->clock, &transport, err);
	if (status == HV_OK && !command) {
		size_t size;
		const char *script = hyperv_agent_script(&size);
		status = transport->ops->write(transport, script, size, err);
	}
	if (status != HV_OK) {
		if (transport) {
			transport->ops->free(transport);
		}
		return status;
	}
	host->asking = config.prompts ? transport : NULL;
	*ret_transport = transport;
	return HV_OK;
}

enum hv_status reach_open(struct hv_backend *backend, struct known_host *host,
	const struct transport_callbacks *callbacks, void *callback_context,
	struct transport **ret_transport, struct hv_error *err)
{
	bool simulated = strcmp(host->transport, "sim") == 0;
	if (backend->demo && !simulated) {
		return hv_error_set(err, HV_ERR_REFUSED,
			"this is a training fleet: it reaches simulated hosts only, never one by "
			"'%s'",
			host->transport);
	}
	if (simulated) {
		return open_sim(
			backend, host, callbacks, callback_context, ret_transport, err);
	}
	if (!reach_is_ssh(host->transport)) {
		return hv_error_set(err, HV_ERR_INVALID,
			"the transport '%s' is not built into this hvtree; it is libssh2, openssh or auto",
			host->transport);
	}
	assert(!backend->demo);
	return open_ssh_host(backend, host, callbacks, callback_context, ret_transport, err);
}
