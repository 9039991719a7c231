/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_reserve.c - builders tell each other what they are about to take,
 * and the dead ones don't count. */
#include "numa_reserve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fake/fake.h"
#include "numa_lock.h"
#include "unit.h"

static struct xg_log the_log;
static struct xg_ctx ctx;
static const char dir[] = "run"; /* not there yet */

/* Long enough for any machine. */
static const struct numa_patience patience = { .told_ms = 1000,
                                               .most_ms = 600000 };

static void make_dir(void)
{
    struct xg_error err;

    xg_log_open(&the_log, "test");
    assert_fine(xg_ctx_open(&ctx, 8, &the_log, &err), err);
    unit_enter_dir();
}

static void remove_dir(void)
{
    xg_ctx_close(&ctx);
    xg_log_close(&the_log);
    unit_leave_dir();
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

    assert_fine(numa_lock_take(&ctx, dir, &patience, &lock_fd, &err), err);
    assert_fine(numa_reserve_sum(&ctx, dir, own, pages, &err), err);
    return pages[node];
}

/* A builder that holds this until it is killed: a reservation, of which it has
 * taken 100 pages of node 3, or, NULL, the lock. */
static pid_t start_holder(const struct numa_reservation *wanted)
{
    int ready[2];
    pid_t pid;
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct numa_reserve reserve = { 0 };
        struct xg_error err;
        int lock_fd;

        if (numa_lock_take(&ctx, dir, &patience, &lock_fd, &err) < 0)
            _exit(1);
        if (wanted) {
            if (numa_reserve_set(dir, 9, wanted, &reserve, &err) < 0)
                _exit(1);
            close(lock_fd);
            numa_reserve_take(&reserve, 3, 100);
        }
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

/* Ends it while we wait. */
static void end_holder_soon(pid_t pid)
{
    const struct timespec a_while = { .tv_nsec = 50 * 1000000L };

    if (fork() == 0) {
        nanosleep(&a_while, NULL);
        kill(pid, SIGKILL);
        _exit(0);
    }
}

static void end_holder(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

START_TEST(others_count_until_they_die)
{
    const struct numa_reservation large = { .pages = { [3] = 1000 } };
    const struct numa_reservation small = { .pages = { [3] = 500 } };
    struct numa_reserve none = { 0 };
    pid_t one = start_holder(&large), two = start_holder(&small);

    ck_assert_uint_eq(others(&none, 3), 1000 - 100 + 500 - 100);
    ck_assert_uint_eq(others(&none, 2), 0);
    ck_assert_uint_eq(count_files(), 2);

    end_holder(one);
    ck_assert_uint_eq(others(&none, 3), 400);
    ck_assert_uint_eq(count_files(), 1);

    end_holder(two);
    ck_assert_uint_eq(others(&none, 3), 0);
    ck_assert_uint_eq(count_files(), 0);
}
END_TEST

START_TEST(ones_own_does_not_count)
{
    struct numa_reservation wanted = { .pages = { [0] = 7, [63] = 9 } };
    struct numa_reserve own = { 0 };
    struct xg_error err;

    ck_assert_uint_eq(others(&own, 0), 0);
    assert_fine(numa_reserve_set(dir, 5, &wanted, &own, &err), err);
    ck_assert_uint_eq(others(&own, 0), 0);
    ck_assert_uint_eq(others(&own, 63), 0);
    ck_assert_uint_eq(count_files(), 1);

    /* A second plan takes the place of the first. */
    wanted.pages[0] = 3;
    assert_fine(numa_reserve_set(dir, 5, &wanted, &own, &err), err);
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
    const struct numa_reservation wanted = { .pages = {
                                                 [0] = 300, [3] = 100 } };
    const struct numa_reserve none = { 0 };
    struct numa_reserve theirs = { 0 };
    struct xg_error err;

    ck_assert_uint_eq(others(&none, 0), 0);
    assert_fine(numa_reserve_set(dir, 7, &wanted, &theirs, &err), err);
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

/* What was reserved for more than the domain's own pages, and is dropped, takes
 * nothing from what the domain has got. With the last page goes the file. */
START_TEST(what_is_dropped_does_not_count)
{
    const struct numa_reservation wanted = { .pages = { [0] = 300, [2] = 7 } };
    const struct numa_reserve none = { 0 };
    struct numa_reserve theirs = { 0 };
    struct xg_error err;

    ck_assert_uint_eq(others(&none, 0), 0);
    assert_fine(numa_reserve_set(dir, 7, &wanted, &theirs, &err), err);
    numa_reserve_drop(&theirs, 0, 100);
    ck_assert_uint_eq(others(&none, 0), 200);
    ck_assert_uint_eq(others(&none, 2), 7);
    numa_reserve_drop(&theirs, 2, 7);
    ck_assert(fake_host_take(50));
    ck_assert_uint_eq(others(&none, 0), 150);

    numa_reserve_drop(&theirs, 0, 1000);
    ck_assert_uint_eq(others(&none, 0), 0);
    ck_assert_ptr_null(theirs.shared);
    ck_assert_uint_eq(count_files(), 0);
    numa_reserve_drop(&theirs, 0, 1);
}
END_TEST

/* One that can't be looked into may hold any number of pages. */
START_TEST(what_cant_be_read_is_an_error)
{
    const struct numa_reservation wanted = { .pages = { [0] = 300 } };
    const struct numa_reserve none = { 0 };
    struct numa_reserve theirs = { 0 };
    uint64_t pages[NUMA_NODES_MAX];
    struct rlimit limit;
    rlim_t before;
    struct xg_error err;
    int lowest_free;

    ck_assert_uint_eq(others(&none, 0), 0);
    assert_fine(numa_reserve_set(dir, 7, &wanted, &theirs, &err), err);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    lowest_free = open("/dev/null", O_RDONLY);
    close(lowest_free);
    before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)lowest_free + 1; /* the folder's */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_failed(numa_reserve_sum(&ctx, dir, &none, pages, &err), err, EMFILE,
                  "7-");

    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    numa_reserve_free(&theirs);
}
END_TEST

/* As an I/O error: a directory that is locked can be opened, and not read. */
START_TEST(what_fails_to_be_read_is_an_error)
{
    const struct numa_reserve none = { 0 };
    uint64_t pages[NUMA_NODES_MAX];
    char path[PATH_MAX];
    struct xg_error err;
    int fd;

    ck_assert_uint_eq(others(&none, 0), 0);
    snprintf(path, sizeof(path), "%s/7-1.numa", dir);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    fd = open(path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    assert_failed(numa_reserve_sum(&ctx, dir, &none, pages, &err), err, EISDIR,
                  "7-1.numa");
    close(fd);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* Nodes 0, 3 and 5 of which 5 is filled first, then 0. */
static const struct deducted {
    uint32_t nr_order;
    uint64_t last_pages, got;
    uint64_t left_0, left_3, left_5;
} deducted[] = {
    { 3, 0, 0, 300, 100, 200 },
    { 3, 0, 150, 300, 100, 50 },
    { 3, 0, 200, 300, 100, 0 },
    { 3, 0, 201, 299, 100, 0 },
    { 3, 0, 550, 0, 50, 0 },
    { 3, 0, 700, 0, 0, 0 },
    /* 20 pages of node 5 come last */
    { 3, 20, 150, 300, 100, 50 },
    { 3, 20, 200, 280, 100, 20 },
    { 3, 20, 580, 0, 0, 20 },
    { 3, 20, 590, 0, 0, 10 },
    { 3, 1000, 350, 0, 50, 200 },
    /* from all of them at once; an older builder's */
    { 0, 0, 300, 150, 50, 100 },
    { 0, 0, 600, 0, 0, 0 },
    /* no number of nodes */
    { 65, 0, 300, 150, 50, 100 },
    { UINT32_MAX, 0, 300, 150, 50, 100 },
};

START_TEST(what_a_domain_has_got_is_deducted_in_order)
{
    const struct deducted *row = &deducted[_i];
    struct numa_reservation theirs = {
        .planned = 600,
        .pages = { [0] = 300, [3] = 100, [5] = 200 },
        .nr_order = row->nr_order,
        .order = { 5, 0, 3 },
        .last_pages = row->last_pages,
    };

    numa_reserve_deduct(&theirs, row->got);
    ck_assert_uint_eq(theirs.pages[0], row->left_0);
    ck_assert_uint_eq(theirs.pages[3], row->left_3);
    ck_assert_uint_eq(theirs.pages[5], row->left_5);
}
END_TEST

/* Whatever the file holds, deducting ends, gives no node more than it had, and
 * touches nothing else. */
START_TEST(any_contents_will_do)
{
    unsigned int seed = (unsigned int)_i;

    for (unsigned int round = 0; round < 2000; round++) {
        struct numa_reservation any, before;
        unsigned char *bytes = (unsigned char *)&any;

        for (size_t i = 0; i < sizeof(any); i++)
            bytes[i] = rand_r(&seed) % 3 ? (unsigned char)rand_r(&seed) : 0xff;
        if (round % 2)
            any.nr_order = (uint32_t)rand_r(&seed) % 66;
        /* Less than was planned, and than the domain has got. */
        for (unsigned int node = 0; node < NUMA_NODES_MAX && round % 3; node++)
            any.pages[node] >>= 32 + rand_r(&seed) % 32;
        memcpy(&before, &any, sizeof(any)); /* with what lies between them */
        numa_reserve_deduct(&any, (uint64_t)rand_r(&seed) << round % 64);
        for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
            ck_assert_uint_le(any.pages[node], before.pages[node]);
        memcpy(before.pages, any.pages, sizeof(any.pages));
        ck_assert_mem_eq(&any, &before, sizeof(any));
    }
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

/* A file of that size whose builder lives. */
static int make_file(const char *name, const void *contents, size_t bytes)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, contents, bytes), (ssize_t)bytes);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    return fd;
}

/* Older builders' files end with the pages by node; newer ones' may be longer.
 */
START_TEST(files_of_other_versions)
{
    struct {
        struct numa_reservation known;
        char more[100];
    } newer = { .known = { .planned = 400,
                           .pages = { [0] = 300, [3] = 100 },
                           .nr_order = 2,
                           .order = { 3, 0 } } };
    const size_t older_bytes = (1 + NUMA_NODES_MAX) * sizeof(uint64_t);
    const struct numa_reserve none = { 0 };
    int fds[4];

    ck_assert_uint_eq(others(&none, 0), 0);
    ck_assert(fake_host_take(200));
    fds[0] = make_file("7-100.numa", &newer, older_bytes);
    ck_assert_uint_eq(others(&none, 0), 150);
    ck_assert_uint_eq(others(&none, 3), 50);
    fds[1] = make_file("7-101.numa", &newer, sizeof(newer));
    ck_assert_uint_eq(others(&none, 0), 150 + 200);
    ck_assert_uint_eq(others(&none, 3), 50);

    /* not all of it, as yet */
    fds[2] = make_file("7-102.numa", &newer, older_bytes - 1);
    fds[3] = make_file("7-103.numa", &newer, older_bytes + 6);
    ck_assert_uint_eq(others(&none, 0), 150 + 200 + 150);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
    ck_assert_uint_eq(others(&none, 0), 0);
    ck_assert_uint_eq(count_files(), 0);
}
END_TEST

/* Sums stay at the most that there can be, and nobody waits for a FIFO. */
START_TEST(files_of_nobody_we_know)
{
    const struct numa_reservation large = { .planned = UINT64_MAX,
                                            .pages = { UINT64_MAX } };
    const struct numa_reserve none = { 0 };
    char fifo[80];
    int fds[2];

    ck_assert_uint_eq(others(&none, 0), 0);
    fds[0] = make_file("9-100.numa", &large, sizeof(large));
    fds[1] = make_file("9-101.numa", &large, sizeof(large));
    snprintf(fifo, sizeof(fifo), "%s/9-102.numa", dir);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_uint_eq(others(&none, 0), UINT64_MAX);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* ---- waiting for the lock ---- */

/* What the log says, in *text. */
static void read_log(char *text, size_t bytes)
{
    FILE *file = fopen("debuglog", "r");
    size_t done;

    ck_assert_ptr_nonnull(file);
    done = fread(text, 1, bytes - 1, file);
    text[done] = '\0';
    fclose(file);
}

static void log_to_dir(void)
{
    struct xg_error err;

    assert_fine(xg_log_debuglog(&the_log, "debuglog", &err), err);
}

START_TEST(waiting_is_told_and_has_an_end)
{
    const struct numa_patience little = { .told_ms = 20, .most_ms = 60 };
    cleanup_close int fd = -1, fd_later = -1;
    struct xg_error err;
    char text[4096];
    pid_t holder = start_holder(NULL);

    log_to_dir();
    assert_failed(numa_lock_take(&ctx, dir, &little, &fd, &err), err, ETIMEDOUT,
                  "another builder has kept it for 60 ms");
    read_log(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "waiting for"));
    /* once */
    ck_assert_ptr_null(strstr(strstr(text, "waiting for") + 1, "waiting for"));

    end_holder(holder);
    assert_fine(numa_lock_take(&ctx, dir, &little, &fd_later, &err), err);
}
END_TEST

/* Whoever gets it soon says nothing. */
START_TEST(a_short_wait_is_not_told)
{
    const struct numa_patience long_one = { .told_ms = 600000,
                                            .most_ms = 600000 };
    cleanup_close int fd = -1;
    struct xg_error err;
    char text[4096];
    pid_t holder = start_holder(NULL);

    log_to_dir();
    end_holder_soon(holder);
    assert_fine(numa_lock_take(&ctx, dir, &long_one, &fd, &err), err);
    while (wait(NULL) > 0)
        ;
    read_log(text, sizeof(text));
    ck_assert_ptr_null(strstr(text, "waiting"));
}
END_TEST

static void on_signal(int number)
{
    (void)number;
}

/* A listen job that is aborted gets a signal. */
START_TEST(a_signal_ends_the_waiting)
{
    const struct sigaction wake = { .sa_handler = on_signal };
    const struct itimerval soon = { { 0, 20000 }, { 0, 20000 } };
    cleanup_close int fd = -1;
    struct xg_error err;
    pid_t holder = start_holder(NULL);

    sigaction(SIGALRM, &wake, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_failed(numa_lock_take(&ctx, dir, &patience, &fd, &err), err, EINTR,
                  "waiting for");
    setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
    end_holder(holder);
}
END_TEST

/* Whether somebody else runs us than made the files. */
static bool is_foreign;

uid_t geteuid(void)
{
    return getuid() + is_foreign;
}

/* Neither who builds nor who only looks believes what is in it. */
static void assert_not_trusted(const char *text)
{
    struct xg_error err;
    int fd = -1;

    assert_failed(numa_lock_take(&ctx, dir, &patience, &fd, &err), err, EPERM,
                  text);
    assert_failed(numa_lock_share(&ctx, dir, &patience, &fd, &err), err, EPERM,
                  text);
    ck_assert_int_eq(fd, -1);
}

START_TEST(a_directory_of_others)
{
    cleanup_close int fd = -1;
    struct xg_error err;

    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_assert_int_eq(chmod(dir, 0770), 0);
    assert_not_trusted("run is no folder that only user");
    ck_assert_int_eq(chmod(dir, 0702), 0);
    assert_not_trusted("(mode 702, of user");
    ck_assert_int_eq(chmod(dir, 0700), 0);
    is_foreign = true;
    assert_not_trusted("(mode 700, of user");
    is_foreign = false;
    ck_assert_int_eq(rename(dir, "elsewhere"), 0);
    ck_assert_int_eq(symlink("elsewhere", dir), 0);
    assert_not_trusted("run is no folder");
    ck_assert_int_eq(unlink(dir), 0);
    ck_assert_int_eq(rename("elsewhere", dir), 0);
    assert_fine(numa_lock_take(&ctx, dir, &patience, &fd, &err), err);
}
END_TEST

START_TEST(one_that_is_not_there_is_not_made_by_looking)
{
    uint64_t pages[NUMA_NODES_MAX];
    struct xg_error err;
    int fd = -1;

    assert_fine(numa_lock_share(&ctx, dir, &patience, &fd, &err), err);
    assert_fine(numa_reserve_look(&ctx, dir, pages, &err), err);
    ck_assert_int_eq(fd, -1);
    ck_assert_uint_eq(pages[0], 0);
    ck_assert_int_eq(access(dir, F_OK), -1);
}
END_TEST

/* Whoever made them: root may have made a mistake. */
START_TEST(links_are_not_followed)
{
    const struct numa_reservation wanted = { .pages = { 1 } };
    struct numa_reserve own = { 0 };
    char path[64], lock[64];
    struct xg_error err;
    int fd = -1;

    ck_assert_int_eq(mkdir(dir, 0700), 0);
    snprintf(lock, sizeof(lock), "%s/lock", dir);
    ck_assert_int_eq(symlink("target", lock), 0);
    assert_failed(numa_lock_take(&ctx, dir, &patience, &fd, &err), err, ELOOP,
                  "run/lock");
    assert_failed(numa_lock_share(&ctx, dir, &patience, &fd, &err), err, ELOOP,
                  "run/lock");
    ck_assert_int_eq(unlink(lock), 0);

    snprintf(path, sizeof(path), "%s/5-%d.numa", dir, (int)getpid());
    ck_assert_int_eq(symlink("target", path), 0);
    assert_failed(numa_reserve_set(dir, 5, &wanted, &own, &err), err, ELOOP,
                  "5-");
    snprintf(path, sizeof(path), "%s/target", dir);
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_directory_that_can_not_be)
{
    struct xg_error err;
    int lock_fd = -1;

    assert_failed(
        numa_lock_take(&ctx, "/proc/nowhere/run", &patience, &lock_fd, &err),
        err, ENOENT, "/proc/nowhere/run");
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
    const struct numa_reservation wanted = { .pages = { 7 } };
    struct numa_reserve own = { 0 };
    cleanup_close int lock_fd = -1;
    struct xg_error err;

    assert_fine(numa_lock_take(&ctx, dir, &patience, &lock_fd, &err), err);
    fallocate_errors = (const int[]){ ENOSPC, 0 };
    assert_failed(numa_reserve_set(dir, 5, &wanted, &own, &err), err, ENOSPC,
                  "/5-");
    ck_assert_uint_eq(count_files(), 0);

    fallocate_errors = (const int[]){ EINTR, EINTR, 0 };
    assert_fine(numa_reserve_set(dir, 5, &wanted, &own, &err), err);
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
    const struct numa_reservation wanted = { .pages = { 7 } };
    struct numa_reserve own = { 0 };
    cleanup_close int lock_fd = -1;
    struct xg_error err;
    char lock[80];

    umask(0);
    assert_fine(numa_lock_take(&ctx, dir, &patience, &lock_fd, &err), err);
    assert_fine(numa_reserve_set(dir, 5, &wanted, &own, &err), err);
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
    const struct numa_reservation wanted = { .pages = { 7 } };
    struct numa_reserve own = { 0 };
    cleanup_close int lock_fd = -1;
    struct xg_error err;

    assert_fine(numa_lock_take(&ctx, dir, &patience, &lock_fd, &err), err);
    close(STDIN_FILENO);
    assert_fine(numa_reserve_set(dir, 5, &wanted, &own, &err), err);
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
    tcase_add_test(tcase, what_is_dropped_does_not_count);
    tcase_add_test(tcase, what_cant_be_read_is_an_error);
    tcase_add_test(tcase, what_fails_to_be_read_is_an_error);
    tcase_add_loop_test(tcase, what_a_domain_has_got_is_deducted_in_order, 0,
                        ARRAY_SIZE(deducted));
    tcase_add_loop_test(tcase, any_contents_will_do, 0, 10);
    tcase_add_test(tcase, files_of_other_versions);
    tcase_add_test(tcase, files_of_nobody_we_know);
    tcase_add_test(tcase, waiting_is_told_and_has_an_end);
    tcase_add_test(tcase, a_short_wait_is_not_told);
    tcase_add_test(tcase, a_signal_ends_the_waiting);
    tcase_add_test(tcase, a_large_reservation_is_deducted_from);
    tcase_add_test(tcase, a_directory_of_others);
    tcase_add_test(tcase, one_that_is_not_there_is_not_made_by_looking);
    tcase_add_test(tcase, links_are_not_followed);
    tcase_add_test(tcase, a_directory_that_can_not_be);
    tcase_add_test(tcase, a_full_file_system);
    tcase_add_test(tcase, nobody_else_gets_at_it);
    tcase_add_test(tcase, fd_0_is_given_back_like_any_other);
    return unit_run("numa_reserve", tcase);
}
