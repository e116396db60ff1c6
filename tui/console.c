#include "tui/console.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/backend.h"
#include "tui/batch/demo_folder.h"
#include "tui/config/config_file.h"
#include "tui/loop/idle_report.h"
#include "tui/loop/loop.h"
#include "tui/remembered_file.h"
#include "tui/offline/picture.h"
#include "tui/state/app.h"
#include "tui/state/remembered.h"
#include "tui/terminal/screen.h"
#include "tui/terminal/signals.h"

#define EXIT_REFUSED 1
#define EXIT_USAGE 2

struct console {
	const struct console_options *options;
	const char *demo_dir;
	bool keeps_state;         /* somebody will want to know what goes on */
	bool wants_demo;          /* set at the end: go on with the demo */
	struct hv_backend *backend; /* NULL: a picture is looked at */
	struct picture *picture;
	struct config settings;
	struct hv_text problems; /* of the settings */
};

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);
	return value != NULL && value[0] != '\0';
}

static void complain(const struct hv_error *err)
{
	(void)fprintf(stderr, "hvtree: %s\n", err->text);
}

/* Where this cannot be a console: say why, and what to do instead. */
static int refuse_terminal(const struct hv_error *err)
{
	complain(err);
	(void)fputs("The console needs a terminal. Without one, use the commands, for example\n"
		    "'hvtree tree --demo' or 'hvtree snapshot list --json'; 'hvtree help' lists "
		    "them.\n",
		stderr);
	return EXIT_USAGE;
}

/* Reading the user's locale; true when text is to be ASCII only. */
static bool set_locale(const struct console_options *options)
{
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	return options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* Standard error of the console's time: beside the demo, else in the state folder of the user. -1: nowhere. */
static int open_log(const char *demo_dir)
{
	HV_CLEANUP_FREE char *path = NULL;
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	if (demo_dir != NULL) {
		path = hv_sprintf("%s/console.log", demo_dir);
	} else if (state != NULL && state[0] == '/') {
		path = hv_sprintf("%s/hvtree/console.log", state);
	} else if (home != NULL && home[0] == '/') {
		path = hv_sprintf("%s/.local/state/hvtree/console.log", home);
	}
	return path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
}

/* The command line, then the environment, then the file; NULL: by the terminal's background. */
static const char *theme_of(const struct console_options *options, const struct config *settings)
{
	if (options->theme != NULL) {
		return options->theme;
	}
	return is_set("HVTREE_THEME") ? getenv("HVTREE_THEME") : config_text(settings, SETTING_THEME);
}

/* What stands in the title bar: the picture's time, the demo, or the store by its file name. */
static char *title_of(const struct console *console)
{
	const struct console_options *options = console->options;
	if (console->picture != NULL) {
		char time[32];
		(void)hv_format_time(picture_written_us(console->picture), time);
		return hv_sprintf("picture of %.10s %.5s UTC", time, time + 11);
	}
	const char *name = options->store ? options->store : options->demo ? "demo" : "hvtree";
	const char *slash = strrchr(name, '/');
	name = slash ? slash + 1 : name;
	return hv_text_printable(name, strlen(name));
}

static char *user_name(void)
{
	const struct passwd *entry = getpwuid(getuid());
	const char *name = entry ? entry->pw_name : getenv("USER");
	return hv_text_printable(name ? name : "", name ? strlen(name) : 0);
}

/* Problems of the configuration are for reading, one message each. */
static void tell_problems(struct app *app, const char *problems)
{
	HV_CLEANUP_FREE char *copy = hv_strdup(problems ? problems : "");
	char *rest = copy;
	char *line;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0') {
			app_message(app, true, line);
		}
	}
}

/* An opened picture remembers nothing: it is looked at once. */
static char *remembered_path(const struct console *console)
{
	return console->picture != NULL ? NULL : remembered_file_path(console->demo_dir, console->options->store);
}

