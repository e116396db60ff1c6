/*
 * The agent that runs on a Hyper-V host, as bytes in this program: nothing is installed there. A transport runs the
 * command line on the host and writes the script as the first bytes of standard input; from then on both sides speak
 * backend/agent/protocol.md. What PowerShell prints before the agent's Ready is noise.
 */
#ifndef HV_HYPERV_H
#define HV_HYPERV_H

#include <stddef.h>

/**
 * The command line that starts the loader. Made of [A-Za-z0-9.+/=-] and blanks only, so that cmd.exe, PowerShell and sh
 * pass it on alike, and shorter than cmd.exe's 8191 characters.
 * A loader that cannot go on says one line {"event":"Refused","code":...,"details":...} and exits with 90 to 93.
 * @return static
 */
const char *hyperv_remote_command(void);

/**
 * What is written to the loader first: the agent's length in decimal, a newline, the agent. ASCII. Nothing may be put
 * between it and the first line of the protocol.
 * @param[out] ret_size  bytes
 * @return static; a NUL follows the bytes
 */
const char *hyperv_agent_script(size_t *ret_size);

#endif
