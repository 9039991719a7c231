/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_lock.c - the one lock under which plans are made. */
#include "numa_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

/* Between two looks at the lock: a plan takes about as long. */
#define STEP_MS 5

/* A lock that is waited for in the kernel has no limit of time but by a signal,
 * and those belong to the listen mode. */
static int wait_for_lock(const struct xg_ctx *ctx, int fd, int kind,
                         const char *path, const struct numa_patience *patience,
                         struct xg_error *err)
{
    const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
    int64_t from_ms = clock_ms();
    bool told = false;

    while (flock(fd, kind | LOCK_NB) < 0) {
        int64_t waited_ms = clock_ms() - from_ms;

        if (errno != EWOULDBLOCK && errno != EINTR)
            return xg_fail_errno(err, "flock", "%s: %s", path, strerror(errno));
        if (!told && waited_ms >= patience->told_ms)
            xg_log_at(ctx->log, LOG_WARNING,
                      "waiting for %s, which another builder keeps", path);
        told |= waited_ms >= patience->told_ms;
        if (waited_ms >= patience->most_ms)
            return xg_fail(err, "flock", ETIMEDOUT,
                           "%s: another builder has kept it for %u ms", path,
                           patience->most_ms);
        if (nanosleep(&step, NULL) < 0)
            return xg_fail_errno(err, "nanosleep", "waiting for %s: %s", path,
                                 strerror(errno));
    }
    return 0;
}

/* In a folder that others write to, or a symbolic link of theirs, a name could
 * be anything, and a reservation anybody's. err->code is ENOENT if it isn't
 * there. */
static int check_dir(const char *dir, struct xg_error *err)
{
    struct stat st;

    if (lstat(dir, &st) < 0)
        return xg_fail_errno(err, "lstat", "%s: %s", dir, strerror(errno));
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 022)
        return xg_fail(err, __func__, EPERM,
                       "%s is no folder that only user %u can write to (mode "
                       "%o, of user %u): remove it",
                       dir, geteuid(), st.st_mode & 07777, st.st_uid);
    return 0;
}

int numa_lock_take(const struct xg_ctx *ctx, const char *dir,
                   const struct numa_patience *patience, int *lock_fd,
                   struct xg_error *err)
{
    char path[128];

    /* For no other user: a lock held by somebody else would stop all builds. */
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return xg_fail_errno(err, "mkdir", "%s: %s", dir, strerror(errno));
    if (check_dir(dir, err) < 0)
        return -1;

    snprintf(path, sizeof(path), "%s/lock", dir);
    *lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*lock_fd < 0)
        return xg_fail_errno(err, "open", "%s: %s", path, strerror(errno));
    return wait_for_lock(ctx, *lock_fd, LOCK_EX, path, patience, err);
}

int numa_lock_share(const struct xg_ctx *ctx, const char *dir,
                    const struct numa_patience *patience, int *lock_fd,
                    struct xg_error *err)
{
    char path[128];

    if (check_dir(dir, err) < 0)
        return err->code == ENOENT ? 0 : -1;
    snprintf(path, sizeof(path), "%s/lock", dir);
    *lock_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*lock_fd < 0 && errno == ENOENT)
        return 0;
    if (*lock_fd < 0)
        return xg_fail_errno(err, "open", "%s: %s", path, strerror(errno));
    return wait_for_lock(ctx, *lock_fd, LOCK_SH, path, patience, err);
}
