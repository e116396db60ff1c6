#include "tui/state/terms.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/words.h"

enum term_sort { SORT_TEXT, SORT_COUNT, SORT_BYTES, SORT_AGE };

static const struct {
	const char *name;
	enum term_sort sort;
	bool own; /* of the row itself, not of what stands above it */
} keys[] = {
	[TERM_WORD] = {"", SORT_TEXT, true},
	[TERM_STATE] = {"state", SORT_TEXT, true},
	[TERM_TYPE] = {"type", SORT_TEXT, true},
	[TERM_VM] = {"vm", SORT_TEXT, false},
	[TERM_HOST] = {"host", SORT_TEXT, false},
	[TERM_GROUP] = {"group", SORT_TEXT, false},
	[TERM_ACCOUNT] = {"account", SORT_TEXT, false},
	[TERM_DOMAIN] = {"domain", SORT_TEXT, false},
	[TERM_OFFERING] = {"offering", SORT_TEXT, false},
	[TERM_NAME] = {"name", SORT_TEXT, true},
	[TERM_NOTE] = {"note", SORT_TEXT, true},
	[TERM_BY] = {"by", SORT_TEXT, true},
	[TERM_AGE] = {"age", SORT_AGE, true},
	[TERM_SIZE] = {"size", SORT_BYTES, true},
	[TERM_SNAPS] = {"snaps", SORT_COUNT, false},
	[TERM_CHAIN] = {"chain", SORT_COUNT, false},
};
static_assert(HV_ARRAY_LEN(keys) == TERM_KEY_COUNT, "a row for every key");

/* ---- parsing ---- */

/* "500M", "2G", "12": binary units. */
static bool parse_bytes(const char *text, int64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	char *end = NULL;
	long long number = strtoll(text, &end, 10);
	if (end == text || number < 0 || number > INT64_MAX >> 41) {
		return false;
	}
	int64_t bytes = number;
	if (*end != '\0') {
		const char *unit = strchr(units, *end >= 'a' && *end <= 'z' ? *end - 0x20 : *end);
		if (!unit || end[1] != '\0') {
			return false;
		}
		bytes = (int64_t)number << (10 * (unit - units + 1));
	}
	*ret_bytes = bytes;
	return true;
}

static bool parse_count(const char *text, int64_t *ret_count)
{
	char *end = NULL;
	long long number = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || number < 0) {
		return false;
	}
	*ret_count = number;
	return true;
}

static bool parse_number(enum term_sort sort, const char *text, int64_t *ret_number)
{
	switch (sort) {
	case SORT_TEXT:
		return true;
	case SORT_COUNT:
		return parse_count(text, ret_number);
	case SORT_BYTES:
		return parse_bytes(text, ret_number);
	case SORT_AGE:
		return hv_parse_age(text, ret_number);
	}
	return false;
}

/* "state:off": the key before the first of : = < >; TERM_WORD when that is no key. */
static enum term_key split(const char *word, enum term_relation *ret_relation, const char **ret_value)
{
	size_t length = strcspn(word, ":=<>");
	for (int key = TERM_WORD + 1; word[length] != '\0' && key < TERM_KEY_COUNT; key++) {
		if (strlen(keys[key].name) == length && strncmp(keys[key].name, word, length) == 0) {
			*ret_relation = word[length] == '>' ? TERM_MORE : word[length] == '<' ? TERM_LESS : TERM_HAS;
			*ret_value = word + length + 1;
			return (enum term_key)key;
		}
	}
	*ret_relation = TERM_HAS;
	*ret_value = word;
	return TERM_WORD;
}

static void say_problem(struct terms *terms, const char *key, const char *wanted)
{
	if (!terms->problem) {
		terms->problem = hv_sprintf("'%s' wants %s", key, wanted);
	}
}

static void add_term(struct terms *terms, const char *word)
{
	static const char *const wanted[] = {
		[SORT_TEXT] = "a text", [SORT_COUNT] = "a number", [SORT_BYTES] = "a size like 2G", [SORT_AGE] = "an age like 7d"};
	struct term term = {.negated = word[0] == '!'};
	const char *value = NULL;
	term.key = split(word + (term.negated ? 1 : 0), &term.relation, &value);
	enum term_sort sort = keys[term.key].sort;
	bool unfit = (sort == SORT_TEXT && term.relation != TERM_HAS) || !parse_number(sort, value, &term.number);
	if (*value == '\0' && term.key == TERM_WORD) {
		return; /* a lone "!" is the beginning of something */
	}
	if (*value == '\0' || unfit) {
		say_problem(terms, keys[term.key].name, wanted[sort]);
		return;
	}
	if (terms->count == TERMS_MAX) {
		say_problem(terms, "the filter", "fewer words");
		return;
	}
	term.text = hv_strdup(value);
	term.folded = hv_text_name_key(value);
	terms->items[terms->count++] = term;
}

