#include "tests/simulation/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/demo/fleet_file.h"

#define VARIANTS 6

/* Making a state file takes longer than a whole run, so each is made once and then copied. */
struct template
{
	char *bytes;
	size_t length;
};
static struct template host_templates[MOST_HOSTS][VARIANTS];
static struct template store_templates[MOST_HOSTS + 1];

/* Which VMs the host of a variant has: state, disks, whether the guest can be quiesced. */
static const struct {
	const char *state;
	const char *disks;
	const char *production;
	bool foreign; /* has a checkpoint that hvtree did not make */
} variants[VARIANTS][3] = {
	{{"Running", "root:20", "yes", false}, {NULL, NULL, NULL, false}},
	{{"Stopped", "root:20", "yes", false}, {NULL, NULL, NULL, false}},
	{{"Running", "root:20 data:5", "yes", true}, {"Stopped", "root:20", "yes", false}},
	{{"Running", "root:20", "no", false}, {"Running", "root:20", "yes", false}},
	{{"Saved", "root:20", "yes", false}, {"Running", "root:20", "yes", true}},
	{{"Running", "root:20", "yes", false}, {"Stopped", "root:20 data:5", "no", true},
		{"Running", "root:20", "yes", false}},
};

struct sim_options host_options(struct world *world)
{
	return (struct sim_options){.clock = world_clock(world),
		.new_uuid = world_next_uuid,
		.uuid_context = world,
		.relaxed = true};
}

static char *fleet_text(size_t slot, size_t variant)
{
	struct hv_text text = HV_TEXT_INIT;
	hv_text_printf(&text, "[host hv%zu]\ngroup = lab\nfree_gb = 500\n", slot);
	for (size_t i = 0; i < 3 && variants[variant][i].state; i++) {
		hv_text_printf(&text,
			"[vm vm%zu%zu]\nhost = hv%zu\nstate = %s\ndisks = %s\nproduction = "
			"%s\nguest.disk.w = d0\n",
			slot, i, slot, variants[variant][i].state, variants[variant][i].disks,
			variants[variant][i].production);
		if (strcmp(variants[variant][i].state, "Stopped") != 0) {
			hv_text_puts(&text, "guest.memory.w = m0\n");
		}
		if (variants[variant][i].foreign) {
			hv_text_printf(&text,
				"[snapshot vm%zu%zu/theirs]\ntype = Disk\nage = 3d\ntracked = "
				"no\ncurrent = yes\n"
				"guest.disk.w = d0\n",
				slot, i);
		}
	}
	return hv_text_detach(&text);
}

static void read_template(struct world *world, const char *path, struct template *template)
{
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0) {
		world_fail(world, "cannot read '%s'", path);
	} else {
		template->length = (size_t)ftell(file);
		template->bytes = hv_alloc(template->length);
		rewind(file);
		if (fread(template->bytes, 1, template->length, file) != template->length) {
			world_fail(world, "cannot read all of '%s'", path);
		}
	}
	if (file) {
		(void)fclose(file);
	}
}

static void write_template(struct world *world, const char *path, const struct template *template)
{
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(template->bytes, 1, template->length, file) != template->length) {
		world_fail(world, "cannot write '%s'", path);
	}
	if (file && fclose(file) != 0) {
		world_fail(world, "cannot write all of '%s'", path);
	}
}

static void must(struct world *world, enum hv_status status, const struct hv_error *err)
{
	if (status != HV_OK) {
		world_fail(world, "%s", err->text);
	}
}

static void remove_file(const char *path)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-agents"};
	for (size_t i = 0; i < HV_ARRAY_LEN(endings); i++) {
		char name[160];
		(void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
		(void)unlink(name);
	}
}

/* What a template holds must not depend on the seed that happens to need it first. */
static void make_host_template(struct world *world, size_t slot, size_t variant, const char *path)
{
	struct world blank = {
		.now_us = 0, .uuids = (int64_t)(1000000 * (1 + slot * VARIANTS + variant))};
	const struct sim_options options = host_options(&blank);
	HV_CLEANUP_FREE char *text = fleet_text(slot, variant);
	struct fleet fleet;
	struct hv_error err = {0};
	must(world, fleet_read(text, &fleet, &err), &err);
	if (world->failure[0] == '\0') {
		must(world, sim_create(path, &fleet, fleet.hosts[0].name, &options, &err), &err);
		fleet_clear(&fleet);
		read_template(world, path, &host_templates[slot][variant]);
		remove_file(path);
	}
}

