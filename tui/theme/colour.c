#include "tui/theme/colour.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/attributes.h"

static const char *const ansi_names[16] = {
	"black",
	"red",
	"green",
	"yellow",
	"blue",
	"magenta",
	"cyan",
	"white",
	"bright-black",
	"bright-red",
	"bright-green",
	"bright-yellow",
	"bright-blue",
	"bright-magenta",
	"bright-cyan",
	"bright-white",
};
static const uint32_t ansi_rgb[16] = {
	0x000000,
	0xCD0000,
	0x00CD00,
	0xCDCD00,
	0x0000EE,
	0xCD00CD,
	0x00CDCD,
	0xE5E5E5,
	0x7F7F7F,
	0xFF0000,
	0x00FF00,
	0xFFFF00,
	0x5C5CFF,
	0xFF00FF,
	0x00FFFF,
	0xFFFFFF,
};
static const uint32_t cube_level[6] = {0, 95, 135, 175, 215, 255};

static bool parse_hex(const char *text, int32_t *ret_colour)
{
	if (strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6) {
		return false;
	}
	*ret_colour = THEME_RGB_FLAG | (int32_t)strtol(text + 1, NULL, 16);
	return true;
}

bool colour_parse(const char *text, int32_t *ret_colour)
{
	if (text[0] == '#') {
		return parse_hex(text, ret_colour);
	}
	if (isdigit((unsigned char)text[0])) {
		char *end;
		long number = strtol(text, &end, 10);
		if (*end != '\0' || number > 255) {
			return false;
		}
		*ret_colour = (int32_t)number;
		return true;
	}
	if (strcasecmp(text, "default") == 0) {
		*ret_colour = THEME_COLOUR_DEFAULT;
		return true;
	}
	for (size_t i = 0; i < HV_ARRAY_LEN(ansi_names); i++) {
		if (strcasecmp(text, ansi_names[i]) == 0) {
			*ret_colour = (int32_t)i;
			return true;
		}
	}
	return false;
}

const char *colour_format(int32_t colour, char text[COLOUR_TEXT_BYTES])
{
	if (colour == THEME_COLOUR_DEFAULT) {
		(void)snprintf(text, COLOUR_TEXT_BYTES, "default");
	} else if (colour & THEME_RGB_FLAG) {
		(void)snprintf(text, COLOUR_TEXT_BYTES, "#%06x", (unsigned)colour & 0xFFFFFF);
	} else if (colour < 16) {
		(void)snprintf(text, COLOUR_TEXT_BYTES, "%s", ansi_names[colour]);
	} else {
		(void)snprintf(text, COLOUR_TEXT_BYTES, "%d", (int)colour);
	}
	return text;
}

uint32_t colour_rgb(int32_t colour)
{
	if (colour & THEME_RGB_FLAG) {
		return (uint32_t)colour & 0xFFFFFF;
	}
	uint32_t index = (uint32_t)colour & 0xFF;
	if (index < 16) {
		return ansi_rgb[index];
	}
	if (index >= 232) {
		uint32_t level = 8 + (index - 232) * 10;
		return level << 16 | level << 8 | level;
	}
	index -= 16;
	return cube_level[index / 36] << 16 | cube_level[index / 6 % 6] << 8 |
	       cube_level[index % 6];
}

/* Squared distance, weighted as the eye sees the three. */
static uint32_t distance(uint32_t a, uint32_t b)
{
	int red = (int)(a >> 16 & 0xFF) - (int)(b >> 16 & 0xFF);
	int green = (int)(a >> 8 & 0xFF) - (int)(b >> 8 & 0xFF);
	int blue = (int)(a & 0xFF) - (int)(b & 0xFF);
	return (uint32_t)(2 * red * red + 4 * green * green + 3 * blue * blue);
}

static int32_t nearest(int32_t colour, int32_t first, int32_t last)
{
	uint32_t wanted = colour_rgb(colour);
	int32_t best = first;
	for (int32_t i = first + 1; i <= last; i++) {
		if (distance(wanted, colour_rgb(i)) < distance(wanted, colour_rgb(best))) {
			best = i;
		}
	}
	return best;
}

int32_t colour_to_256(int32_t colour)
{
	/* the first sixteen are whatever the user made of them, so they are never chosen */
	return colour >= 0 && (colour & THEME_RGB_FLAG) ? nearest(colour, 16, 255) : colour;
}

int32_t colour_to_16(int32_t colour)
{
	return colour >= 16 ? nearest(colour, 0, 15) : colour;
}

static double linear(uint32_t channel)
{
	double value = channel / 255.0;
	return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t rgb)
{
	return 0.2126 * linear(rgb >> 16 & 0xFF) + 0.7152 * linear(rgb >> 8 & 0xFF) +
	       0.0722 * linear(rgb & 0xFF);
}

double colour_contrast(uint32_t a, uint32_t b)
{
	double first = luminance(a), second = luminance(b);
	double light = first > second ? first : second;
	double dark = first > second ? second : first;
	return (light + 0.05) / (dark + 0.05);
}

/* A channel of linear light back to 0 to 255. */
static uint32_t encoded(double value)
{
	value = value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value;
	double level = value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1.0 / 2.4) - 0.055;
	return (uint32_t)lround(level * 255.0);
}

/* The projection of Vienot, Brettel and Mollon (1999), as one matrix on linear light. */
uint32_t colour_deuteranopia(uint32_t rgb)
{
	double red = linear(rgb >> 16 & 0xFF), green = linear(rgb >> 8 & 0xFF), blue = linear(rgb & 0xFF);
	double yellow = 0.29275 * red + 0.70725 * green;
	double rest = -0.02234 * red + 0.02234 * green + blue;
	return encoded(yellow) << 16 | encoded(yellow) << 8 | encoded(rest);
}

double colour_distance(uint32_t a, uint32_t b)
{
	return sqrt((double)distance(a, b) / (9.0 * 255.0 * 255.0)) * 100.0;
}
