#include "tui/batch/command.h"

#include <assert.h>

#include "tui/batch/commands.h"
#include "backend/backend.h"

static const struct option_row option_rows[] = {
	[OPTION_JSON] = {"json", 'j', NULL, OPTION_TYPE_FLAG, "print JSON on standard output; what scripts should read"},
	[OPTION_DEMO] = {"demo", 0, "DIR", OPTION_TYPE_FOLDER,
		"use the simulated fleet in DIR, made when missing; without DIR a new one that goes away"},
	[OPTION_STORE] = {"store", 0, "FILE", OPTION_TYPE_TEXT,
		"use this store instead of the user's own (or the demo's)"},
	[OPTION_NO_WAIT] = {"no-wait", 0, NULL, OPTION_TYPE_FLAG,
		"return when the act is under way instead of waiting for its outcome"},
	[OPTION_YES] = {"yes", 'y', NULL, OPTION_TYPE_FLAG, "do not ask before an act that loses something"},
	[OPTION_HELP] = {"help", 'h', NULL, OPTION_TYPE_FLAG, "print this help"},
	[OPTION_VERSION] = {"version", 0, NULL, OPTION_TYPE_FLAG, "print the version of the program"},
	[OPTION_DRY_RUN] = {"dry-run", 'n', NULL, OPTION_TYPE_FLAG,
		"print what would be done, lost and kept, and change nothing"},
	[OPTION_WRITE] = {"write", 0, "REASON", OPTION_TYPE_TEXT,
		"allow it in a group that the configuration makes read-only; the reason is logged"},
	[OPTION_NAME] = {"name", 0, "NAME", OPTION_TYPE_TEXT,
		"display name, unique in the VM's tree; generated when not given"},
	[OPTION_DESCRIPTION] = {"description", 0, "TEXT", OPTION_TYPE_TEXT, "why it was taken, until when it is needed"},
	[OPTION_MEMORY] = {"memory", 0, NULL, OPTION_TYPE_FLAG,
		"also CPU and memory (type DiskAndMemory); the VM must be running"},
	[OPTION_QUIESCE] = {"quiesce", 0, NULL, OPTION_TYPE_FLAG, "have the guest bring its disks to rest first"},
	[OPTION_ALL] = {"all", 0, NULL, OPTION_TYPE_FLAG, "all snapshots of the VM"},
	[OPTION_CHILDREN] = {"children", 0, NULL, OPTION_TYPE_FLAG, "also everything below it in the tree"},
	[OPTION_FORCE] = {"force", 0, NULL, OPTION_TYPE_FLAG,
		"turn off without a shutdown; the guest loses what it has not written"},
	[OPTION_SAFETY] = {"safety", 0, NULL, OPTION_TYPE_FLAG,
		"take a safety snapshot first and go on only if that succeeds; this is the default"},
	[OPTION_NO_SAFETY] = {"no-safety", 0, NULL, OPTION_TYPE_FLAG,
		"take none: what the VM holds now is lost for good"},
	[OPTION_NEW_NAME] = {"name", 0, "NAME", OPTION_TYPE_TEXT, "the display name that it shall have"},
	[OPTION_NEW_DESCRIPTION] = {
		"description", 0, "TEXT", OPTION_TYPE_TEXT, "the description that it shall have; '' for none"},
	[OPTION_QUEUE] = {"queue", 0, NULL, OPTION_TYPE_FLAG,
		"wait behind what runs on the VM instead of being refused"},
	[OPTION_PATH] = {"path", 0, "PATH", OPTION_TYPE_TEXT, "the disk file on the host: D:\\disks\\data.vhdx"},
	[OPTION_SIZE] = {"size", 0, "SIZE", OPTION_TYPE_SIZE, "as the guest sees it: 512M, 40G or 2T"},
	[OPTION_OFFERING] = {"offering", 0, "NAME", OPTION_TYPE_TEXT, "one that 'offering list' names"},
	[OPTION_COPY_NAME] = {"name", 0, "NAME", OPTION_TYPE_TEXT, "generated when not given"},
	[OPTION_CPUS] = {"cpus", 0, "NUMBER", OPTION_TYPE_NUMBER, "virtual processors"},
	[OPTION_RAM] = {"ram", 0, "SIZE", OPTION_TYPE_SIZE, "memory: 512M or 16G"},
	[OPTION_ENABLE] = {"enable", 0, NULL, OPTION_TYPE_FLAG, "VM snapshots may be taken"},
	[OPTION_DISABLE] = {"disable", 0, NULL, OPTION_TYPE_FLAG, "no VM snapshot is taken; those that exist stay"},
	[OPTION_VM] = {"vm", 0, "VM", OPTION_TYPE_TEXT, "of this VM only"},
	[OPTION_ACCOUNT] = {"account", 0, "NAME", OPTION_TYPE_TEXT, "of this account only"},
	[OPTION_DOMAIN] = {"domain", 0, "PATH", OPTION_TYPE_TEXT, "of this domain only"},
	[OPTION_RECURSIVE] = {"recursive", 0, NULL, OPTION_TYPE_FLAG, "also of the domains below it"},
	[OPTION_HOST] = {"host", 0, "HOST", OPTION_TYPE_TEXT, "on this host only"},
	[OPTION_VM_STATE] = {"state", 0, "STATE", OPTION_TYPE_VM_STATE, "in this state: Running, Stopped, Saved, Paused, ..."},
	[OPTION_VM_NAME] = {"name", 0, "NAME", OPTION_TYPE_TEXT, "with exactly this name"},
	[OPTION_VM_KEYWORD] = {"keyword", 0, "WORD", OPTION_TYPE_TEXT,
		"with this text in its name or its offering's, in any letter case"},
	[OPTION_WITH_SNAPSHOTS] = {"with-snapshots", 0, NULL, OPTION_TYPE_FLAG, "only those that have snapshots"},
	[OPTION_WITHOUT_SNAPSHOTS] = {"without-snapshots", 0, NULL, OPTION_TYPE_FLAG, "only those that have none"},
	[OPTION_SORT] = {"sort", 0, "ORDER", OPTION_TYPE_VM_SORT,
		"by place, name, state, snapshots, chain, size or oldest; -size begins with the largest"},
	[OPTION_OLDEST_FIRST] = {"oldest-first", 0, NULL, OPTION_TYPE_FLAG, "the oldest first instead of the newest"},
	[OPTION_STATE] = {"state", 0, "STATE", OPTION_TYPE_SNAPSHOT_STATE,
		"in this state: Allocated, Creating, Ready, Reverting, Expunging, Removed or Error"},
	[OPTION_TYPE] = {"type", 0, "TYPE", OPTION_TYPE_SNAPSHOT_TYPE, "of this type: Disk or DiskAndMemory"},
	[OPTION_NAME_FILTER] = {"name", 0, "NAME", OPTION_TYPE_TEXT, "with exactly this display name"},
	[OPTION_ID] = {"id", 0, "UUID", OPTION_TYPE_UUID, "with this id; may be given several times"},
	[OPTION_KEYWORD] = {"keyword", 'k', "WORD", OPTION_TYPE_TEXT,
		"with this text in a name or the description, in any letter case"},
	[OPTION_OLDER_THAN] = {"older-than", 0, "AGE", OPTION_TYPE_AGE, "older than this: 90s, 15m, 12h, 30d or 2w"},
	[OPTION_PAGE] = {"page", 0, "NUMBER", OPTION_TYPE_NUMBER, "only this page, from 1"},
	[OPTION_PAGE_SIZE] = {"page-size", 0, "ROWS", OPTION_TYPE_NUMBER, "rows a page; 500 when not given"},
	[OPTION_WHO] = {"who", 0, "USER", OPTION_TYPE_TEXT, "asked for by this user only"},
	[OPTION_WHAT] = {"what", 0, "WHAT", OPTION_TYPE_TEXT, "of this kind only, as the list names it: CreateSnapshot"},
	[OPTION_SINCE] = {"since", 0, "AGE", OPTION_TYPE_AGE, "not older than this: 90s, 15m, 12h, 30d or 2w"},
	[OPTION_FAILED] = {"failed", 0, NULL, OPTION_TYPE_FLAG, "only what failed, or was refused or taken back"},
	[OPTION_ROLE] = {"role", 0, "ROLE", OPTION_TYPE_ROLE,
		"Viewer changes nothing, Operator what it sees, Administrator everything"},
	[OPTION_USER] = {"user", 0, "USER", OPTION_TYPE_TEXT,
		"the operating-system user who acts as this account; '' for nobody"},
	[OPTION_ACCOUNT_DOMAIN] = {"domain", 0, "PATH", OPTION_TYPE_TEXT, "the account's domain, such as /prod/web"},
	[OPTION_TO_ACCOUNT] = {"account", 0, "NAME", OPTION_TYPE_TEXT, "the account that it shall belong to"},
	[OPTION_HOST_NAME] = {"name", 0, "NAME", OPTION_TYPE_TEXT, "what the host is called here; its address when not given"},
	[OPTION_GROUP] = {"group", 0, "GROUP", OPTION_TYPE_TEXT, "the group of the tree that it stands in"},
	[OPTION_TRANSPORT] = {"transport", 0, "NAME", OPTION_TYPE_TEXT,
		"libssh2, openssh (the system's ssh), or auto, which takes the one that the configuration needs"},
	[OPTION_COMMAND] = {"command", 0, "COMMAND", OPTION_TYPE_TEXT,
		"what runs on the host instead of the agent that hvtree sends there"},
	[OPTION_ACCEPT_KEY] = {"accept-host-key", 0, "SHA256:...", OPTION_TYPE_TEXT,
		"trust the host's key if it has this fingerprint and none is known, and remember it"},
	[OPTION_STOP_POLICY] = {"stop-policy", 0, "POLICY", OPTION_TYPE_STOP_POLICY,
		"what becomes of a VM that is stopped: keep, export or export-at-snapshot"},
};
static_assert(HV_ARRAY_LEN(option_rows) == OPTION_COUNT, "a row for every option");
static_assert(OPTION_COUNT <= 64, "options of a command are a bit mask");