static void make_host(struct world *world, size_t slot)
{
	struct simulated_host *host = &world->hosts[slot];
	size_t variant = (size_t)world_below(world, VARIANTS);
	const struct sim_options options = host_options(world);
	struct hv_error err = {0};
	(void)snprintf(host->name, sizeof host->name, "hv%zu", slot);
	(void)snprintf(host->path, sizeof host->path, "%s/hv%zu.db", world->folder, slot);
	if (!host_templates[slot][variant].bytes) {
		make_host_template(world, slot, variant, host->path);
	}
	if (world->failure[0] != '\0') {
		return;
	}
	write_template(world, host->path, &host_templates[slot][variant]);
	must(world, sim_open(host->path, &options, &host->sim, &err), &err);
	if (host->sim) {
		static const int paces[] = {0, 20, 100, 100};
		must(world, sim_set_speed(host->sim, paces[world_below(world, 4)], &err), &err);
		witness_accept(world, host);
	}
}

static void add_host_row(struct world *world, struct store *store, size_t slot)
{
	char name[] = "hv0", group[] = "lab", transport[] = "sim", address[] = "simulated",
	     identity[32];
	struct hv_error err = {0};
	name[2] = (char)('0' + slot);
	(void)snprintf(identity, sizeof identity, "host:%s", name);
	struct host row = {.uuid = hv_uuid_from_text(identity),
		.name = name,
		.group = group,
		.transport = transport,
		.address = address,
		.state = HOST_DISCONNECTED,
		.free_bytes = -1};
	must(world, store->ops->begin(store, &err), &err);
	must(world, store->ops->host_save(store, &row, &err), &err);
	must(world, store->ops->commit(store, &err), &err);
}

static void make_store_template(struct world *world)
{
	struct store *store = NULL;
	struct hv_error err = {0};
	must(world, store_open_sqlite(world->store_path, 0, &store, &err), &err);
	if (!store) {
		return;
	}
	for (size_t i = 0; i < world->host_count; i++) {
		add_host_row(world, store, i);
	}
	store->ops->close(store);
	read_template(world, world->store_path, &store_templates[world->host_count]);
	remove_file(world->store_path);
}

static void make_store(struct world *world)
{
	struct host_list rows = {0};
	struct hv_error err = {0};
	if (!store_templates[world->host_count].bytes) {
		make_store_template(world);
	}
	if (world->failure[0] != '\0') {
		return;
	}
	write_template(world, world->store_path, &store_templates[world->host_count]);
	must(world, store_open_sqlite(world->store_path, 0, &world->store, &err), &err);
	if (!world->store) {
		return;
	}
	must(world, world->store->ops->host_list(world->store, &rows, &err), &err);
	must(world, world->store->ops->begin(world->store, &err), &err);
	for (size_t i = 0; i < rows.count; i++) {
		world->hosts[rows.items[i].name[2] - '0'].id = rows.items[i].id;
		rows.items[i].stop_policy = (enum stop_policy)world_below(world, STOP_POLICY_COUNT);
		must(world, world->store->ops->host_save(world->store, &rows.items[i], &err), &err);
	}
	must(world, world->store->ops->commit(world->store, &err), &err);
	host_list_clear(&rows);
}

void hosts_make(struct world *world)
{
	world->host_count = 1 + (size_t)world_below(world, MOST_HOSTS);
	make_store(world);
	for (size_t i = 0; i < world->host_count && world->failure[0] == '\0'; i++) {
		make_host(world, i);
	}
}

void hosts_clear(struct world *world)
{
	for (size_t i = 0; i < world->host_count; i++) {
		struct simulated_host *host = &world->hosts[i];
		sim_close(host->sim);
		while (host->spare_count > 0) {
			sim_close(host->spare[--host->spare_count]);
		}
		remove_file(world->hosts[i].path);
	}
	if (world->store) {
		world->store->ops->close(world->store);
	}
}

void hosts_forget_templates(void)
{
	for (size_t slot = 0; slot < MOST_HOSTS; slot++) {
		for (size_t variant = 0; variant < VARIANTS; variant++) {
			free(host_templates[slot][variant].bytes);
		}
	}
	for (size_t i = 0; i <= MOST_HOSTS; i++) {
		free(store_templates[i].bytes);
	}
}
