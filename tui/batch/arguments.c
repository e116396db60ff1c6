#include "tui/batch/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/batch/suggest.h"

/* One argument that begins with a dash, cut into its parts. */
struct option_word {
	const char *text;   /* as it was typed */
	const char *name;   /* without dashes; not terminated */
	size_t name_length;
	const char *value;  /* behind '=', else NULL */
	char letter;        /* of "-x", else 0 */
};

static bool is_option(const char *text)
{
	return text[0] == '-' && text[1] != '\0';
}

static struct option_word cut_option(const char *text)
{
	struct option_word word = {.text = text};
	if (text[1] != '-') {
		word.letter = text[1];
		word.value = text[2] == '=' ? text + 3 : text[2] != '\0' ? text + 2 : NULL;
		return word;
	}
	word.name = text + 2;
	word.name_length = strcspn(word.name, "=");
	word.value = word.name[word.name_length] == '=' ? word.name + word.name_length + 1 : NULL;
	return word;
}

static bool is_named(const struct option_word *word, const struct option_row *row)
{
	if (word->letter) {
		return row->short_name == word->letter;
	}
	return strlen(row->name) == word->name_length && strncmp(row->name, word->name, word->name_length) == 0;
}

/* The option that `command` calls so; with `any`, the first one of any command. */
static bool find_option(
	const struct option_word *word, const struct command *command, bool any, enum option_id *ret_id)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		if (is_named(word, option_row((enum option_id)id)) &&
			(any || command_takes(command, (enum option_id)id))) {
			*ret_id = (enum option_id)id;
			return true;
		}
	}
	return false;
}

static bool takes_next_word(const struct option_row *row)
{
	return row->type != OPTION_TYPE_FLAG && row->type != OPTION_TYPE_FOLDER;
}

/* Error texts show only what is safe to show. */
static char *safe_text(const char *typed)
{
	return hv_text_printable(typed, strlen(typed));
}

static enum hv_status unknown_option(
	const struct option_word *word, const struct command *command, struct hv_error *err)
{
	HV_CLEANUP_FREE char *typed = safe_text(word->text);
	enum option_id id;
	if (command && find_option(word, NULL, true, &id) && id != OPTION_VERSION) {
		return hv_error_set(err, HV_ERR_INVALID, "'%s' does not take %s", command->words, typed);
	}
	if (word->letter) {
		return hv_error_set(err, HV_ERR_INVALID, "unknown option %s", typed);
	}
	HV_CLEANUP_FREE char *name = hv_strndup(word->name, word->name_length);
	struct suggestion suggestion;
	suggestion_init(&suggestion, name);
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (command_takes(command, (enum option_id)i)) {
			suggestion_try(&suggestion, option_row((enum option_id)i)->name);
		}
	}
	if (suggestion.best) {
		return hv_error_set(
			err, HV_ERR_INVALID, "unknown option %s; did you mean --%s?", typed, suggestion.best);
	}
	return hv_error_set(err, HV_ERR_INVALID, "unknown option %s", typed);
}

/* ---- values ---- */

static bool parse_number(const char *text, int64_t *ret_number)
{
	char *end = NULL;
	if (text[0] < '0' || text[0] > '9') {
		return false;
	}
	long long number = strtoll(text, &end, 10);
	if (*end != '\0' || number < 1 || number > 1000000000) {
		return false;
	}
	*ret_number = number;
	return true;
}

static bool parse_state(const char *text, int64_t *ret_state)
{
	for (int state = 0; state < SNAPSHOT_STATE_COUNT; state++) {
		if (hv_text_same_name(text, snapshot_state_name((enum snapshot_state)state))) {
			*ret_state = state;
			return true;
		}
	}
	return false;
}

static bool parse_type(const char *text, int64_t *ret_type)
{
	for (int type = 0; type < SNAPSHOT_TYPE_COUNT; type++) {
		if (hv_text_same_name(text, snapshot_type_name((enum snapshot_type)type))) {
			*ret_type = type;
			return true;
		}
	}
	return false;
}

static bool parse_vm_state(const char *value, int64_t *ret_state)
{
	for (int state = 0; state < VM_STATE_COUNT; state++) {
		if (strcasecmp(vm_state_name((enum vm_state)state), value) == 0) {
			*ret_state = state;
			return true;
		}
	}
	return false;
}

/* "size", or "-size" for the largest first. */
static bool parse_vm_sort(const char *value, int64_t *ret_sort)
{
	static const char *const names[] = {
		[HV_VM_SORT_PLACE] = "place",
		[HV_VM_SORT_NAME] = "name",
		[HV_VM_SORT_STATE] = "state",
		[HV_VM_SORT_SNAPSHOTS] = "snapshots",
		[HV_VM_SORT_CHAIN] = "chain",
		[HV_VM_SORT_SIZE] = "size",
		[HV_VM_SORT_OLDEST] = "oldest",
	};
	bool reverse = value[0] == '-';
	for (int sort = 0; sort < HV_VM_SORT_COUNT; sort++) {
		if (strcmp(names[sort], value + reverse) == 0) {
			*ret_sort = reverse ? -1 - sort : sort;
			return true;
		}
	}
	return false;
}

