/* The language of the filter: what each word finds, and what it says of words that it does not understand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tui/state/terms.h"

#define NOW INT64_C(1787368364000000)
#define DAY (INT64_C(24) * 3600 * HV_SECOND_US)

static const struct hv_host host = {.name = "hv01.prod", .group = "prod", .state = HOST_UP};
static const struct hv_vm vm = {
	.name = "Web-01",
	.state = VM_STOPPED,
	.account = "ops",
	.domain = "/prod/web",
	.offering = "medium",
	.snapshots = 3,
	.chain = 2,
	.delta_bytes = INT64_C(5) << 30,
	.oldest_us = NOW - 40 * DAY,
};
static const struct hv_node node = {
	.name = "pre-upgrade \xC3\x84ra",
	.description = "before CHG-4411",
	.created_by = "anna",
	.state = SNAPSHOT_READY,
	.type = SNAPSHOT_DISK_AND_MEMORY,
	.created_us = NOW - 12 * DAY,
	.size_bytes = INT64_C(700) << 20,
};

enum { OF_HOST = 1, OF_VM = 2, OF_NODE = 4 };

static unsigned found_in(const char *text)
{
	struct terms terms;
	struct term_subject subject;
	unsigned found = 0;
	terms_parse(&terms, text);
	assert_null(terms.problem);
	terms_host(&host, &subject);
	found |= terms_match_itself(&terms, &subject) ? OF_HOST : 0;
	terms_vm(&vm, &host, NOW, &subject);
	found |= terms_match(&terms, &subject) ? OF_VM : 0;
	terms_node(&node, &vm, &host, NOW, &subject);
	found |= terms_match_itself(&terms, &subject) ? OF_NODE : 0;
	terms_clear(&terms);
	return found;
}

static void test_terms__find_hosts_vms_and_snapshots_by_word_and_property__L1(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned found;
	} cases[] = {
		{"web", OF_VM},
		{"WEB", OF_VM},
		{"hv01", OF_HOST | OF_VM},
		{"prod", OF_HOST | OF_VM},
		{"upgrade", OF_NODE},
		{"4411", OF_NODE},
		{"web upgrade", OF_NODE},     /* the VM's name counts for its snapshot */
		{"\xC3\xA4ra", OF_NODE},      /* letter case of every script */
		{"nothing", 0},
		{"!nothing", OF_VM},          /* a host is not found by what it has not */
		{"web !hv01", 0},
		{"!web upgrade", 0},
		{"state:off", OF_VM},
		{"state:up", OF_HOST},
		{"state:ready", OF_NODE},
		{"!state:off", 0},
		{"type:memory", OF_NODE},
		{"!type:disk", 0},            /* without a word of its own a snapshot is not found */
		{"upgrade !type:disk", OF_NODE},
		{"age>30d", OF_VM},
		{"age>7d", OF_VM | OF_NODE},
		{"age<14d", OF_NODE},
		{"size>1G", OF_VM},
		{"size<1g", OF_NODE},
		{"snaps:3 web", OF_VM},
		{"snaps>3", 0},
		{"chain<3", OF_VM},
		{"account:ops by:anna", OF_NODE},
		{"domain:/prod", OF_VM},
		{"offering:med", OF_VM},
		{"note:chg", OF_NODE},
		{"name:chg", 0},
		{"vm:web host:hv01 group:prod", OF_VM},
		{"http:80", 0}, /* no property: a word like any other */
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		unsigned found = found_in(cases[i].text);
		if (found != cases[i].found) {
			fail_msg("'%s' finds %u instead of %u", cases[i].text, found, cases[i].found);
		}
	}
}

static void test_terms__what_is_not_understood_is_said_and_left_out(void **state)
{
	(void)state;
	static const struct {
		const char *text, *problem;
		size_t count;
	} cases[] = {
		{"age>", "'age' wants an age like 7d", 0},
		{"web age>soon", "'age' wants an age like 7d", 1},
		{"size>9999999999T", "'size' wants a size like 2G", 0},
		{"snaps:many", "'snaps' wants a number", 0},
		{"state>off", "'state' wants a text", 0},
		{"!", NULL, 0},
		{"   ", NULL, 0},
		{"a a a a a a a a a a a a a a a a a", "'the filter' wants fewer words", TERMS_MAX},
	};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		struct terms terms;
		terms_parse(&terms, cases[i].text);
		assert_int_equal(terms.count, cases[i].count);
		if (cases[i].problem) {
			assert_string_equal(terms.problem, cases[i].problem);
		} else {
			assert_null(terms.problem);
		}
		terms_clear(&terms);
	}
}

static void test_terms__tell_where_a_word_stands_in_a_name(void **state)
{
	(void)state;
	struct terms terms;
	size_t at = 0, length = 0;
	terms_parse(&terms, "web !db 01 state:off");
	assert_true(terms_find(&terms, "my-Web-01", 0, &at, &length));
	assert_int_equal(at, 3);
	assert_int_equal(length, 3);
	assert_true(terms_find(&terms, "my-Web-01", 6, &at, &length));
	assert_int_equal(at, 7);
	assert_false(terms_find(&terms, "my-Web-01", 9, &at, &length));
	assert_false(terms_find(&terms, "db", 0, &at, &length));
	terms_clear(&terms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terms__find_hosts_vms_and_snapshots_by_word_and_property__L1),
		cmocka_unit_test(test_terms__what_is_not_understood_is_said_and_left_out),
		cmocka_unit_test(test_terms__tell_where_a_word_stands_in_a_name),
	};
	return cmocka_run_group_tests_name("tui/terms", tests, NULL, NULL);
}
