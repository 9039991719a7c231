/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_reserve.c - tell other builders which memory is about to be taken. */
#include "numa_reserve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SUFFIX ".numa"
#define FILE_BYTES sizeof(struct numa_reservation)

static void cleanup_closedirp(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

int numa_reserve_lock(const char *dir, int *lock_fd, struct xg_error *err)
{
    char path[128];

    /* For no other user: a lock held by somebody else would stop all builds. */
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return xg_fail(err, "mkdir", errno, "%s: %s", dir, strerror(errno));

    snprintf(path, sizeof(path), "%s/lock", dir);
    *lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock_fd < 0)
        return xg_fail(err, "open", errno, "%s: %s", path, strerror(errno));
    while (flock(*lock_fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return xg_fail(err, "flock", errno, "%s: %s", path,
                           strerror(errno));
    return 0;
}

void numa_reserve_deduct(struct numa_reservation *reservation,
                         uint64_t domain_pages)
{
    uint64_t sum = 0, left;

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        sum += reservation->pages[node];
    left = reservation->planned > domain_pages
               ? reservation->planned - domain_pages
               : 0;
    if (left >= sum)
        return;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        reservation->pages[node] =
            (uint64_t)((unsigned __int128)reservation->pages[node] * left /
                       sum);
}

/* The pages of the domain whose builder's file has this name. */
static uint64_t pages_of(const struct xg_ctx *ctx, const char *name)
{
    struct xg_ctx theirs = *ctx;
    struct xg_error ignored;
    xc_domaininfo_t info;

    theirs.domid = (uint32_t)strtoul(name, NULL, 10);
    return xg_ctx_domain_info(&theirs, &info, &ignored) < 0 ? 0
                                                            : info.tot_pages;
}

/* Adds one file's pages, or removes it if nobody holds it any more. What
 * vanishes meanwhile was given up by its owner. */
static void add_file(const struct xg_ctx *ctx, int dir_fd, const char *name,
                     uint64_t pages[NUMA_NODES_MAX])
{
    cleanup_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    struct numa_reservation theirs;

    if (fd < 0)
        return;
    if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
        unlinkat(dir_fd, name, 0);
        return;
    }
    if (pread(fd, &theirs, sizeof(theirs), 0) != (ssize_t)sizeof(theirs))
        return;
    numa_reserve_deduct(&theirs, pages_of(ctx, name));
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        pages[node] += theirs.pages[node];
}

int numa_reserve_sum(const struct xg_ctx *ctx, const char *dir,
                     const struct numa_reserve *own,
                     uint64_t pages[NUMA_NODES_MAX], struct xg_error *err)
{
    DIR *listing xg_cleanup(cleanup_closedirp) = opendir(dir);
    const char *own_name = strrchr(own->path, '/');
    const struct dirent *entry;

    memset(pages, 0, NUMA_NODES_MAX * sizeof(*pages));
    if (!listing)
        return xg_fail(err, "opendir", errno, "%s: %s", dir, strerror(errno));

    while ((entry = readdir(listing))) {
        const char *suffix = strrchr(entry->d_name, '.');

        if (!suffix || strcmp(suffix, SUFFIX) ||
            (own_name && !strcmp(entry->d_name, own_name + 1)))
            continue;
        add_file(ctx, dirfd(listing), entry->d_name, pages);
    }
    return 0;
}

/* Gives the file its size, with room for all of it: what a full file system has
 * no room for would be a SIGBUS in the map. */
static int make_room(const struct numa_reserve *reserve, struct xg_error *err)
{
    int code;

    do
        code = posix_fallocate(reserve->fd, 0, FILE_BYTES);
    while (code == EINTR);
    if (code)
        return xg_fail(err, "posix_fallocate", code, "%s: %s", reserve->path,
                       strerror(code));
    return 0;
}

/* The lock on the file comes before its name is seen by anybody: whoever looks
 * holds the lock for planning. */
static int make_file(const char *dir, uint32_t domid,
                     struct numa_reserve *reserve, struct xg_error *err)
{
    void *map;

    snprintf(reserve->path, sizeof(reserve->path), "%s/%u-%d" SUFFIX, dir,
             domid, (int)getpid());
    reserve->fd =
        open(reserve->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (reserve->fd < 0)
        return xg_fail(err, "open", errno, "%s: %s", reserve->path,
                       strerror(errno));
    if (flock(reserve->fd, LOCK_EX | LOCK_NB) < 0)
        return xg_fail(err, "flock", errno, "%s: %s", reserve->path,
                       strerror(errno));
    if (make_room(reserve, err) < 0)
        return -1;
    map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
               reserve->fd, 0);
    if (map == MAP_FAILED)
        return xg_fail(err, "mmap", errno, "%s: %s", reserve->path,
                       strerror(errno));
    reserve->shared = map;
    return 0;
}

int numa_reserve_set(const char *dir, uint32_t domid,
                     const uint64_t pages[NUMA_NODES_MAX],
                     struct numa_reserve *reserve, struct xg_error *err)
{
    if (!reserve->shared && make_file(dir, domid, reserve, err) < 0) {
        numa_reserve_free(reserve);
        return -1;
    }
    reserve->shared->planned = 0;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        reserve->shared->pages[node] = pages[node];
        reserve->shared->planned += pages[node];
    }
    return 0;
}

void numa_reserve_take(struct numa_reserve *reserve, unsigned int node,
                       uint64_t pages)
{
    uint64_t left;

    if (!reserve->shared)
        return;
    left = reserve->shared->pages[node];
    left = left > pages ? left - pages : 0;
    /* Whole, for those that read at this moment. */
    __atomic_store_n(&reserve->shared->pages[node], left, __ATOMIC_RELAXED);
}

void numa_reserve_free(struct numa_reserve *reserve)
{
    if (reserve->shared)
        munmap(reserve->shared, FILE_BYTES);
    /* The path, not the fd, tells whether there is a file: 0 is an fd too. */
    if (reserve->path[0]) {
        unlink(reserve->path);
        if (reserve->fd >= 0)
            close(reserve->fd);
    }
    *reserve = (struct numa_reserve){ 0 };
}