#define BIT(option) (UINT64_C(1) << (option))
#define GLOBAL                                                                                             \
	(BIT(OPTION_JSON) | BIT(OPTION_DEMO) | BIT(OPTION_STORE) | BIT(OPTION_NO_WAIT) | BIT(OPTION_YES) | \
		BIT(OPTION_HELP))
#define FILTERS                                                                                            \
	(BIT(OPTION_VM) | BIT(OPTION_ACCOUNT) | BIT(OPTION_DOMAIN) | BIT(OPTION_RECURSIVE) |               \
		BIT(OPTION_STATE) | BIT(OPTION_TYPE) | BIT(OPTION_NAME_FILTER) | BIT(OPTION_ID) |          \
		BIT(OPTION_KEYWORD) | BIT(OPTION_OLDER_THAN) | BIT(OPTION_PAGE) | BIT(OPTION_PAGE_SIZE) |\
		BIT(OPTION_OLDEST_FIRST))

/* What changes a VM can be tried, has a reason, and can wait for its turn (X1). */
#define ACT (BIT(OPTION_DRY_RUN) | BIT(OPTION_WRITE) | BIT(OPTION_QUEUE))
#define REVERTS (ACT | BIT(OPTION_SAFETY) | BIT(OPTION_NO_SAFETY))

