/* A setting that was changed in the console: used at once where that is possible, and kept in the user's file. */
#include <stdlib.h>
#include <string.h>

#include "tui/config/config_file.h"
#include "tui/config/config_text.h"
#include "tui/input/keymap.h"
#include "tui/loop/loop_state.h"

struct save {
	struct file_job job; /* first: one is the other */
	char *path, *template;
	enum setting setting;
	char *value;
};

static enum hv_status save_run(struct file_job *job, struct hv_error *err)
{
	struct save *save = (struct save *)(void *)job;
	const struct setting_row *row = setting_row(save->setting);
	if (save->path == NULL) {
		return hv_error_set(err, HV_ERR_IO, "settings are not kept: there is no home folder");
	}
	return config_file_set(save->path, save->template, row->section, row->key, save->value, err);
}

static void save_free(struct file_job *job)
{
	struct save *save = (struct save *)(void *)job;
	free(save->path);
	free(save->template);
	free(save->value);
	free(save->job.done);
	free(save);
}

/* The first file lists all settings and all keys, as comments. */
static char *make_template(void)
{
	struct hv_text text = HV_TEXT_INIT;
	struct hv_text keys = HV_TEXT_INIT;
	config_template(&text);
	keymap_default_text(&keys);
	hv_text_puts(&text, "\n; Which key runs which action; a line replaces all keys of its action. The key ; is Semicolon.\n"
			    "[keys]\n");
	char *rest = keys.bytes;
	char *line;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0') {
			hv_text_printf(&text, ";%s\n", line);
		}
	}
	hv_text_clear(&keys);
	return hv_text_detach(&text);
}

static void keep(struct loop *loop, enum setting setting, const char *value)
{
	const struct setting_row *row = setting_row(setting);
	struct save *save = hv_alloc(sizeof *save);
	*save = (struct save){
		.job = {.run = save_run, .free = save_free},
		.path = config_path(),
		.template = make_template(),
		.setting = setting,
		.value = hv_strdup(value),
	};
	save->job.done = hv_sprintf("kept: %s = %s in %s", row->key, value, save->path ? save->path : "");
	file_jobs_add(loop->files, &save->job);
}

void loop_setting(struct loop *loop, enum setting setting, const char *value)
{
	if (setting == SETTING_THEME) {
		loop_theme_choose(loop, value);
	} else if (setting == SETTING_MOUSE) {
		screen_use_mouse(loop->screen, strcmp(value, "yes") == 0);
	}
	keep(loop, setting, value);
}
