/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_sandbox_files.c - what a thread that is held to one folder can still do
 * there, and nowhere else. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "cleanup.h"
#include "unit.h"

static void put(const char *name)
{
    cleanup_close int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0700);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "x", 1), 1);
}

static void make_files(void)
{
    unit_enter_dir();
    ck_assert_int_eq(mkdir("left", 0700), 0);
    ck_assert_int_eq(mkdir("left/folder", 0700), 0);
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    put("file");
    put("left/file");
    put("left/other");
}

/* ---- each call, with errno in the place of -1 */

static int end(int fd)
{
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static int reads(const char *path)
{
    return end(open(path, O_RDONLY));
}

static int writes(const char *path)
{
    return end(open(path, O_WRONLY));
}

static int makes(const char *path)
{
    return end(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static int lists(const char *path)
{
    return end(open(path, O_RDONLY | O_DIRECTORY));
}

/* One that could be would be ENOEXEC: it is no program. */
static int executes(const char *path)
{
    char *const none[] = { NULL };

    return execve(path, none, none) < 0 ? errno : 0;
}

static int unlinks(const char *path)
{
    return unlink(path) < 0 ? errno : 0;
}

static int removes_folder(const char *path)
{
    return rmdir(path) < 0 ? errno : 0;
}

static int makes_folder(const char *path)
{
    return mkdir(path, 0700) < 0 ? errno : 0;
}

static int makes_link(const char *path)
{
    return symlink("target", path) < 0 ? errno : 0;
}

static int makes_fifo(const char *path)
{
    return mkfifo(path, 0600) < 0 ? errno : 0;
}

static int makes_char_device(const char *path)
{
    return mknod(path, S_IFCHR | 0600, 0x103) < 0 ? errno : 0;
}

static int makes_block_device(const char *path)
{
    return mknod(path, S_IFBLK | 0600, 0x700) < 0 ? errno : 0;
}

static int makes_socket(const char *path)
{
    cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    strcpy(address.sun_path, path);
    return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? errno
                                                                      : 0;
}

/* In this order. */
static const struct attempt {
    const char *text;
    int (*call)(const char *path);
    const char *path;
    int wanted;
} attempts[] = {
    { "read", reads, "file", EACCES },
    { "write", writes, "file", EACCES },
    { "make", makes, "new", EACCES },
    { "list", lists, "folder", EACCES },
    { "execute", executes, "file", EACCES },
    { "unlink", unlinks, "file", EACCES },
    { "remove a folder", removes_folder, "folder", EACCES },
    { "make a folder", makes_folder, "new", EACCES },
    { "make a link", makes_link, "new", EACCES },
    { "make a FIFO", makes_fifo, "new", EACCES },
    { "make a character device", makes_char_device, "new", EACCES },
    { "make a block device", makes_block_device, "new", EACCES },
    { "make a socket", makes_socket, "new", EACCES },
    { "read what is left", reads, "left/file", EACCES },
    { "write what is left", writes, "left/file", EACCES },
    { "make one there", makes, "left/new", EACCES },
    { "list what is left", lists, "left", EACCES },
    { "unlink what is left", unlinks, "left/file", 0 },
    { "remove a folder that is left", removes_folder, "left/folder", 0 },
};
#define NR_ATTEMPTS (sizeof(attempts) / sizeof(*attempts))

struct outcome {
    int rc, code; /* of the limit itself */
    int codes[NR_ATTEMPTS];
};

static void *try_all(void *data)
{
    struct outcome *outcome = data;

    outcome->rc = sandbox_files_limit("left");
    outcome->code = errno;
    for (size_t i = 0; outcome->rc == 0 && i < NR_ATTEMPTS; i++)
        outcome->codes[i] = attempts[i].call(attempts[i].path);
    return NULL;
}

/* tests/cli/sandbox.sh tells where there is none. */
static bool has_landlock(void)
{
#ifdef HAVE_LINUX_LANDLOCK_H
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
#else
    return false;
#endif
}

/* A thread, so that this one can remove the files. */
START_TEST(names_in_one_folder_can_be_removed_and_that_is_all)
{
    struct outcome outcome = { 0 };
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, try_all, &outcome), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    if (!has_landlock()) {
        ck_assert_int_eq(outcome.rc, -1);
        ck_assert(outcome.code == ENOSYS || outcome.code == EOPNOTSUPP);
        return;
    }
    ck_assert_int_eq(outcome.rc, 0);
    for (size_t i = 0; i < NR_ATTEMPTS; i++)
        ck_assert_msg(outcome.codes[i] == attempts[i].wanted, "%s: %s",
                      attempts[i].text, strerror(outcome.codes[i]));
    /* What is not this thread's is as it was. */
    ck_assert_int_eq(reads("left/other"), 0);
}
END_TEST

static void *try_without_folder(void *data)
{
    struct outcome *outcome = data;

    outcome->rc = sandbox_files_limit("nowhere");
    outcome->codes[0] = unlinks("left/file");
    return NULL;
}

/* Of a builder that has reserved nothing. */
START_TEST(no_folder_is_no_failure)
{
    struct outcome outcome = { 0 };
    pthread_t thread;

    if (!has_landlock())
        return;
    ck_assert_int_eq(
        pthread_create(&thread, NULL, try_without_folder, &outcome), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(outcome.rc, 0);
    ck_assert_int_eq(outcome.codes[0], EACCES);
}
END_TEST

/* The thread is as it was. */
START_TEST(what_is_no_folder_is_one)
{
    ck_assert_int_eq(sandbox_files_limit("left/file"), -1);
    ck_assert_int_eq(reads("left/file"), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("sandbox_files");

    tcase_add_checked_fixture(tcase, make_files, unit_leave_dir);
    tcase_add_test(tcase, names_in_one_folder_can_be_removed_and_that_is_all);
    tcase_add_test(tcase, no_folder_is_no_failure);
    tcase_add_test(tcase, what_is_no_folder_is_one);
    return unit_run("sandbox_files", tcase);
}
