/* Colours as numbers: names, the 256-colour palette, the nearest colour that a terminal has, contrast. Pure. */
#ifndef HV_TUI_THEME_COLOUR_H
#define HV_TUI_THEME_COLOUR_H

#include <stdbool.h>
#include <stdint.h>
#include "tui/theme/theme.h"

/** "default", "#rrggbb", "0" to "255", or an ANSI name ("red", "bright-red"). */
bool colour_parse(const char *text, int32_t *ret_colour);
#define COLOUR_TEXT_BYTES 16
/** As colour_parse() reads it. Returns `text`. */
const char *colour_format(int32_t colour, char text[COLOUR_TEXT_BYTES]);
/** 0xRRGGBB of a palette number (0 to 255; 0 to 15 as xterm has them) or of an RGB colour. Not for "default". */
uint32_t colour_rgb(int32_t colour);
/** The nearest colour of the 6x6x6 cube and the grey ramp; palette numbers and "default" stay. */
int32_t colour_to_256(int32_t colour);
/** The nearest of the 16 ANSI colours; "default" and 0 to 15 stay. */
int32_t colour_to_16(int32_t colour);
/** WCAG 2 contrast ratio of two 0xRRGGBB colours, 1 to 21. */
double colour_contrast(uint32_t a, uint32_t b);
/** How 0xRRGGBB looks to somebody who sees no green (the most common way not to tell red from green). */
uint32_t colour_deuteranopia(uint32_t rgb);
/** How far two 0xRRGGBB colours are apart to the eye: 0 the same, 100 black and white. */
double colour_distance(uint32_t a, uint32_t b);

#endif
