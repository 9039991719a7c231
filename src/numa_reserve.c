/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_reserve.c - tell other builders which memory is about to be taken. */
#include "numa_reserve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "numbers.h"

#define RUN_DIR "/run/xenguest"
#define SUFFIX ".numa"
#define FILE_BYTES sizeof(struct numa_reservation)
/* The builders that wrote files without an order. */
#define OLDEST_BYTES offsetof(struct numa_reservation, nr_order)

static void cleanup_closedirp(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

const char *numa_reserve_dir(void)
{
    const char *dir = secure_getenv("XENGUEST_RUN_DIR"); /* for tests */

    return dir ? dir : RUN_DIR;
}

/* Rounded up: together never less than what is left. */
static void deduct_in_proportion(struct numa_reservation *reservation,
                                 uint64_t left, unsigned __int128 sum)
{
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        unsigned __int128 share =
            (unsigned __int128)reservation->pages[node] * left;

        reservation->pages[node] = (uint64_t)(share / sum + (share % sum != 0));
    }
}

/* What the first node keeps for the end goes last. */
static void deduct_in_order(struct numa_reservation *reservation,
                            unsigned __int128 got)
{
    uint64_t kept = reservation->last_pages;

    for (unsigned int i = 0; i <= reservation->nr_order; i++) {
        bool again = i == reservation->nr_order;
        unsigned int node = reservation->order[again ? 0 : i];
        uint64_t *pages, cut;

        if (node >= NUMA_NODES_MAX)
            continue;
        pages = &reservation->pages[node];
        if (i > 0)
            kept = 0;
        cut = number_minus(*pages, kept);
        cut = cut < got ? cut : (uint64_t)got;
        *pages -= cut;
        got -= cut;
    }
}

void numa_reserve_deduct(struct numa_reservation *reservation,
                         uint64_t domain_pages)
{
    unsigned __int128 sum = 0;
    uint64_t left = number_minus(reservation->planned, domain_pages);

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        sum += reservation->pages[node];
    if (left >= sum)
        return;
    if (reservation->nr_order && reservation->nr_order <= NUMA_NODES_MAX)
        deduct_in_order(reservation, sum - left);
    else
        deduct_in_proportion(reservation, left, sum);
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

/* Adds one file's pages, or, to `tidy`, removes it if nobody holds it. What
 * vanishes meanwhile was given up by its owner; what is no file of ours, but a
 * link or a socket, is not waited for. */
static int add_file(const struct xg_ctx *ctx, int dir_fd, const char *name,
                    bool tidy, uint64_t pages[NUMA_NODES_MAX],
                    struct xg_error *err)
{
    cleanup_close int fd =
        openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct numa_reservation theirs = { 0 };
    ssize_t bytes;

    if (fd < 0)
        return errno == ENOENT || errno == ELOOP || errno == ENXIO
                   ? 0
                   : xg_fail_errno(err, "openat", "%s: %s", name,
                                   strerror(errno));
    if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
        if (tidy)
            unlinkat(dir_fd, name, 0);
        return 0;
    }
    bytes = pread(fd, &theirs, sizeof(theirs), 0);
    if (bytes < 0)
        return xg_fail_errno(err, "pread", "%s: %s", name, strerror(errno));
    if (bytes < (ssize_t)OLDEST_BYTES)
        return 0;
    if (bytes < (ssize_t)sizeof(theirs))
        theirs.nr_order = 0;

    numa_reserve_deduct(&theirs, pages_of(ctx, name));
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        if (__builtin_add_overflow(pages[node], theirs.pages[node],
                                   &pages[node]))
            pages[node] = UINT64_MAX;
    return 0;
}

/* Adds up all files of an open directory but the caller's own. own_name NULL:
 * the caller only looks and has no file. */
static int add_files(const struct xg_ctx *ctx, DIR *listing, const char *dir,
                     const char *own_name, uint64_t pages[NUMA_NODES_MAX],
                     struct xg_error *err)
{
    const bool tidy = own_name;
    const struct dirent *entry;

    while (errno = 0, (entry = readdir(listing))) {
        const char *suffix = strrchr(entry->d_name, '.');

        if (!suffix || strcmp(suffix, SUFFIX) ||
            (own_name && !strcmp(entry->d_name, own_name)))
            continue;
        if (add_file(ctx, dirfd(listing), entry->d_name, tidy, pages, err) < 0)
            return -1;
    }
    if (errno)
        return xg_fail_errno(err, "readdir", "%s: %s", dir, strerror(errno));
    return 0;
}

int numa_reserve_sum(const struct xg_ctx *ctx, const char *dir,
                     const struct numa_reserve *own,
                     uint64_t pages[NUMA_NODES_MAX], struct xg_error *err)
{
    DIR *listing xg_cleanup(cleanup_closedirp) = opendir(dir);
    const char *slash = strrchr(own->path, '/');

    memset(pages, 0, NUMA_NODES_MAX * sizeof(*pages));
    if (!listing)
        return xg_fail_errno(err, "opendir", "%s: %s", dir, strerror(errno));
    return add_files(ctx, listing, dir, slash ? slash + 1 : "", pages, err);
}