static bool parse_role(const char *value, int64_t *ret_role)
{
	enum account_role role;
	if (!account_role_parse(value, &role)) {
		return false;
	}
	*ret_role = (int64_t)role;
	return true;
}

static bool parse_policy(const char *value, int64_t *ret_policy)
{
	enum stop_policy policy;
	if (!stop_policy_parse(value, &policy)) {
		return false;
	}
	*ret_policy = (int64_t)policy;
	return true;
}

static bool parse_value(struct arguments *arguments, enum option_id id, const char *value)
{
	struct hv_uuid uuid;
	arguments->text[id] = value;
	switch (option_row(id)->type) {
	case OPTION_TYPE_FLAG:
	case OPTION_TYPE_TEXT:
	case OPTION_TYPE_FOLDER:
		return true;
	case OPTION_TYPE_UUID:
		if (!hv_uuid_parse(value, &uuid)) {
			return false;
		}
		HV_GROW(arguments->ids, arguments->id_count, arguments->id_capacity);
		arguments->ids[arguments->id_count++] = uuid;
		return true;
	case OPTION_TYPE_AGE:
		return hv_parse_age(value, &arguments->number[id]);
	case OPTION_TYPE_SIZE:
		return hv_parse_bytes(value, &arguments->number[id]);
	case OPTION_TYPE_NUMBER:
		return parse_number(value, &arguments->number[id]);
	case OPTION_TYPE_ROLE:
		return parse_role(value, &arguments->number[id]);
	case OPTION_TYPE_STOP_POLICY:
		return parse_policy(value, &arguments->number[id]);
	case OPTION_TYPE_VM_STATE:
		return parse_vm_state(value, &arguments->number[id]);
	case OPTION_TYPE_VM_SORT:
		return parse_vm_sort(value, &arguments->number[id]);
	case OPTION_TYPE_SNAPSHOT_STATE:
		return parse_state(value, &arguments->number[id]);
	case OPTION_TYPE_SNAPSHOT_TYPE:
		return parse_type(value, &arguments->number[id]);
	}
	return false;
}

/* Take one option; `next` is the word after it, or NULL. *ret_used tells whether that was its argument. */
static enum hv_status take_option(struct arguments *arguments, const struct option_word *word, const char *next,
	bool *ret_used, struct hv_error *err)
{
	enum option_id id;
	*ret_used = false;
	if (!find_option(word, arguments->command, false, &id)) {
		return unknown_option(word, arguments->command, err);
	}
	const struct option_row *row = option_row(id);
	const char *value = word->value;
	if (row->type == OPTION_TYPE_FLAG && value) {
		return hv_error_set(err, HV_ERR_INVALID, "--%s takes no value", row->name);
	}
	if (takes_next_word(row) && !value) {
		if (!next) {
			return hv_error_set(err, HV_ERR_INVALID, "--%s needs a value: %s", row->name, row->argument);
		}
		value = next;
		*ret_used = true;
	}
	if (value && *value == '\0' && (row->type == OPTION_TYPE_FOLDER || id == OPTION_STORE)) {
		return hv_error_set(err, HV_ERR_INVALID, "--%s needs a value: %s", row->name, row->argument);
	}
	if (value && !parse_value(arguments, id, value)) {
		HV_CLEANUP_FREE char *typed = safe_text(value);
		return hv_error_set(err, HV_ERR_INVALID, "'%s' is not right for --%s: %s", typed, row->name, row->help);
	}
	arguments->given[id] = true;
	return HV_OK;
}

/* ---- words ---- */

static size_t count_words(const char *words)
{
	return strchr(words, ' ') ? 2 : 1;
}

static bool first_word_is(const struct command *command, const char *word)
{
	size_t length = strcspn(command->words, " ");
	return strlen(word) == length && strncmp(command->words, word, length) == 0;
}

static bool is_command(const struct command *command, const char *const words[2], size_t count)
{
	if (!first_word_is(command, words[0]) || count < count_words(command->words)) {
		return false;
	}
	return count_words(command->words) == 1 || strcmp(strchr(command->words, ' ') + 1, words[1]) == 0;
}

static const struct command *find_command(const char *const words[2], size_t count)
{
	size_t command_count;
	const struct command *commands = command_table(&command_count);
	for (size_t i = 0; i < command_count; i++) {
		if (is_command(&commands[i], words, count)) {
			return &commands[i];
		}
	}
	return NULL;
}

/* The first two words that are neither options nor their arguments. */
static void find_words(struct arguments *arguments, int argc, char *const *argv)
{
	bool options = true;
	for (int i = 1; i < argc && arguments->word_count < 2; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && is_option(argv[i])) {
			struct option_word word = cut_option(argv[i]);
			enum option_id id;
			if (find_option(&word, NULL, true, &id) && takes_next_word(option_row(id)) && !word.value) {
				i++;
			}
		} else {
			arguments->words[arguments->word_count++] = argv[i];
		}
	}
}

