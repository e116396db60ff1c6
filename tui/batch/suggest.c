#include "tui/batch/suggest.h"

#include <string.h>

#define WORD_MAX 40

/* Insertions, deletions and replacements that make `b` of `a`; an exchange of neighbours counts once. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *previous = rows[1], *row = rows[2];
	for (size_t k = 0; k <= b_length; k++) {
		previous[k] = k;
		before[k] = k;
	}
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t k = 1; k <= b_length; k++) {
			size_t best = previous[k - 1] + (a[i - 1] != b[k - 1]);
			best = previous[k] + 1 < best ? previous[k] + 1 : best;
			best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
				before[k - 2] + 1 < best) {
				best = before[k - 2] + 1;
			}
			row[k] = best;
		}
		size_t *oldest = before;
		before = previous;
		previous = row;
		row = oldest;
	}
	return previous[b_length];
}

void suggestion_init(struct suggestion *suggestion, const char *typed)
{
	*suggestion = (struct suggestion){.typed = typed, .distance = (size_t)-1};
}

void suggestion_try(struct suggestion *suggestion, const char *candidate)
{
	size_t typed = strlen(suggestion->typed);
	size_t length = strlen(candidate);
	if (typed == 0 || typed > WORD_MAX || length > WORD_MAX) {
		return;
	}
	size_t limit = length >= 6 ? 2 : 1;
	size_t distance = edit_distance(suggestion->typed, typed, candidate, length);
	if (strncmp(candidate, suggestion->typed, typed) == 0 && typed >= 3) {
		distance = 1; /* the beginning of it */
	}
	if (distance <= limit && distance < suggestion->distance) {
		suggestion->best = candidate;
		suggestion->distance = distance;
	}
}