static const struct command commands[] = {
	{"snapshot list", "", 0, 0, FILTERS, false, "list snapshots, newest first",
		"All filters that are given must hold. `count` in the JSON is the number that fit, not the rows of the "
		"page.",
		command_snapshot_list},
	{"snapshot show", "[VM] SNAPSHOT", 1, 2, 0, false, "show one snapshot and what can be done with it", NULL,
		command_snapshot_show},
	{"snapshot create", "VM", 1, 1,
		BIT(OPTION_NAME) | BIT(OPTION_DESCRIPTION) | BIT(OPTION_MEMORY) | BIT(OPTION_QUIESCE) |
			ACT,
		false, "take a snapshot of a VM", "Without --memory it holds the VM's disks only (type Disk).",
		command_snapshot_create},
	{"snapshot revert", "VM SNAPSHOT", 2, 2, REVERTS, false, "bring a VM back to a snapshot",
		"What the VM has done since is kept in a safety snapshot only, and lost with --no-safety; no snapshot is "
		"lost. After a revert to a DiskAndMemory snapshot the VM is Running, after one to a Disk snapshot it is "
		"Stopped. Asks on a terminal, needs --yes elsewhere.",
		command_snapshot_revert},
	{"snapshot undo", "VM", 1, 1, REVERTS, false, "undo the last revert of a VM",
		"Reverts to the safety snapshot that the last revert took, as long as that exists and is Ready. It takes "
		"a safety snapshot of its own. Asks on a terminal, needs --yes elsewhere.",
		command_snapshot_undo},
	{"snapshot delete", "VM [SNAPSHOT]", 1, 2, BIT(OPTION_ALL) | BIT(OPTION_CHILDREN) | ACT,
		false, "delete a snapshot, a part of the tree, or all",
		"The VM's running state and all other snapshots keep what they hold. Done when the host has merged "
		"the disks. Asks on a terminal, needs --yes elsewhere.",
		command_snapshot_delete},
	{"snapshot edit", "VM SNAPSHOT", 2, 2,
		BIT(OPTION_NEW_NAME) | BIT(OPTION_NEW_DESCRIPTION) | BIT(OPTION_WRITE), false,
		"change the display name or the description of a snapshot",
		"Nothing changes on the host. What was there before stands in the log.", command_snapshot_edit},
	{"snapshot verify", "VM [SNAPSHOT]", 1, 2, 0, false, "ask the VM's host what is true of its snapshots",
		"Settles what is Unknown, waits for what runs, and tells each snapshot as it is then, also one that is gone from "
		"the host.",
		command_snapshot_verify},
	{"tree", "[VM...]", 0, OPERANDS_ANY, 0, false, "draw groups, hosts, VMs and their snapshot trees",
		"`*` marks the current snapshot, `now` the running state. Untracked rows are checkpoints that were made "
		"outside hvtree; it never changes them.",
		command_tree},
	{"vm list", "", 0, 0,
		BIT(OPTION_HOST) | BIT(OPTION_ACCOUNT) | BIT(OPTION_DOMAIN) | BIT(OPTION_RECURSIVE) |
			BIT(OPTION_VM_STATE) | BIT(OPTION_VM_NAME) | BIT(OPTION_ID) | BIT(OPTION_VM_KEYWORD) |
			BIT(OPTION_WITH_SNAPSHOTS) | BIT(OPTION_WITHOUT_SNAPSHOTS) | BIT(OPTION_OLDER_THAN) |
			BIT(OPTION_SORT) | BIT(OPTION_PAGE) | BIT(OPTION_PAGE_SIZE),
		false, "list VMs",
		"All filters that are given must hold; --older-than is about the VM's oldest snapshot. `count` in the JSON is "
		"the number that fit, not the rows of the page.",
		command_vm_list},
	{"vm show", "VM", 1, 1, 0, false, "show a VM, its disks, and what can be done with it", NULL, command_vm_show},
	{"vm start", "VM", 1, 1, ACT, false, "start a VM", NULL, command_vm_start},
	{"vm stop", "VM", 1, 1, BIT(OPTION_FORCE) | ACT, false, "shut a VM down",
		"What becomes of it then is its host's stop policy; see 'host set'. With --force it is turned off: asks on a "
		"terminal, needs --yes elsewhere.",
		command_vm_stop},
	{"vm destroy", "VM", 1, 1, ACT, false, "destroy a VM with its disks and all its snapshots",
		"For good: its export goes as well, its volume snapshots stay. Asks on a terminal, needs --yes elsewhere.",
		command_vm_destroy},
	{"vm attach", "VM", 1, 1, BIT(OPTION_PATH) | BIT(OPTION_SIZE) | ACT, false,
		"give a VM the disk that a file of its host holds",
		"With --size the file is made when there is none. Refused while the VM has any checkpoint.",
		command_vm_attach},
	{"vm detach", "VM VOLUME", 2, 2, ACT, false, "take a disk off a VM; its file stays on the host",
		"Refused while the VM has any checkpoint.", command_vm_detach},
	{"vm resize", "VM VOLUME", 2, 2, BIT(OPTION_SIZE) | ACT, false, "make a disk of a stopped VM larger",
		"Refused while the VM has any checkpoint. The guest's file system is not changed.", command_vm_resize},
	{"vm scale", "VM", 1, 1, BIT(OPTION_OFFERING) | ACT, false, "give a stopped VM another offering",
		"Its memory snapshots are discarded: --dry-run names them, and it asks on a terminal, or needs --yes, when "
		"there are any. Disk snapshots stay, and a revert to one brings its offering back.",
		command_vm_scale},
	{"volume-snapshot list", "", 0, 0,
		BIT(OPTION_VM) | BIT(OPTION_ACCOUNT) | BIT(OPTION_DOMAIN) | BIT(OPTION_RECURSIVE) | BIT(OPTION_STATE) |
			BIT(OPTION_NAME_FILTER) | BIT(OPTION_ID) | BIT(OPTION_KEYWORD) | BIT(OPTION_OLDER_THAN) |
			BIT(OPTION_PAGE) | BIT(OPTION_PAGE_SIZE),
		false, "list copies of single disks, newest first",
		"All filters that are given must hold. `count` in the JSON is the number that fit, not the rows of the page.",
		command_copy_list},
	{"volume-snapshot create", "VM [VOLUME]", 1, 2, BIT(OPTION_COPY_NAME) | ACT, false,
		"copy one disk of a stopped VM", "VOLUME may be left out when the VM has one only.", command_copy_create},
	{"volume-snapshot delete", "VM VOLUME-SNAPSHOT", 2, 2, ACT, false, "delete a copy of a disk",
		"Asks on a terminal, needs --yes elsewhere.", command_copy_delete},
	{"offering list", "", 0, 0, 0, false, "list offerings: the sizes that VMs may have", NULL, command_offering_list},
	{"offering add", "NAME", 1, 1, BIT(OPTION_CPUS) | BIT(OPTION_RAM), false, "make an offering",
		"For administrators; written into the log.", command_offering_add},
	{"offering remove", "NAME", 1, 1, 0, false, "remove an offering that no VM and no snapshot has",
		"For administrators; written into the log.", command_offering_remove},
	{"capabilities list", "", 0, 0, 0, false, "list on which versions of the hypervisor VM snapshots are taken", NULL,
		command_capabilities_list},
	{"capabilities set", "VERSION", 1, 1, BIT(OPTION_ENABLE) | BIT(OPTION_DISABLE), false,
		"enable or disable VM snapshots on a version of the hypervisor",
		"VERSION is as 'host list --json' tells it, or 'default' for all others. For administrators; written into the "
		"log.",
		command_capabilities_set},
	{"host list", "", 0, 0, BIT(OPTION_GROUP) | BIT(OPTION_KEYWORD), false, "list hosts", NULL, command_host_list},
	{"host add", "[USER@]HOST[:PORT]", 1, 1,
		BIT(OPTION_HOST_NAME) | BIT(OPTION_GROUP) | BIT(OPTION_TRANSPORT) | BIT(OPTION_COMMAND) |
			BIT(OPTION_ACCEPT_KEY) | BIT(OPTION_STOP_POLICY),
		false, "add a Hyper-V host that is reached by SSH, and check it",
		"User, port and keys come from the configuration of ssh where they are not given. With --no-wait it is "
		"only added.",
		command_host_add},
	{"host check", "HOST", 1, 1, BIT(OPTION_ACCEPT_KEY), false,
		"reach a host, log in, start its agent and read what it holds",
		"The first step that fails says what to do about it.", command_host_check},
	{"host set", "HOST", 1, 1, BIT(OPTION_STOP_POLICY) | BIT(OPTION_WRITE), false,
		"change what becomes of VMs that are stopped on a host",
		"keep: a stopped VM stays on the host with its snapshots. export: it is exported in the background and, when "
		"the export is proven, taken off the host; a start brings it back with its snapshots. export-at-snapshot: "
		"the same, and every snapshot exports, so that a stop has less to do.",
		command_host_set},
	{"host remove", "HOST", 1, 1, BIT(OPTION_WRITE), false, "forget a host and its VMs",
		"Nothing changes on the host. Needs --yes.", command_host_remove},
	{"sync", "[HOST]", 0, 1, 0, false, "ask the hosts what is true and settle what is open",
		"Connects to the host (all hosts when none is named), reads what it holds, and finishes operations that "
		"another console left behind.",
		command_sync},
	{"account list", "", 0, 0, 0, false, "list accounts: who may see and change what", NULL, command_account_list},
	{"account add", "NAME", 1, 1, BIT(OPTION_ACCOUNT_DOMAIN) | BIT(OPTION_ROLE) | BIT(OPTION_USER), false,
		"make an account",
		"Its domain is made when missing, and is / when not given; it is an Operator's when no role is given. An "
		"account sees its own VMs and those of its domain and the domains below; an Administrator sees all.",
		command_account_add},
	{"account set", "NAME", 1, 1, BIT(OPTION_ACCOUNT_DOMAIN) | BIT(OPTION_ROLE) | BIT(OPTION_USER), false,
		"change an account's role or user", "A user acts as one account: the one that was given last.",
		command_account_set},
	{"account remove", "NAME", 1, 1, BIT(OPTION_ACCOUNT_DOMAIN), false, "remove an account that owns nothing", NULL,
		command_account_remove},
	{"vm assign", "VM", 1, 1, BIT(OPTION_TO_ACCOUNT) | BIT(OPTION_ACCOUNT_DOMAIN) | BIT(OPTION_WRITE), false,
		"give a VM with its snapshots to an account", NULL, command_vm_assign},
	{"log", "", 0, 0,
		BIT(OPTION_VM) | BIT(OPTION_WHO) | BIT(OPTION_WHAT) | BIT(OPTION_SINCE) | BIT(OPTION_FAILED) |
			BIT(OPTION_PAGE) | BIT(OPTION_PAGE_SIZE),
		false, "list who changed what, from where, and how it ended, newest first",
		"A change has two rows: when it was requested, and its outcome. All filters that are given must hold.",
		command_log},
	{"settings list", "", 0, 0, 0, false, "list the settings of the store",
		"They hold for every console on the store. How one console looks is in $XDG_CONFIG_HOME/hvtree/config; F2 in "
		"the console changes it.",
		command_settings_list},
	{"settings set", "NAME [VALUE]", 1, 2, 0, false, "change a setting of the store",
		"Without VALUE it is again as when nobody had set it. For administrators; written into the log.",
		command_settings_set},
	{"theme list", "", 0, 0, 0, true, "list the themes that there are",
		"Files of the user and of the machine are found by their names and stand before built-in ones of the same "
		"name. An overlay is laid over another theme: by the demo, or for a group by the configuration.",
		command_theme_list},
	{"theme check", "FILE", 1, 1, 0, true, "say what is wrong with a theme",
		"Mistakes with their line, contrast below what the theme promises, and roles that look the same in some "
		"number of colours or to people who do not see red and green. FILE may also be the name of a theme.",
		command_theme_check},
	{"theme show", "NAME", 1, 1, 0, true, "show how every role of a theme looks", NULL, command_theme_show},
	{"completion", "SHELL", 1, 1, 0, true, "print what completes hvtree's command line in bash, zsh or fish",
		"For example: source <(hvtree completion bash).", command_completion},
	{"manual", "", 0, 0, 0, true, "print the manual page, for man -l", NULL, command_manual},
	{"help", "[COMMAND]", 0, 2, 0, true, "print help", NULL, command_help},
};

const struct option_row *option_row(enum option_id id)
{
	return &option_rows[id];
}

bool command_takes(const struct command *command, enum option_id id)
{
	uint64_t options = command ? command->options | GLOBAL : GLOBAL | BIT(OPTION_VERSION);
	return (options & BIT(id)) != 0;
}

const struct command *command_table(size_t *ret_count)
{
	*ret_count = HV_ARRAY_LEN(commands);
	return commands;
}
