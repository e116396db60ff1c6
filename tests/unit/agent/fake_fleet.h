/*
 * Agents under a virtual clock: transports that exist in memory only, and a listener that writes down what it is told,
 * a line an event.
 */
#ifndef HV_TESTS_FAKE_FLEET_H
#define HV_TESTS_FAKE_FLEET_H

#include "backend/agent/agent.h"
#include "backend/base/text.h"

#define FLEET_MAX 400
#define HELLO                                                                                              \
	"{\"event\":\"Ready\",\"protocol\":1,\"agent\":\"fake 1\",\"host\":{\"name\":\"hv01\",\"guid\":"     \
	"\"00000000-0000-0000-0000-000000000001\",\"hypervisorVersion\":\"10.0\"},"                         \
	"\"capabilities\":[\"export\",\"revert-memory-from-off\",\"of-tomorrow\"]}\n"
#define SOME_OPERATION "11111111-2222-4333-8444-555555555555"
#define SOME_VM "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define VM_OBJECT                                                                                          \
	"{\"vmUuid\":\"" SOME_VM "\",\"vmName\":\"db\",\"state\":\"Running\",\"cpus\":2,"                    \
	"\"memoryBytes\":4294967296,\"parentCheckpoint\":null,\"activity\":null,\"activityPercent\":null,"   \
	"\"volumes\":[],\"checkpoints\":[]}"

/* One connection of a host, as its far end. */
struct fake_transport {
	struct transport base;
	struct fleet *fleet;
	struct transport_callbacks callbacks;
	void *context;
	int64_t host_id;
	struct hv_text incoming; /* not yet delivered */
	struct hv_text errors;
	bool ended;              /* close after `incoming` */
	bool full;               /* takes no bytes */
	struct hv_error reason;
};

struct fleet {
	struct agents *agents;
	struct agents_config config;
	int64_t now_us;
	struct hv_text log;
	struct hv_text sent[FLEET_MAX];             /* all that was written to a host, by id */
	struct fake_transport *open[FLEET_MAX];     /* NULL: not connected */
	int opens[FLEET_MAX];
	int closes;
	bool refuse; /* open() fails */
	/* called from the answer callback, to act from within */
	void (*on_answer)(struct fleet *fleet, int64_t host_id);
	void (*on_lost)(struct fleet *fleet, int64_t host_id);
};

extern const struct agents_listener fleet_listener;

void fleet_init(struct fleet *fleet);
void fleet_clear(struct fleet *fleet);
/** What the far end says; delivered by the next fleet_turn(). */
void fleet_say(struct fleet *fleet, int64_t host_id, const char *text);
void fleet_end(struct fleet *fleet, int64_t host_id, const char *reason);
/** One agents_handle() with what is ready now. */
void fleet_turn(struct fleet *fleet);
/** Let time pass, stopping at each deadline for a turn. Fails when a deadline does not move on. */
void fleet_pass(struct fleet *fleet, int64_t us);
/** Add and bring Up. */
void fleet_up(struct fleet *fleet, int64_t host_id);
/** The log since the last call; valid until the next. */
const char *fleet_log(struct fleet *fleet);

#endif
