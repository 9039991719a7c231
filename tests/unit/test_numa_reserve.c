/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_numa_reserve.c - builders tell each other what they are about to take,
 * and the dead ones don't count. */
#include "numa_reserve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fake/fake.h"
#include "unit.h"

static struct xg_log the_log;
static struct xg_ctx ctx;
static char dir[64];

static void make_dir(void)
{
    struct xg_error err;

    xg_log_open(&the_log, "test");
    assert_fine(xg_ctx_open(&ctx, 8, &the_log, &err), err);
    snprintf(dir, sizeof(dir), "/tmp/xenguest-test-%d", (int)getpid());
}

static void remove_dir(void)
{
    char command[128];

    xg_ctx_close(&ctx);
    xg_log_close(&the_log);
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static unsigned int count_files(void)
{
    unsigned int nr = 0;
    struct dirent *entry;
    DIR *listing = opendir(dir);

    while ((entry = readdir(listing)))
        nr += strstr(entry->d_name, ".numa") != NULL;
    closedir(listing);
    return nr;
}

static uint64_t others(const struct numa_reserve *own, unsigned int node)
{
    uint64_t pages[NUMA_NODES_MAX];
    cleanup_close int lock_fd = -1;
    struct xg_error err;

    assert_fine(numa_reserve_lock(dir, &lock_fd, &err), err);
    assert_fine(numa_reserve_sum(&ctx, dir, own, pages, &err), err);
    return pages[node];
}

/* A builder that holds a reservation until it is killed. */
static pid_t start_builder(uint64_t pages_on_3)
{
    int ready[2];
    pid_t pid;
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        uint64_t pages[NUMA_NODES_MAX] = { [3] = pages_on_3 };
        struct numa_reserve reserve = { 0 };
        struct xg_error err;
        int lock_fd;

        if (numa_reserve_lock(dir, &lock_fd, &err) < 0 ||
            numa_reserve_set(dir, 9, pages, &reserve, &err) < 0)
            _exit(1);
        close(lock_fd);
        numa_reserve_take(&reserve, 3, 100);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

START_TEST(others_count_until_they_die)
{
    struct numa_reserve none = { 0 };
    pid_t one = start_builder(1000), two = start_builder(500);

    ck_assert_uint_eq(others(&none, 3), 1000 - 100 + 500 - 100);
    ck_assert_uint_eq(others(&none, 2), 0);
    ck_assert_uint_eq(count_files(), 2);

    kill(one, SIGKILL);
    waitpid(one, NULL, 0);
    ck_assert_uint_eq(others(&none, 3), 400);
    ck_assert_uint_eq(count_files(), 1);

    kill(two, SIGKILL);
    waitpid(two, NULL, 0);
    ck_assert_uint_eq(others(&none, 3), 0);
    ck_assert_uint_eq(count_files(), 0);
}
END_TEST

START_TEST(ones_own_does_not_count)
{
    uint64_t pages[NUMA_NODES_MAX] = { [0] = 7, [63] = 9 };
    struct numa_reserve own = { 0 };
    struct xg_error err;

    ck_assert_uint_eq(others(&own, 0), 0);
    assert_fine(numa_reserve_set(dir, 5, pages, &own, &err), err);
    ck_assert_uint_eq(others(&own, 0), 0);
    ck_assert_uint_eq(others(&own, 63), 0);
    ck_assert_uint_eq(count_files(), 1);

    /* A second plan takes the place of the first. */
    pages[0] = 3;
    assert_fine(numa_reserve_set(dir, 5, pages, &own, &err), err);
    ck_assert_uint_eq(own.shared->pages[0], 3);
    numa_reserve_take(&own, 0, 5);
    ck_assert_uint_eq(own.shared->pages[0], 0);

    numa_reserve_free(&own);
    ck_assert_uint_eq(count_files(), 0);
    numa_reserve_take(&own, 0, 5);
    numa_reserve_free(&own);
}
END_TEST

/* The doubles have domain 7, whose memory comes without its builder's counting:
 * a restore, or a hypercall that takes long. */
START_TEST(what_a_domain_has_got_does_not_count)
{
    const uint64_t pages[NUMA_NODES_MAX] = { [0] = 300, [3] = 100 };
    const struct numa_reserve none = { 0 };
    struct numa_reserve theirs = { 0 };
    struct xg_error err;

    ck_assert_uint_eq(others(&none, 0), 0);
    assert_fine(numa_reserve_set(dir, 7, pages, &theirs, &err), err);
    ck_assert_uint_eq(others(&none, 0), 300);

    ck_assert(fake_host_take(200));
    ck_assert_uint_eq(others(&none, 0), 150);
    ck_assert_uint_eq(others(&none, 3), 50);

    /* Counted after all: not once more. */
    numa_reserve_take(&theirs, 0, 200);
    ck_assert_uint_eq(others(&none, 0), 100);
    ck_assert_uint_eq(others(&none, 3), 100);

    ck_assert(fake_host_take(1000));
    ck_assert_uint_eq(others(&none, 0), 0);
    ck_assert_uint_eq(others(&none, 3), 0);
    numa_reserve_free(&theirs);
}
END_TEST

START_TEST(a_large_reservation_is_deducted_from)
{
    struct numa_reservation large = {
        .planned = UINT64_C(1) << 41,
        .pages = { UINT64_C(1) << 40, UINT64_C(1) << 40 },
    };

    numa_reserve_deduct(&large, UINT64_C(1) << 40);
    ck_assert_uint_eq(large.pages[0], UINT64_C(1) << 39);
    ck_assert_uint_eq(large.pages[1], UINT64_C(1) << 39);
}
END_TEST

START_TEST(a_directory_that_can_not_be)
{
    struct xg_error err;
    int lock_fd = -1;

    assert_failed(numa_reserve_lock("/proc/nowhere/run", &lock_fd, &err), err,
                  ENOENT, "/proc/nowhere/run");
}
END_TEST

/* What the file system says to the next calls; then it has room. */
static const int *fallocate_errors = (const int[]){ 0 };

int posix_fallocate(int fd, off_t offset, off_t len)
{
    if (*fallocate_errors)
        return *fallocate_errors++;
    return ftruncate(fd, offset + len) < 0 ? errno : 0;
}

/* The file is written to through a map: without room behind it that would be a
 * SIGBUS, and nobody would tell why the build ended. */
START_TEST(a_full_file_system)
{
    const uint64_t pages[NUMA_NODES_MAX] = { 7 };
    struct numa_reserve own = { 0 };
    cleanup_close int lock_fd = -1;
    struct xg_error err;

    assert_fine(numa_reserve_lock(dir, &lock_fd, &err), err);
    fallocate_errors = (const int[]){ ENOSPC, 0 };
    assert_failed(numa_reserve_set(dir, 5, pages, &own, &err), err, ENOSPC,
                  "/5-");
    ck_assert_uint_eq(count_files(), 0);

    fallocate_errors = (const int[]){ EINTR, EINTR, 0 };
    assert_fine(numa_reserve_set(dir, 5, pages, &own, &err), err);
    ck_assert_uint_eq(own.shared->pages[0], 7);
    numa_reserve_free(&own);
}
END_TEST

static unsigned int mode_of(const char *path)
{
    struct stat status;

    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 07777;
}

/* A lock that others could take would stop all builds, and one on a dead
 * builder's file would keep its pages reserved. */
START_TEST(nobody_else_gets_at_it)
{
    const uint64_t pages[NUMA_NODES_MAX] = { 7 };
    struct numa_reserve own = { 0 };
    cleanup_close int lock_fd = -1;
    struct xg_error err;
    char lock[80];

    umask(0);
    assert_fine(numa_reserve_lock(dir, &lock_fd, &err), err);
    assert_fine(numa_reserve_set(dir, 5, pages, &own, &err), err);
    snprintf(lock, sizeof(lock), "%s/lock", dir);
    ck_assert_uint_eq(mode_of(dir), 0700);
    ck_assert_uint_eq(mode_of(lock), 0600);
    ck_assert_uint_eq(mode_of(own.path), 0600);
    numa_reserve_free(&own);
}
END_TEST

/* Some callers start programs with 0 closed. */
START_TEST(fd_0_is_given_back_like_any_other)
{
    const uint64_t pages[NUMA_NODES_MAX] = { 7 };
    struct numa_reserve own = { 0 };
    cleanup_close int lock_fd = -1;
    struct xg_error err;

    assert_fine(numa_reserve_lock(dir, &lock_fd, &err), err);
    close(STDIN_FILENO);
    assert_fine(numa_reserve_set(dir, 5, pages, &own, &err), err);
    ck_assert_int_eq(own.fd, STDIN_FILENO);
    numa_reserve_free(&own);
    ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD), -1);

    /* ... and what holds nothing gives nothing back */
    ck_assert_int_eq(dup2(lock_fd, STDIN_FILENO), STDIN_FILENO);
    numa_reserve_free(&own);
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_reserve");

    tcase_add_checked_fixture(tcase, make_dir, remove_dir);
    tcase_add_test(tcase, others_count_until_they_die);
    tcase_add_test(tcase, ones_own_does_not_count);
    tcase_add_test(tcase, what_a_domain_has_got_does_not_count);
    tcase_add_test(tcase, a_large_reservation_is_deducted_from);
    tcase_add_test(tcase, a_directory_that_can_not_be);
    tcase_add_test(tcase, a_full_file_system);
    tcase_add_test(tcase, nobody_else_gets_at_it);
    tcase_add_test(tcase, fd_0_is_given_back_like_any_other);
    return unit_run("numa_reserve", tcase);
}
