#include "tui/config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/memory.h"
#include "tui/config/ini_reader.h"

#define GROUP_PREFIX "group "
#define GROUPS_MAX 1000

static const char *const level_names[] = {
	[CONFIRM_FORM] = "form",
	[CONFIRM_DIALOG] = "dialog",
	[CONFIRM_NAME] = "name",
};
static_assert(HV_ARRAY_LEN(level_names) == CONFIRM_LEVEL_COUNT, "a name for every level");

struct reader {
	struct config *config;
	struct hv_text *problems;
	struct hv_text keys;
	int keys_line; /* lines that `keys` has */
};

const char *confirm_level_name(enum confirm_level level)
{
	return level_names[level];
}

void config_clear(struct config *config)
{
	for (int i = 0; i < SETTING_COUNT; i++) {
		free(config->values[i]);
	}
	for (size_t i = 0; i < config->group_count; i++) {
		free(config->groups[i].group);
		free(config->groups[i].theme);
	}
	free(config->groups);
	free(config->keys);
	*config = (struct config)CONFIG_INIT;
}

static struct group_policy *add_group(struct config *config, const char *name)
{
	HV_GROW(config->groups, config->group_count, config->group_capacity);
	struct group_policy *group = &config->groups[config->group_count++];
	*group = (struct group_policy){.group = hv_strdup(name), .confirm = CONFIRM_DIALOG};
	return group;
}

void config_copy(struct config *to, const struct config *from)
{
	*to = (struct config)CONFIG_INIT;
	for (int i = 0; i < SETTING_COUNT; i++) {
		to->values[i] = hv_strdup_null(from->values[i]);
	}
	for (size_t i = 0; i < from->group_count; i++) {
		struct group_policy *group = add_group(to, from->groups[i].group);
		group->read_only = from->groups[i].read_only;
		group->confirm = from->groups[i].confirm;
		group->theme = hv_strdup_null(from->groups[i].theme);
	}
	to->keys = hv_strdup_null(from->keys);
}

/* ---- reading ---- */

static void read_setting(struct reader *reader, const struct ini_place *place, const char *section, const char *key,
	const char *value)
{
	struct hv_error error;
	enum setting setting = setting_find(section, key);
	if (setting == SETTING_COUNT) {
		ini_problem(reader->problems, place, section, key, "there is no such setting");
	} else if (setting_check(setting, value, &error) != HV_OK) {
		ini_problem(reader->problems, place, section, key, "%s; '%s' is used", error.text,
			config_text(reader->config, setting));
	} else {
		config_set(reader->config, setting, value);
	}
}

static struct group_policy *find_group(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->group_count; i++) {
		if (strcmp(config->groups[i].group, name) == 0) {
			return &config->groups[i];
		}
	}
	return NULL;
}

/* A policy that is not understood must not become a milder one: read-only, and the severest confirmation. */
static void read_group(struct reader *reader, const struct ini_place *place, const char *section, const char *key,
	const char *value)
{
	const char *name = section + strlen(GROUP_PREFIX);
	struct group_policy *group = find_group(reader->config, name);
	if (group == NULL && reader->config->group_count == GROUPS_MAX) {
		ini_problem(reader->problems, place, section, key, "more than %d groups", GROUPS_MAX);
		return;
	}
	group = group ? group : add_group(reader->config, name);
	if (strcmp(key, "read_only") == 0) {
		group->read_only = strcmp(value, "no") != 0;
		if (group->read_only && strcmp(value, "yes") != 0) {
			ini_problem(reader->problems, place, section, key,
				"'%s' is neither yes nor no; the group is read-only", value);
		}
	} else if (strcmp(key, "confirm") == 0) {
		int level = 0;
		while (level < CONFIRM_LEVEL_COUNT && strcmp(level_names[level], value) != 0) {
			level++;
		}
		if (level == CONFIRM_LEVEL_COUNT) {
			level = CONFIRM_NAME;
			ini_problem(reader->problems, place, section, key,
				"'%s' is none of form, dialog and name; 'name' is used", value);
		}
		group->confirm = (enum confirm_level)level;
	} else if (strcmp(key, "theme") == 0) {
		hv_replace_string(&group->theme, value[0] != '\0' ? value : NULL);
	} else {
		ini_problem(reader->problems, place, section, key,
			"no such key; a group has read_only, confirm and theme");
	}
}

/* Kept on their lines, so that what the keymap says of a line is true of the file. */
static void read_key(struct reader *reader, const struct ini_place *place, const char *key, const char *value)
{
	for (; reader->keys_line < place->line - 1; reader->keys_line++) {
		hv_text_puts(&reader->keys, "\n");
	}
	hv_text_printf(&reader->keys, "%s = %s\n", key, value);
	reader->keys_line = place->line;
}

static void on_pair(void *context, const struct ini_place *place, const char *section, const char *key,
	const char *value)
{
	struct reader *reader = context;
	if (strcmp(section, "keys") == 0) {
		read_key(reader, place, key, value);
	} else if (strncmp(section, GROUP_PREFIX, strlen(GROUP_PREFIX)) == 0) {
		read_group(reader, place, section, key, value);
	} else {
		read_setting(reader, place, section, key, value);
	}
}

void config_read(struct config *config, const char *file, const char *text, struct hv_text *problems)
{
	struct reader reader = {.config = config, .problems = problems};
	const struct ini_handler handler = {.context = &reader, .problems = problems, .pair = on_pair};
	ini_read(file, text, &handler);
	free(config->keys);
	config->keys = reader.keys.length > 0 ? hv_text_detach(&reader.keys) : NULL;
	hv_text_clear(&reader.keys);
}

/* ---- asking ---- */

const char *config_text(const struct config *config, enum setting setting)
{
	return config->values[setting] ? config->values[setting] : setting_row(setting)->value;
}

bool config_is(const struct config *config, enum setting setting)
{
	return strcmp(config_text(config, setting), "yes") == 0;
}

int64_t config_number(const struct config *config, enum setting setting)
{
	int64_t number = 0;
	const char *text = config_text(config, setting);
	if (setting_row(setting)->type == SETTING_TYPE_AGE) {
		(void)hv_parse_age(text, &number); /* checked when it was set */
		return number;
	}
	return strtoll(text, NULL, 10);
}

void config_set(struct config *config, enum setting setting, const char *value)
{
	hv_replace_string(&config->values[setting], value);
}

const struct group_policy *config_group(const struct config *config, const char *group)
{
	static const struct group_policy none = {.confirm = CONFIRM_DIALOG};
	const struct group_policy *found = group ? find_group(config, group) : NULL;
	return found ? found : &none;
}
