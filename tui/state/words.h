/* How states and operations are said on the screen: a sign, a word and a role each, one table a kind. */
#ifndef HV_TUI_STATE_WORDS_H
#define HV_TUI_STATE_WORDS_H

#include "backend/backend.h"
#include "tui/theme/glyph.h"
#include "tui/theme/role.h"

struct words {
	enum glyph sign;
	enum role role;
	char text[48];
};

/** What the VM's row says: its operation if one is live (NULL: none), else its state. */
struct words words_vm(const struct hv_vm *vm, const struct hv_operation *operation);
struct words words_vm_state(enum vm_state state);
/** The word alone. */
const char *words_vm_state_word(enum vm_state state);
const char *words_snapshot_word(enum snapshot_state state);
struct words words_host(const struct hv_host *host);
struct words words_snapshot(enum snapshot_state state);
/** State of an operation in the list of jobs. */
struct words words_operation(const struct hv_operation *operation);

/** "disk" or "memory". */
const char *words_type(enum snapshot_type type);
/** What an untracked checkpoint is, for its row: "untracked", "untracked backup" ... */
const char *words_untracked(enum checkpoint_kind kind);
/** "revert to golden-3": what an operation does. Returns `text`. */
const char *words_what(const struct hv_operation *operation, char *text, size_t size);
/** The past of it: "reverted to golden-3". Returns `text`. */
const char *words_done(const struct hv_operation *operation, char *text, size_t size);
/** What the step is about, for people. */
const char *words_step(enum operation_step step);

/** Age in whole minutes at least, so that a screen at rest stays at rest: "<1m", "5m", "12d". */
const char *words_age(int64_t age_us, char text[16]);
/** When words_age() of something that began at `since_us` says something else than at `now_us`. */
int64_t words_age_due(int64_t since_us, int64_t now_us);
/** "0:48", "1:02:03". */
const char *words_elapsed(int64_t elapsed_us, char text[24]);

#endif
