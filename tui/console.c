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
#include "tui/state/app.h"
#include "tui/terminal/screen.h"
#include "tui/terminal/signals.h"

/* The user's file, and what is wrong with it. */
struct console_settings {
	struct config config;
	struct hv_text problems;
};

#define EXIT_REFUSED 1
#define EXIT_USAGE 2

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

/* What stands in the title bar: the demo, or the store by its file name. */
static char *title_of(const struct console_options *options)
{
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

/* The terminal is ours from here until it is given back. Returns the operations that go on. */
static size_t run_on_screen(const struct console_options *options, const struct console_settings *settings,
	struct hv_backend *backend, struct screen *screen, bool ascii)
{
	HV_CLEANUP_FREE char *title = title_of(options);
	HV_CLEANUP_FREE char *user = user_name();
	const struct config *config_of_user = &settings->config;
	const struct app_config app_config = {
		.title = title,
		.user = user,
		.demo = options->demo,
		.read_only = options->read_only,
		.ascii = ascii,
		.settings = config_of_user,
	};
	struct app *app = app_new(&app_config);
	const struct loop_config config = {
		.app = app,
		.backend = backend,
		.screen = screen,
		.theme = theme_of(options, config_of_user),
		.overlay = options->demo ? "training" : NULL,
		.ask_background = config_is(config_of_user, SETTING_ASK_BACKGROUND),
		.mouse = config_is(config_of_user, SETTING_MOUSE),
		.ascii = ascii,
		.test_fd = idle_report_fd(getenv("HVTREE_TEST_FD")),
		.clock = hv_clock_system(),
	};
	tell_problems(app, settings->problems.bytes);
	size_t live = loop_run(&config);
	app_free(app);
	return live;
}

static int run_with_backend(const struct console_options *options, const struct console_settings *settings,
	const char *demo_dir, bool keeps_state)
{
	const struct hv_config config = {
		.store_path = options->store,
		.demo_dir = demo_dir,
		.connect = HV_CONNECT_ALL,
	};
	struct hv_backend *backend;
	struct screen *screen;
	struct hv_error err;
	if (hv_backend_open(&config, &backend, &err) != HV_OK) {
		complain(&err);
		return EXIT_REFUSED;
	}
	bool ascii = set_locale(options) || config_is(&settings->config, SETTING_ASCII);
	int log_fd = open_log(demo_dir);
	const struct screen_config screen_config = {
		.no_color = options->no_color || is_set("NO_COLOR") ||
			    !config_is(&settings->config, SETTING_COLOUR),
		.log_fd = log_fd,
	};
	int code = 0;
	size_t live = 0;
	if (signals_open(&err) != HV_OK) {
		complain(&err);
		code = EXIT_REFUSED;
	} else if (screen_open(&screen_config, &screen, &err) != HV_OK) {
		code = refuse_terminal(&err);
	} else {
		live = run_on_screen(options, settings, backend, screen, ascii);
		screen_close(screen);
	}
	hv_backend_close(backend);
	signals_close();
	if (log_fd >= 0) {
		close(log_fd);
	}
	if (live > 0 && keeps_state) {
		(void)printf("%zu operation%s still running; the hosts go on, and the next hvtree "
			     "tells the outcome.\n",
			live, live == 1 ? " is" : "s are");
	}
	return code;
}

int console_main(const struct console_options *options)
{
	struct hv_error err;
	if (screen_check(&err) != HV_OK) {
		return refuse_terminal(&err);
	}
	signals_block(); /* before the backend makes its thread */
	char *temporary = NULL;
	if (options->demo && options->demo_dir == NULL &&
		demo_folder_make(&temporary, &err) != HV_OK) {
		complain(&err);
		return EXIT_REFUSED;
	}
	struct console_settings settings = {.config = CONFIG_INIT, .problems = HV_TEXT_INIT};
	config_load(&settings.config, &settings.problems);
	int code = run_with_backend(
		options, &settings, temporary ? temporary : options->demo_dir, temporary == NULL);
	config_clear(&settings.config);
	hv_text_clear(&settings.problems);
	demo_folder_remove(temporary);
	free(temporary);
	return code;
}