/* The terminal is ours from here until it is given back. */
static struct loop_outcome run_on_screen(const struct console *console, struct screen *screen, bool ascii)
{
	HV_CLEANUP_FREE char *title = title_of(console);
	HV_CLEANUP_FREE char *user = user_name();
	const struct console_options *options = console->options;
	const struct config *settings = &console->settings;
	const struct app_config app_config = {
		.title = title,
		.user = user,
		.demo = options->demo,
		.read_only = options->read_only || console->picture != NULL,
		.ascii = ascii,
		.first_run = console->backend != NULL && !options->demo && !options->read_only,
		.settings = settings,
	};
	struct app *app = app_new(&app_config);
	HV_CLEANUP_FREE char *memory = remembered_path(console);
	HV_CLEANUP_FREE char *before = remembered_file_read(memory);
	if (before != NULL) {
		app_remember(app, before);
	}
	const struct loop_config config = {
		.app = app,
		.backend = console->backend,
		.picture = console->picture,
		.screen = screen,
		.theme = theme_of(options, settings),
		.overlay = options->demo ? "training" : NULL,
		.ask_background = config_is(settings, SETTING_ASK_BACKGROUND),
		.mouse = config_is(settings, SETTING_MOUSE),
		.ascii = ascii,
		.test_fd = idle_report_fd(getenv("HVTREE_TEST_FD")),
		.clock = hv_clock_system(),
	};
	tell_problems(app, console->problems.bytes);
	struct loop_outcome outcome = loop_run(&config);
	HV_CLEANUP_FREE char *now = app_remembered(app);
	remembered_file_write(memory, now);
	app_free(app);
	return outcome;
}

static void tell_live(size_t live)
{
	if (live > 0) {
		(void)printf("%zu operation%s still running; the hosts go on, and the next hvtree "
			     "tells the outcome.\n",
			live, live == 1 ? " is" : "s are");
	}
}

/* Where what is shown comes from: a picture has no backend, so that nothing can reach one. */
static enum hv_status open_source(struct console *console, struct hv_error *err)
{
	const struct hv_config config = {
		.store_path = console->options->store,
		.demo_dir = console->demo_dir,
		.connect = HV_CONNECT_ALL,
	};
	if (console->options->open != NULL) {
		return picture_read(console->options->open, &console->picture, err);
	}
	return hv_backend_open(&config, &console->backend, err);
}

static void close_source(struct console *console)
{
	picture_free(console->picture);
	if (console->backend != NULL) {
		hv_backend_close(console->backend);
	}
}

static int run(struct console *console)
{
	const struct config *settings = &console->settings;
	struct screen *screen;
	struct hv_error err;
	bool ascii = set_locale(console->options) || config_is(settings, SETTING_ASCII);
	const struct screen_config screen_config = {
		.no_color = console->options->no_color || is_set("NO_COLOR") || !config_is(settings, SETTING_COLOUR),
		.log_fd = open_log(console->demo_dir),
	};
	int code = 0;
	struct loop_outcome outcome = {.live = 0};
	if (signals_open(&err) != HV_OK) {
		complain(&err);
		code = EXIT_REFUSED;
	} else if (screen_open(&screen_config, &screen, &err) != HV_OK) {
		code = refuse_terminal(&err);
	} else {
		outcome = run_on_screen(console, screen, ascii);
		screen_close(screen);
	}
	close_source(console);
	signals_close();
	if (screen_config.log_fd >= 0) {
		close(screen_config.log_fd);
	}
	if (console->keeps_state) {
		tell_live(outcome.live);
	}
	console->wants_demo = outcome.wants_demo;
	return code;
}

static int run_with_settings(struct console *console)
{
	struct hv_error err;
	if (open_source(console, &err) != HV_OK) {
		complain(&err);
		return EXIT_REFUSED;
	}
	config_load(&console->settings, &console->problems);
	int code = run(console);
	config_clear(&console->settings);
	hv_text_clear(&console->problems);
	return code;
}

/* One store, from its opening to its end. */
static int run_store(const struct console_options *options, bool *ret_wants_demo)
{
	struct hv_error err;
	char *temporary = NULL;
	if (options->demo && options->demo_dir == NULL &&
		demo_folder_make(&temporary, &err) != HV_OK) {
		complain(&err);
		return EXIT_REFUSED;
	}
	struct console console = {
		.options = options,
		.demo_dir = temporary ? temporary : options->demo_dir,
		.keeps_state = temporary == NULL && options->open == NULL,
		.settings = CONFIG_INIT,
		.problems = HV_TEXT_INIT,
	};
	int code = run_with_settings(&console);
	demo_folder_remove(temporary);
	free(temporary);
	*ret_wants_demo = console.wants_demo;
	return code;
}

int console_main(const struct console_options *options)
{
	struct hv_error err;
	bool wants_demo = false;
	if (screen_check(&err) != HV_OK) {
		return refuse_terminal(&err);
	}
	signals_block(); /* before the backend makes its thread */
	int code = run_store(options, &wants_demo);
	if (wants_demo) {
		struct console_options demo = *options;
		demo.demo = true;
		demo.demo_dir = NULL;
		demo.store = NULL;
		signals_block();
		code = run_store(&demo, &wants_demo);
	}
	return code;
}