int numa_reserve_look(const struct xg_ctx *ctx, const char *dir,
                      uint64_t pages[NUMA_NODES_MAX], struct xg_error *err)
{
    DIR *listing xg_cleanup(cleanup_closedirp) = opendir(dir);

    memset(pages, 0, NUMA_NODES_MAX * sizeof(*pages));
    if (!listing && errno != ENOENT)
        return xg_fail_errno(err, "opendir", "%s: %s", dir, strerror(errno));
    return listing ? add_files(ctx, listing, dir, NULL, pages, err) : 0;
}

/* ---- by a signal ---- */

/* Of the file that is to go with us. */
static char reserved_path[sizeof(((struct numa_reserve *)0)->path)];
static volatile sig_atomic_t is_reserved;

/* The handler is gone by now: the signal comes once more, to end us as it would
 * have. */
static void on_end(int signal_number)
{
    if (is_reserved)
        unlink(reserved_path);
    raise(signal_number);
}

/* What asks us to end leaves no file behind, unless our caller has it ignored.
 * What can't be heard of (SIGKILL) leaves one that the next builder removes. */
static void hear_of_end(void)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
    const struct sigaction heard = {
        .sa_handler = on_end,
        .sa_flags = SA_RESETHAND,
    };

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        struct sigaction now;

        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(signals[i], &heard, NULL);
    }
}

/* ---- our own ---- */

/* Gives the file its size, with room for all of it: what a full file system has
 * no room for would be a SIGBUS in the map. */
static int make_room(const struct numa_reserve *reserve, struct xg_error *err)
{
    do
        errno = posix_fallocate(reserve->fd, 0, FILE_BYTES);
    while (errno == EINTR);
    if (errno)
        return xg_fail_errno(err, "posix_fallocate", "%s: %s", reserve->path,
                             strerror(errno));
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
        open(reserve->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
             0600);
    if (reserve->fd < 0)
        return xg_fail_errno(err, "open", "%s: %s", reserve->path,
                             strerror(errno));
    memcpy(reserved_path, reserve->path, sizeof(reserved_path));
    is_reserved = true;
    hear_of_end();
    if (flock(reserve->fd, LOCK_EX | LOCK_NB) < 0)
        return xg_fail_errno(err, "flock", "%s: %s", reserve->path,
                             strerror(errno));
    if (make_room(reserve, err) < 0)
        return -1;
    map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
               reserve->fd, 0);
    if (map == MAP_FAILED)
        return xg_fail_errno(err, "mmap", "%s: %s", reserve->path,
                             strerror(errno));
    reserve->shared = map;
    return 0;
}

int numa_reserve_set(const char *dir, uint32_t domid,
                     const struct numa_reservation *reservation,
                     struct numa_reserve *reserve, struct xg_error *err)
{
    uint64_t planned = 0;

    if (!reserve->shared && make_file(dir, domid, reserve, err) < 0) {
        numa_reserve_free(reserve);
        return -1;
    }
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        planned += reservation->pages[node];
    *reserve->shared = *reservation;
    reserve->shared->planned = planned;
    return 0;
}

/* Whole, for those that read at this moment. */
static void lower(uint64_t *shared, uint64_t pages)
{
    __atomic_store_n(shared, *shared - pages, __ATOMIC_RELAXED);
}

/* No more than is reserved. */
static uint64_t limit(const struct numa_reserve *reserve, unsigned int node,
                      uint64_t pages)
{
    uint64_t left = reserve->shared ? reserve->shared->pages[node] : 0;

    return number_min(pages, left);
}

static bool is_empty(const struct numa_reservation *reservation)
{
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        if (reservation->pages[node])
            return false;
    return true;
}

void numa_reserve_take(struct numa_reserve *reserve, unsigned int node,
                       uint64_t pages)
{
    pages = limit(reserve, node, pages);
    if (pages)
        lower(&reserve->shared->pages[node], pages);
}

void numa_reserve_drop(struct numa_reserve *reserve, unsigned int node,
                       uint64_t pages)
{
    pages = limit(reserve, node, pages);
    if (!pages)
        return;
    lower(&reserve->shared->planned, pages);
    lower(&reserve->shared->pages[node], pages);
    if (is_empty(reserve->shared))
        numa_reserve_free(reserve);
}

void numa_reserve_free(struct numa_reserve *reserve)
{
    if (reserve->shared)
        munmap(reserve->shared, FILE_BYTES);
    /* The path, not the fd, tells whether there is a file: 0 is an fd too. */
    if (reserve->path[0]) {
        unlink(reserve->path);
        is_reserved = false;
        if (reserve->fd >= 0)
            close(reserve->fd);
    }
    *reserve = (struct numa_reserve){ 0 };
}