void terms_parse(struct terms *terms, const char *text)
{
	*terms = (struct terms){.count = 0};
	char *copy = hv_strdup(text);
	char *rest = NULL;
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		add_term(terms, word);
	}
	free(copy);
}

void terms_clear(struct terms *terms)
{
	for (size_t i = 0; i < terms->count; i++) {
		free(terms->items[i].text);
		free(terms->items[i].folded);
	}
	free(terms->problem);
	*terms = (struct terms){.count = 0};
}

bool terms_are_given(const struct terms *terms)
{
	return terms->count > 0;
}

/* ---- what rows have ---- */

static void subject_init(struct term_subject *subject)
{
	*subject = (struct term_subject){.texts = {NULL}};
	for (int key = 0; key < TERM_KEY_COUNT; key++) {
		subject->numbers[key] = TERM_NO_NUMBER;
	}
}

static void add_host(struct term_subject *subject, const struct hv_host *host)
{
	subject->texts[TERM_HOST] = host ? host->name : NULL;
	subject->texts[TERM_GROUP] = host ? host->group : NULL;
}

static int64_t age(int64_t since_us, int64_t now_us)
{
	return since_us > 0 && now_us > 0 ? now_us - since_us : TERM_NO_NUMBER;
}

void terms_host(const struct hv_host *host, struct term_subject *ret_subject)
{
	static const char *const states[] = {
		[HOST_DISCONNECTED] = "disconnected", [HOST_CONNECTING] = "connecting", [HOST_UP] = "up", [HOST_LOST] = "lost"};
	static_assert(HV_ARRAY_LEN(states) == HOST_STATE_COUNT, "a word for every state");
	subject_init(ret_subject);
	add_host(ret_subject, host);
	ret_subject->texts[TERM_NAME] = host->name;
	ret_subject->texts[TERM_STATE] = states[host->state];
}

/* What rows on and beneath a VM share. */
static void add_vm(struct term_subject *subject, const struct hv_vm *vm, const struct hv_host *host)
{
	add_host(subject, host);
	subject->texts[TERM_VM] = vm->name;
	subject->texts[TERM_ACCOUNT] = vm->account;
	subject->texts[TERM_DOMAIN] = vm->domain;
	subject->texts[TERM_OFFERING] = vm->offering;
	subject->numbers[TERM_SNAPS] = vm->snapshots;
	subject->numbers[TERM_CHAIN] = vm->chain;
}

void terms_vm(const struct hv_vm *vm, const struct hv_host *host, int64_t now_us, struct term_subject *ret_subject)
{
	subject_init(ret_subject);
	add_vm(ret_subject, vm, host);
	ret_subject->texts[TERM_NAME] = vm->name;
	ret_subject->texts[TERM_STATE] = words_vm_state_word(vm->state);
	ret_subject->numbers[TERM_AGE] = age(vm->oldest_us, now_us);
	ret_subject->numbers[TERM_SIZE] = vm->delta_bytes;
}

void terms_node(const struct hv_node *node, const struct hv_vm *vm, const struct hv_host *host, int64_t now_us,
	struct term_subject *ret_subject)
{
	subject_init(ret_subject);
	add_vm(ret_subject, vm, host);
	ret_subject->texts[TERM_NAME] = node->name;
	ret_subject->texts[TERM_NOTE] = node->description;
	ret_subject->texts[TERM_BY] = node->created_by;
	ret_subject->texts[TERM_OFFERING] = node->offering;
	ret_subject->texts[TERM_TYPE] = words_type(node->type);
	ret_subject->texts[TERM_STATE] = node->untracked ? "untracked" : words_snapshot_word(node->state);
	ret_subject->numbers[TERM_AGE] = age(node->created_us, now_us);
	ret_subject->numbers[TERM_SIZE] = node->size_bytes;
}

