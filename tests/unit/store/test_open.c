/* Which files the store takes, and that what it refuses is left as it was. */
#include "tests/unit/store/fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/memory.h"
#include "backend/store/sqlite/sqlite_store.h"

/* The file system that the store is told; 0: the true one. Replaces libc's function in this program. */
static uint32_t told_file_system;

int statfs(const char *path, struct statfs *info)
{
	if (access(path, F_OK) != 0) {
		return -1;
	}
	memset(info, 0, sizeof *info);
	info->f_type = (__typeof__(info->f_type))(told_file_system ? told_file_system : 0xEF53);
	return 0;
}

/* Refused with a sentence that says all three things; file and folder are byte for byte as before. */
static void refuses(struct fixture *fixture, const char *path, const char *because)
{
	struct store *store = NULL;
	size_t before_length = 0;
	size_t after_length = 0;
	struct stat before = {0};
	struct stat after = {0};
	int missing = stat(path, &before);
	char *before_bytes = missing == 0 && S_ISREG(before.st_mode) ? read_whole(path, &before_length) : NULL;
	must_fail(fixture, HV_ERR_STORE, store_open_sqlite(path, 50, &store, &fixture->error));
	assert_null(store);
	assert_contains(fixture->error.text, because);
	assert_contains(fixture->error.text, "nothing was changed");
	assert_int_equal(stat(path, &after), missing);
	if (before_bytes) {
		char *after_bytes = read_whole(path, &after_length);
		assert_int_equal(after_length, before_length);
		assert_memory_equal(after_bytes, before_bytes, before_length);
		assert_int_equal(after.st_mode, before.st_mode);
		assert_true(after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
			    after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
		free(after_bytes);
	}
	free(before_bytes);
}

static bool exists(const char *path, const char *suffix)
{
	char *name = hv_sprintf("%s%s", path, suffix);
	bool found = access(name, F_OK) == 0;
	free(name);
	return found;
}

static void test_open__makes_a_private_file_in_a_private_folder(void **state)
{
	struct fixture *fixture = *state;
	struct stat info;
	(void)snprintf(fixture->path, sizeof fixture->path, "%s/a/b/hvtree.db", fixture->folder);
	open_store(fixture);
	(void)add_host(fixture, "hv01");
	char *folder = hv_sprintf("%s/a/b", fixture->folder);
	assert_int_equal(stat(folder, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	assert_int_equal(stat(fixture->path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	free(folder);
	folder = hv_sprintf("%s-wal", fixture->path);
	assert_int_equal(stat(folder, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	free(folder);
}

static void test_open__keeps_the_mode_of_a_folder_that_exists(void **state)
{
	struct fixture *fixture = *state;
	struct stat info;
	assert_int_equal(chmod(fixture->folder, 0750), 0);
	open_store(fixture);
	assert_int_equal(stat(fixture->folder, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0750);
}

static void test_open__tells_what_kind_of_file_it_is_in_the_header(void **state)
{
	struct fixture *fixture = *state;
	size_t length = 0;
	open_store(fixture);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	char *bytes = read_whole(fixture->path, &length);
	assert_true(length > 100);
	assert_memory_equal(bytes + 68, "hvtr", 4);
	const char version[] = {0, 0, 0, (char)store_migration_count};
	assert_memory_equal(bytes + 60, version, sizeof version);
	free(bytes);
	assert_false(exists(fixture->path, "-wal"));
}

static void test_open__again_and_again_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	size_t first_length = 0;
	size_t length = 0;
	open_store(fixture);
	fixture->ops->close(fixture->store);
	char *first = read_whole(fixture->path, &first_length);
	for (int i = 0; i < 3; i++) {
		open_store(fixture);
		fixture->ops->close(fixture->store);
		fixture->store = NULL;
		char *bytes = read_whole(fixture->path, &length);
		assert_int_equal(length, first_length);
		assert_memory_equal(bytes, first, length);
		free(bytes);
	}
	free(first);
}

static void test_open__makes_a_store_of_an_empty_file(void **state)
{
	struct fixture *fixture = *state;
	write_whole(fixture->path, "", 0);
	open_store(fixture);
}

static void test_open__makes_one_again_after_a_kill_while_it_was_made(void **state)
{
	/* what a kill before the first commit leaves: a journal with nothing to take back */
	struct fixture *fixture = *state;
	char *journal = hv_sprintf("%s-journal", fixture->path);
	write_whole(fixture->path, "", 0);
	write_whole(journal, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	free(journal);
	open_store(fixture);
}

static void test_open__seeds_what_every_store_has__C3_X5(void **state)
{
	struct fixture *fixture = *state;
	char *account = NULL;
	char *domain = NULL;
	char *value = NULL;
	bool enabled = false;
	open_store(fixture);
	must(fixture, fixture->ops->setting_get(fixture->store, "vmsnapshot.max", &value, &fixture->error));
	assert_string_equal(value, "10");
	free(value);
	must(fixture, fixture->ops->account_names(fixture->store, 1, &account, &domain, &fixture->error));
	assert_string_equal(account, "admin");
	assert_string_equal(domain, "/");
	must(fixture, fixture->ops->offering_name(fixture->store, 1, &value, &fixture->error));
	assert_string_equal(value, "default");
	free(value);
	must(fixture, fixture->ops->snapshots_enabled(fixture->store, NULL, &enabled, &fixture->error));
	assert_true(enabled);
	free(account);
	free(domain);
}

static void test_open__refuses_a_file_that_is_no_database(void **state)
{
	struct fixture *fixture = *state;
	static const char text[] = "Dear diary, today I was opened by a program that wanted a database.\n";
	char *large = hv_alloc(20000);
	memset(large, 'x', 20000);
	write_whole(fixture->path, text, sizeof text - 1);
	refuses(fixture, fixture->path, "is not a store of hvtree");
	write_whole(fixture->path, large, 20000);
	refuses(fixture, fixture->path, "is not a store of hvtree");
	assert_false(exists(fixture->path, "-wal"));
	assert_false(exists(fixture->path, "-shm"));
	free(large);
}

static void make_database(const char *path, const char *sql)
{
	sqlite3 *database = NULL;
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void test_open__refuses_the_database_of_another_program(void **state)
{
	struct fixture *fixture = *state;
	make_database(fixture->path, "CREATE TABLE bookmark (url TEXT)");
	refuses(fixture, fixture->path, "belongs to another program");
	assert_int_equal(remove(fixture->path), 0);
	make_database(fixture->path, "PRAGMA application_id = 77; PRAGMA user_version = 1");
	refuses(fixture, fixture->path, "belongs to another program");
	assert_int_equal(remove(fixture->path), 0);
	make_database(fixture->path, "PRAGMA journal_mode = WAL; CREATE TABLE bookmark (url TEXT)");
	refuses(fixture, fixture->path, "belongs to another program");
	assert_false(exists(fixture->path, "-wal"));
	assert_false(exists(fixture->path, "-shm"));
}

static void test_open__refuses_another_programs_database_that_is_in_use(void **state)
{
	struct fixture *fixture = *state;
	sqlite3 *database = NULL;
	struct store *store = NULL;
	assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "PRAGMA journal_mode = WAL; CREATE TABLE bookmark (url TEXT)", NULL,
				 NULL, NULL),
		SQLITE_OK);
	must_fail(fixture, HV_ERR_STORE, store_open_sqlite(fixture->path, 50, &store, &fixture->error));
	assert_contains(fixture->error.text, "belongs to another program");
	assert_int_equal(
		sqlite3_exec(database, "INSERT INTO bookmark VALUES ('still mine')", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void test_open__refuses_a_store_of_a_newer_program(void **state)
{
	struct fixture *fixture = *state;
	open_store(fixture);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	make_database(fixture->path, "PRAGMA user_version = 99");
	refuses(fixture, fixture->path, "newer hvtree (version 99");
	assert_false(exists(fixture->path, "-wal"));
}

static void test_open__refuses_a_damaged_store(void **state)
{
	struct fixture *fixture = *state;
	size_t length = 0;
	open_store(fixture);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	char *sound = read_whole(fixture->path, &length);
	/* one page overwritten, each in turn; then the end cut off */
	for (size_t page = 0; page < length / 4096; page += 3) {
		char *bytes = hv_alloc(length);
		memcpy(bytes, sound, length);
		memset(bytes + page * 4096 + (page == 0 ? 100 : 0), 0xA5, 2000);
		write_whole(fixture->path, bytes, length);
		refuses(fixture, fixture->path, "is damaged");
		free(bytes);
	}
	write_whole(fixture->path, sound, length - 3 * 4096);
	refuses(fixture, fixture->path, "is damaged");
	write_whole(fixture->path, sound, length);
	open_store(fixture);
	free(sound);
}

static void test_open__stops_writing_when_damage_shows_up_later(void **state)
{
	struct fixture *fixture = *state;
	struct stat info;
	struct virtual_machine_list list = {0};
	open_store(fixture);
	fixture->host_id = add_host(fixture, "hv01");
	for (int i = 0; i < 40; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "vm%d", i);
		(void)add_vm(fixture, fixture->host_id, name);
	}
	fixture->ops->close(fixture->store);
	open_store(fixture);
	assert_int_equal(stat(fixture->path, &info), 0);
	/* the descriptor stays open until the end: closing it would drop the locks of the store */
	int file = open(fixture->path, O_WRONLY | O_CLOEXEC);
	char *rubbish = hv_alloc((size_t)info.st_size);
	memset(rubbish, 0xA5, (size_t)info.st_size);
	assert_true(pwrite(file, rubbish + 4096, (size_t)info.st_size - 4096, 4096) > 0);
	must_fail(fixture, HV_ERR_STORE, fixture->ops->vm_list(fixture->store, 0, &list, &fixture->error));
	assert_contains(fixture->error.text, "is damaged");
	must_fail(fixture, HV_ERR_STORE, fixture->ops->begin(fixture->store, &fixture->error));
	assert_contains(fixture->error.text, "put a copy back");
	virtual_machine_list_clear(&list);
	free(rubbish);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	(void)close(file);
}

static void test_open__refuses_what_is_not_a_regular_file(void **state)
{
	struct fixture *fixture = *state;
	char *name = hv_sprintf("%s/", fixture->folder);
	refuses(fixture, fixture->folder, "is a folder");
	refuses(fixture, name, "is a folder");
	refuses(fixture, "/dev/null", "is not a regular file");
	refuses(fixture, "/dev/null/hvtree.db", "Not a directory");
	free(name);
	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	refuses(fixture, fixture->path, "is not a regular file");
}

static void test_open__refuses_an_empty_and_an_endless_name(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = NULL;
	char name[6000];
	must_fail(fixture, HV_ERR_STORE, store_open_sqlite("", 50, &store, &fixture->error));
	memset(name, 'n', sizeof name - 1);
	name[0] = '/';
	name[sizeof name - 1] = '\0';
	must_fail(fixture, HV_ERR_STORE, store_open_sqlite(name, 50, &store, &fixture->error));
	assert_contains(fixture->error.text, "too long a name");
}

static void test_open__follows_a_link_and_refuses_one_that_leads_nowhere(void **state)
{
	struct fixture *fixture = *state;
	char *link = hv_sprintf("%s/link.db", fixture->folder);
	char *loop = hv_sprintf("%s/loop.db", fixture->folder);
	assert_int_equal(symlink("hvtree.db", link), 0);
	assert_int_equal(symlink("loop.db", loop), 0);
	refuses(fixture, link, "leads nowhere");
	refuses(fixture, loop, "leads back to itself");
	open_store(fixture);
	struct store *other = NULL;
	must(fixture, store_open_sqlite(link, 50, &other, &fixture->error));
	(void)add_host(fixture, "hv01");
	/* the log lies beside the file, not beside the link */
	assert_true(exists(fixture->path, "-wal"));
	assert_false(exists(link, "-wal"));
	other->ops->close(other);
	free(link);
	free(loop);
}

static void test_open__refuses_network_file_systems(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		uint32_t magic;
		const char *name;
	} cases[] = {{0x6969, "NFS"}, {0xFE534D42, "SMB"}, {0x01021997, "9P"}, {0xFF534D42, "CIFS"}};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		told_file_system = cases[i].magic;
		refuses(fixture, fixture->path, cases[i].name);
		assert_contains(fixture->error.text, "network file system");
		assert_false(exists(fixture->path, ""));
	}
	told_file_system = 0;
	open_store(fixture);
}

/* As a user without rights, in a process of its own. */
static void open_as_nobody(struct fixture *fixture, int in, int out)
{
	(void)in;
	(void)out;
	struct store *store = NULL;
	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
		_exit(4);
	}
	enum hv_status status = store_open_sqlite(fixture->path, 50, &store, &fixture->error);
	bool said = status == HV_ERR_STORE && strstr(fixture->error.text, "nothing was changed") &&
		    (strstr(fixture->error.text, "denied") || strstr(fixture->error.text, "right to write"));
	_exit(said ? 0 : 5);
}

static void test_open__refuses_a_file_or_folder_that_cannot_be_written(void **state)
{
	struct fixture *fixture = *state;
	size_t length = 0;
	size_t length_after = 0;
	open_store(fixture);
	fixture->ops->close(fixture->store);
	fixture->store = NULL;
	char *before = read_whole(fixture->path, &length);
	static const struct {
		mode_t folder;
		mode_t file;
	} cases[] = {{0755, 0444}, {0555, 0666}, {0000, 0600}};
	for (size_t i = 0; i < HV_ARRAY_LEN(cases); i++) {
		assert_int_equal(chmod(fixture->path, cases[i].file), 0);
		assert_int_equal(chmod(fixture->folder, cases[i].folder), 0);
		struct peer peer = peer_start(fixture, open_as_nobody);
		peer_end(&peer);
		assert_int_equal(chmod(fixture->folder, 0700), 0);
		assert_int_equal(chmod(fixture->path, 0600), 0);
	}
	char *after = read_whole(fixture->path, &length_after);
	assert_int_equal(length_after, length);
	assert_memory_equal(after, before, length);
	free(before);
	free(after);
}

static void open_and_close(struct fixture *fixture, int in, int out)
{
	tell_parent(out);
	await_parent(in);
	struct store *store = NULL;
	struct hv_error error = {0};
	if (store_open_sqlite(fixture->path, 10000, &store, &error) != HV_OK) {
		(void)fprintf(stderr, "%s\n", error.text);
		_exit(6);
	}
	store->ops->close(store);
}

static void test_open__many_consoles_make_the_store_together(void **state)
{
	struct fixture *fixture = *state;
	for (int round = 0; round < 10; round++) {
		struct peer peers[4];
		for (size_t i = 0; i < HV_ARRAY_LEN(peers); i++) {
			peers[i] = peer_start(fixture, open_and_close);
			peer_await(&peers[i]);
		}
		for (size_t i = 0; i < HV_ARRAY_LEN(peers); i++) {
			peer_tell(&peers[i]);
		}
		for (size_t i = 0; i < HV_ARRAY_LEN(peers); i++) {
			peer_end(&peers[i]);
		}
		open_store(fixture);
		fixture->ops->close(fixture->store);
		fixture->store = NULL;
		assert_int_equal(remove(fixture->path), 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_folder, fixture_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_open__makes_a_private_file_in_a_private_folder),
		TEST(test_open__keeps_the_mode_of_a_folder_that_exists),
		TEST(test_open__tells_what_kind_of_file_it_is_in_the_header),
		TEST(test_open__again_and_again_changes_nothing),
		TEST(test_open__makes_a_store_of_an_empty_file),
		TEST(test_open__makes_one_again_after_a_kill_while_it_was_made),
		TEST(test_open__seeds_what_every_store_has__C3_X5),
		TEST(test_open__refuses_a_file_that_is_no_database),
		TEST(test_open__refuses_the_database_of_another_program),
		TEST(test_open__refuses_another_programs_database_that_is_in_use),
		TEST(test_open__refuses_a_store_of_a_newer_program),
		TEST(test_open__refuses_a_damaged_store),
		TEST(test_open__stops_writing_when_damage_shows_up_later),
		TEST(test_open__refuses_what_is_not_a_regular_file),
		TEST(test_open__refuses_an_empty_and_an_endless_name),
		TEST(test_open__follows_a_link_and_refuses_one_that_leads_nowhere),
		TEST(test_open__refuses_network_file_systems),
		TEST(test_open__refuses_a_file_or_folder_that_cannot_be_written),
		TEST(test_open__many_consoles_make_the_store_together),
	};
	return cmocka_run_group_tests_name("store/open", tests, NULL, NULL);
}
