/*
 * Hosts that live in the test's own process: checkpoint trees with guest content, a journal (protocol.md), acts that
 * take time, and everything that can go wrong with a link. Deterministic: nothing happens but by a call.
 *
 * A console is one program with its own links to the hosts; several may be attached at once. What a console sends is
 * put into the host's inbox; fake_hosts_step() reads one command, or finishes one act, or delivers one message.
 * The guest is one text on the disk and one in memory ("" when the VM is off).
 */
#ifndef HV_TESTS_SUPPORT_FAKE_HOSTS_H
#define HV_TESTS_SUPPORT_FAKE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "backend/engine/engine.h"

struct fake_hosts;
struct fake_console;

#define FAKE_TEXT 32

struct fake_checkpoint {
	struct hv_uuid id;
	struct hv_uuid parent;
	char name[128];
	bool has_memory;
	int64_t created_us;
	char disk[FAKE_TEXT];
	char memory[FAKE_TEXT];
	int64_t cpus;
	int64_t memory_bytes;
};

/* A disk file on the host; `vm` is who uses it, NULL nobody. A VM's own first disk is no such file. */
struct fake_file {
	struct hv_uuid uuid;
	char path[160];
	int64_t size_bytes;
	char disk[FAKE_TEXT]; /* what is on it */
	const struct fake_vm *vm;
};

/* A volume snapshot: what was on the disk when it was copied. */
struct fake_copy {
	struct hv_uuid id;
	struct hv_uuid volume;
	char name[256];
	char disk[FAKE_TEXT];
	int64_t created_us;
};

struct fake_vm {
	struct hv_uuid uuid;
	char name[64];
	enum vm_state state;
	struct hv_uuid pointer;
	char disk[FAKE_TEXT];
	char memory[FAKE_TEXT];
	struct fake_checkpoint checkpoints[64];
	size_t count;
	/* its newest export (protocol.md): what it holds, and what the host says of it */
	bool unregistered;
	struct hv_uuid export;
	struct fake_vm *exported; /* owned; NULL: none is complete */
	bool export_disks;
	bool export_broken;
	bool export_lies;         /* the host calls it equal, and it is not */
	struct hv_uuid exporting; /* nil: none is being copied */
	int runs;                 /* how often it was started or reverted */
	int64_t cpus;
	int64_t memory_bytes;
	int64_t disk_bytes; /* of its own disk, as the guest sees it */
	struct fake_copy copies[16];
	size_t copy_count;
};

/* What the host may do to the next command of a kind, once. */
enum fake_fault {
	FAKE_REFUSE,        /* answer false with a code, do nothing */
	FAKE_REFUSE_NO_VM,  /* the same, without the VM object */
	FAKE_FAIL_HALFWAY,  /* do the act, answer false all the same */
	FAKE_LOSE_COMMAND,  /* never read it */
	FAKE_LOSE_ANSWER,   /* act, and let the answer vanish */
	FAKE_REPEAT_ANSWER, /* send the answer twice */
	FAKE_NO_VM,         /* answer without the VM object */
	FAKE_EXPORT_LOSES_ONE, /* the copy lacks the newest checkpoint, and the host says that all is well */
};

struct fake_hosts *fake_hosts_new(struct hv_clock clock);
void fake_hosts_free(struct fake_hosts *hosts);
void fake_hosts_add(struct fake_hosts *hosts, int64_t host_id, unsigned capabilities);
/** Borrowed; stays valid. Disk is "disk0"; memory "memory0" when running. */
struct fake_vm *fake_hosts_add_vm(
	struct fake_hosts *hosts, int64_t host_id, const char *name, enum vm_state state);
void fake_hosts_remove_vm(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *uuid);
struct fake_vm *fake_hosts_vm(struct fake_hosts *hosts, int64_t host_id, const char *name);
const struct fake_checkpoint *fake_vm_find(const struct fake_vm *vm, const char *name);

/** A disk file on the host that nobody uses. Borrowed; stays valid. */
struct fake_file *fake_hosts_add_file(
	struct fake_hosts *hosts, int64_t host_id, const char *path, int64_t size_bytes, const char *disk);
struct fake_file *fake_hosts_file(struct fake_hosts *hosts, int64_t host_id, const char *path); /* NULL: none */
/** How many such files the VM uses. */
size_t fake_vm_files(struct fake_hosts *hosts, int64_t host_id, const struct fake_vm *vm);
/** The id of the VM's own disk. */
struct hv_uuid fake_vm_disk(const struct fake_vm *vm);
const struct fake_copy *fake_vm_copy(const struct fake_vm *vm, const char *name); /* NULL: none */
/** Behind hvtree's back; connected consoles hear of it. */
void fake_foreign_copy_delete(struct fake_hosts *hosts, struct fake_vm *vm, const char *name);

/** One thing happens; false when nothing waits. */
bool fake_hosts_step(struct fake_hosts *hosts);
/** Acts take so many steps (with progress after each); 1 at first. */
void fake_hosts_set_duration(struct fake_hosts *hosts, int64_t host_id, int steps);
void fake_hosts_set_fault(struct fake_hosts *hosts, int64_t host_id, enum agent_command_kind kind,
	enum fake_fault fault, enum agent_code code, const char *details);
/** How often an act of this kind was really done, on all hosts. */
int fake_hosts_acts(const struct fake_hosts *hosts, enum agent_command_kind kind);
/** The epoch that the journal of a host holds for an operation's command; 0: it has none. */
int64_t fake_hosts_epoch(struct fake_hosts *hosts, int64_t host_id, const struct hv_uuid *operation,
	enum agent_command_kind kind);
/** Whether an act runs now. */
bool fake_hosts_is_acting(const struct fake_hosts *hosts);
/** How many commands of this kind consoles have sent. */
int fake_hosts_sent(const struct fake_hosts *hosts, enum agent_command_kind kind);
/** Called before and after each send and each delivery; returns true when the console is dead from here on. */
void fake_hosts_set_cut(struct fake_hosts *hosts, bool (*cut)(void *context), void *context);

/** Primary storage goes away, or is back; connected consoles hear of it. */
void fake_hosts_set_storage(struct fake_hosts *hosts, int64_t host_id, bool up);
/** Whatever acted there is gone, and what was copied half. Drop the consoles' links first. */
void fake_hosts_reboot(struct fake_hosts *hosts, int64_t host_id);

/* Behind hvtree's back; connected consoles hear of it. */
void fake_foreign_checkpoint(struct fake_hosts *hosts, struct fake_vm *vm, const char *name);
void fake_foreign_delete(struct fake_hosts *hosts, struct fake_vm *vm, const char *name);
void fake_foreign_revert(struct fake_hosts *hosts, struct fake_vm *vm, const char *name);
void fake_foreign_state(struct fake_hosts *hosts, struct fake_vm *vm, enum vm_state state);

struct fake_console *fake_console_new(struct fake_hosts *hosts);
/** The console dies. What it sent and the host has not read is lost, or still read. */
void fake_console_free(struct fake_console *console, bool unread_is_read);
struct engine_agents fake_console_agents(struct fake_console *console);
void fake_console_attach(struct fake_console *console, struct engine *engine);
/** The host says Ready; the engine hears it at once. */
void fake_console_connect(struct fake_console *console, int64_t host_id);
/** The link breaks; the engine hears it at once. */
void fake_console_drop(struct fake_console *console, int64_t host_id, bool unread_is_read);

#endif