void terms_snapshot(const struct hv_snapshot *snapshot, const struct hv_vm *vm, const struct hv_host *host,
	int64_t now_us, struct term_subject *ret_subject)
{
	struct hv_node node = {
		.name = snapshot->display_name,
		.description = snapshot->description,
		.created_by = snapshot->created_by,
		.type = snapshot->type,
		.state = snapshot->state,
		.created_us = snapshot->created_us,
		.size_bytes = snapshot->size_bytes,
	};
	terms_node(&node, vm, host, now_us, ret_subject);
}

/* ---- matching ---- */

static unsigned char lower(char byte)
{
	return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
}

static bool is_ascii(const char *text)
{
	while (*text > 0) {
		text++;
	}
	return *text == '\0';
}

/* Where ASCII `needle` (folded) occurs, letter case aside; NULL nowhere. */
static const char *find_ascii(const char *text, const char *needle)
{
	for (; *text; text++) {
		size_t i = 0;
		while (needle[i] && lower(text[i]) == (unsigned char)needle[i]) {
			i++;
		}
		if (needle[i] == '\0') {
			return text;
		}
	}
	return NULL;
}

/* Other scripts are folded as a whole, which costs more: most names are ASCII. */
static bool contains(const char *text, const char *folded)
{
	if (!text) {
		return false;
	}
	if (is_ascii(text)) {
		return find_ascii(text, folded) != NULL;
	}
	char *key = hv_text_name_key(text);
	bool found = strstr(key, folded) != NULL;
	free(key);
	return found;
}

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_OWN };

/* A word counts for the row by its own name or note, and by the names above it. */
static enum verdict judge_word(const struct term *term, const struct term_subject *subject)
{
	if (contains(subject->texts[TERM_NAME], term->folded) || contains(subject->texts[TERM_NOTE], term->folded)) {
		return VERDICT_OWN;
	}
	bool above = contains(subject->texts[TERM_VM], term->folded) ||
		     contains(subject->texts[TERM_HOST], term->folded) ||
		     contains(subject->texts[TERM_GROUP], term->folded);
	return above ? VERDICT_YES : VERDICT_NO;
}

static bool number_holds(const struct term *term, int64_t number)
{
	switch (term->relation) {
	case TERM_MORE:
		return number > term->number;
	case TERM_LESS:
		return number < term->number;
	case TERM_HAS:
		return number == term->number;
	}
	return false;
}

static enum verdict judge(const struct term *term, const struct term_subject *subject)
{
	bool is_text = keys[term->key].sort == SORT_TEXT;
	bool holds;
	if (term->key == TERM_WORD) {
		enum verdict verdict = judge_word(term, subject);
		return !term->negated ? verdict : verdict == VERDICT_NO ? VERDICT_YES : VERDICT_NO;
	}
	if (is_text ? !subject->texts[term->key] : subject->numbers[term->key] == TERM_NO_NUMBER) {
		return VERDICT_NO;
	}
	holds = is_text ? contains(subject->texts[term->key], term->folded)
			: number_holds(term, subject->numbers[term->key]);
	if (holds == term->negated) {
		return VERDICT_NO;
	}
	return keys[term->key].own && !term->negated ? VERDICT_OWN : VERDICT_YES;
}

static bool match(const struct terms *terms, const struct term_subject *subject, bool itself)
{
	bool own = false;
	for (size_t i = 0; i < terms->count; i++) {
		enum verdict verdict = judge(&terms->items[i], subject);
		if (verdict == VERDICT_NO) {
			return false;
		}
		own = own || verdict == VERDICT_OWN;
	}
	return own || !itself;
}

bool terms_match(const struct terms *terms, const struct term_subject *subject)
{
	return match(terms, subject, false);
}

bool terms_match_itself(const struct terms *terms, const struct term_subject *subject)
{
	return match(terms, subject, true);
}

bool terms_find(const struct terms *terms, const char *text, size_t from, size_t *ret_at, size_t *ret_length)
{
	const char *best = NULL;
	for (size_t i = 0; i < terms->count; i++) {
		const struct term *term = &terms->items[i];
		bool in_names = term->key == TERM_WORD || term->key == TERM_NAME;
		const char *found = in_names && !term->negated && is_ascii(term->folded)
					    ? find_ascii(text + from, term->folded) : NULL;
		if (found && (!best || found < best)) {
			best = found;
			*ret_length = strlen(term->folded);
		}
	}
	if (best) {
		*ret_at = (size_t)(best - text);
	}
	return best != NULL;
}