static enum hv_status missing_word(const char *first, struct hv_error *err)
{
	struct hv_text text = HV_TEXT_INIT;
	size_t count;
	const struct command *commands = command_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (first_word_is(&commands[i], first)) {
			hv_text_printf(&text, "%s%s", hv_text_get(&text)[0] ? ", " : "", strchr(commands[i].words, ' ') + 1);
		}
	}
	hv_error_set(err, HV_ERR_INVALID, "'%s' needs a second word: %s", first, hv_text_get(&text));
	hv_text_clear(&text);
	return HV_ERR_INVALID;
}

static enum hv_status unknown_command(const struct arguments *arguments, struct hv_error *err)
{
	HV_CLEANUP_FREE char *first = safe_text(arguments->words[0]);
	HV_CLEANUP_FREE char *second = safe_text(arguments->word_count > 1 ? arguments->words[1] : "");
	struct suggestion top, below;
	bool is_group = false;
	size_t count;
	const struct command *commands = command_table(&count);
	suggestion_init(&top, first);
	suggestion_init(&below, second);
	for (size_t i = 0; i < count; i++) {
		char word[32];
		(void)snprintf(word, sizeof word, "%.*s", (int)strcspn(commands[i].words, " "), commands[i].words);
		suggestion_try(&top, word);
		if (top.best == word) { /* keep what outlives this loop: the row's words begin with it */
			top.best = commands[i].words;
		}
		if (first_word_is(&commands[i], arguments->words[0])) {
			is_group = true;
			suggestion_try(&below, strchr(commands[i].words, ' ') + 1);
		}
	}
	if (is_group && arguments->word_count < 2) {
		return missing_word(first, err);
	}
	if (is_group && below.best) {
		return hv_error_set(err, HV_ERR_INVALID, "unknown command '%s %s'; did you mean '%s %s'?", first,
			second, first, below.best);
	}
	if (is_group) {
		return hv_error_set(err, HV_ERR_INVALID, "unknown command '%s %s'", first, second);
	}
	if (top.best) {
		return hv_error_set(err, HV_ERR_INVALID, "unknown command '%s'; did you mean '%.*s'?", first,
			(int)strcspn(top.best, " "), top.best);
	}
	return hv_error_set(err, HV_ERR_INVALID, "unknown command '%s'", first);
}

/* ---- the whole line ---- */

static enum hv_status check_operands(const struct arguments *arguments, struct hv_error *err)
{
	const struct command *command = arguments->command;
	if (!command || arguments->given[OPTION_HELP]) {
		return HV_OK;
	}
	if (arguments->operand_count < command->least) {
		return hv_error_set(err, HV_ERR_INVALID, "'%s' needs %s", command->words, command->operands);
	}
	if (arguments->operand_count > command->most) {
		HV_CLEANUP_FREE char *typed = safe_text(arguments->operands[command->most]);
		return hv_error_set(err, HV_ERR_INVALID, "'%s' is one word too many for '%s'", typed, command->words);
	}
	return HV_OK;
}

static enum hv_status check_text(int argc, char *const *argv, struct hv_error *err)
{
	for (int i = 1; i < argc; i++) {
		if (!hv_utf8_is_valid(argv[i], strlen(argv[i]))) {
			return hv_error_set(err, HV_ERR_INVALID, "argument %d is not valid UTF-8", i);
		}
	}
	return HV_OK;
}

static enum hv_status take_all(struct arguments *arguments, int argc, char *const *argv, struct hv_error *err)
{
	size_t skip = arguments->command ? count_words(arguments->command->words) : arguments->word_count;
	bool options = true;
	enum hv_status first = HV_OK; /* go on after an error: a later --json still says how to report it */
	for (int i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && is_option(argv[i])) {
			struct option_word word = cut_option(argv[i]);
			bool used = false;
			enum hv_status status = take_option(arguments, &word, i + 1 < argc ? argv[i + 1] : NULL,
				&used, first == HV_OK ? err : NULL);
			first = first == HV_OK ? status : first;
			i += used ? 1 : 0;
		} else if (skip > 0) {
			skip--;
		} else {
			HV_GROW(arguments->operands, arguments->operand_count, arguments->operand_capacity);
			arguments->operands[arguments->operand_count++] = argv[i];
		}
	}
	return first;
}

enum hv_status arguments_parse(int argc, char *const *argv, struct arguments *ret, struct hv_error *err)
{
	*ret = (struct arguments){0};
	find_words(ret, argc, argv);
	ret->command = ret->word_count > 0 ? find_command(ret->words, ret->word_count) : NULL;
	struct hv_error option_error;
	enum hv_status options = take_all(ret, argc, argv, &option_error);
	enum hv_status status = check_text(argc, argv, err);
	if (status != HV_OK) {
		return status;
	}
	if (!ret->command && ret->word_count > 0 && !ret->given[OPTION_HELP]) {
		return unknown_command(ret, err);
	}
	if (options != HV_OK) {
		if (err) {
			*err = option_error;
		}
		return options;
	}
	return check_operands(ret, err);
}

void arguments_clear(struct arguments *arguments)
{
	free(arguments->ids);
	free(arguments->operands);
	*arguments = (struct arguments){0};
}
