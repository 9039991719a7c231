/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * points_libc.c - what the program's calls to the C library come to here: the
 * names in libc.syms are redefined in its objects, and in nothing else. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "points.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "compat/json_compat.h"
#include "fake.h"

#define HERE __builtin_return_address(0)

/* A call that says -1 or so, and why in errno. */
#define FAILS(type, failure, name, params, args)                  \
    type points_##name params;                                    \
    type points_##name params                                     \
    {                                                             \
        return points_fails(#name, HERE) ? (failure) : name args; \
    }

/* One that returns why. */
#define TELLS(name, params, args)                             \
    int points_##name params;                                 \
    int points_##name params                                  \
    {                                                         \
        return points_fails(#name, HERE) ? errno : name args; \
    }

FAILS(int, -1, accept4,
      (int fd, struct sockaddr *address, socklen_t *bytes, int flags),
      (fd, address, bytes, flags))
FAILS(int, -1, access, (const char *path, int how), (path, how))
FAILS(int, -1, bind, (int fd, const struct sockaddr *address, socklen_t bytes),
      (fd, address, bytes))
FAILS(int, -1, connect,
      (int fd, const struct sockaddr *address, socklen_t bytes),
      (fd, address, bytes))
FAILS(int, -1, dup3, (int from, int to, int flags), (from, to, flags))
FAILS(int, EOF, fflush, (FILE * file), (file))
FAILS(int, -1, flock, (int fd, int how), (fd, how))
FAILS(int, -1, fstat, (int fd, struct stat *st), (fd, st))
FAILS(int, -1, getsockopt,
      (int fd, int level, int name, void *value, socklen_t *bytes),
      (fd, level, name, value, bytes))
FAILS(int, -1, listen, (int fd, int backlog), (fd, backlog))
FAILS(off_t, -1, lseek, (int fd, off_t offset, int whence),
      (fd, offset, whence))
FAILS(int, -1, lstat, (const char *path, struct stat *st), (path, st))
FAILS(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
FAILS(int, -1, nanosleep, (const struct timespec *for_, struct timespec *left),
      (for_, left))
FAILS(DIR *, NULL, opendir, (const char *path), (path))
FAILS(int, -1, poll, (struct pollfd * fds, nfds_t nr_fds, int ms),
      (fds, nr_fds, ms))
FAILS(ssize_t, -1, pread, (int fd, void *data, size_t bytes, off_t offset),
      (fd, data, bytes, offset))
FAILS(int, EOF, puts, (const char *text), (text))
FAILS(ssize_t, -1, read, (int fd, void *data, size_t bytes), (fd, data, bytes))
FAILS(struct dirent *, NULL, readdir, (DIR * dir), (dir))
FAILS(ssize_t, -1, recv, (int fd, void *data, size_t bytes, int flags),
      (fd, data, bytes, flags))
FAILS(ssize_t, -1, recvmsg, (int fd, struct msghdr *message, int flags),
      (fd, message, flags))
FAILS(int, -1, rmdir, (const char *path), (path))
FAILS(ssize_t, -1, send, (int fd, const void *data, size_t bytes, int flags),
      (fd, data, bytes, flags))
FAILS(int, -1, shutdown, (int fd, int how), (fd, how))
FAILS(int, -1, sigaction,
      (int nr, const struct sigaction *now, struct sigaction *before),
      (nr, now, before))
FAILS(int, -1, socket, (int domain, int type, int protocol),
      (domain, type, protocol))
FAILS(int, -1, socketpair, (int domain, int type, int protocol, int fds[2]),
      (domain, type, protocol, fds))
FAILS(int, -1, unlink, (const char *path), (path))
FAILS(int, -1, unlinkat, (int fd, const char *path, int flags),
      (fd, path, flags))

ssize_t points_write(int fd, const void *data, size_t bytes);
ssize_t points_write(int fd, const void *data, size_t bytes)
{
    if (points_fails("write", HERE))
        return -1;
    points_note_line(data, bytes);
    return write(fd, data, bytes);
}

TELLS(posix_fallocate, (int fd, off_t from, off_t bytes), (fd, from, bytes))
TELLS(pthread_create,
      (pthread_t * thread, const pthread_attr_t *how, void *(*work)(void *),
       void *data),
      (thread, how, work, data))
TELLS(pthread_kill, (pthread_t thread, int nr), (thread, nr))
TELLS(pthread_sigmask, (int how, const sigset_t *now, sigset_t *before),
      (how, now, before))

/* What these give up is given up, also by one that fails. */

int points_close(int fd);
int points_close(int fd)
{
    int rc = close(fd);

    return points_fails("close", HERE) ? -1 : rc;
}

int points_closedir(DIR *dir);
int points_closedir(DIR *dir)
{
    int rc = closedir(dir);

    return points_fails("closedir", HERE) ? -1 : rc;
}

int points_pthread_join(pthread_t thread, void **result);
int points_pthread_join(pthread_t thread, void **result)
{
    int code = pthread_join(thread, result);

    return points_fails("pthread_join", HERE) ? errno : code;
}

int points_open(const char *path, int flags, ...);
int points_open(const char *path, int flags, ...)
{
    mode_t mode;
    va_list ap;

    va_start(ap, flags);
    mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return points_fails("open", HERE) ? -1 : open(path, flags, mode);
}

int points_openat(int dir_fd, const char *path, int flags, ...);
int points_openat(int dir_fd, const char *path, int flags, ...)
{
    fake_require(!(flags & O_CREAT), "openat with a mode");
    return points_fails("openat", HERE) ? -1 : openat(dir_fd, path, flags);
}

int points_fcntl(int fd, int what, ...);
int points_fcntl(int fd, int what, ...)
{
    int value;
    va_list ap;

    va_start(ap, what);
    value = what == F_GETFD || what == F_GETFL ? 0 : va_arg(ap, int);
    va_end(ap);
    return points_fails("fcntl", HERE) ? -1 : fcntl(fd, what, value);
}

void points__exit(int status) __attribute__((noreturn));
void points__exit(int status)
{
    points_end(status);
    _exit(status);
}

/* ---- the sandbox: what it would take away the judge needs ---- */

FAILS(int, -1, symlink, (const char *target, const char *name), (target, name))
FAILS(int, -1, timer_create,
      (clockid_t clock, struct sigevent *event, timer_t *timer),
      (clock, event, timer))
FAILS(int, -1, sigprocmask, (int how, const sigset_t *now, sigset_t *before),
      (how, now, before))

int points_setrlimit(__rlimit_resource_t what, const struct rlimit *limit);
int points_setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
    (void)what;
    (void)limit;
    return points_fails("setrlimit", HERE) ? -1 : 0;
}

int points_prctl(int what, ...);
int points_prctl(int what, ...)
{
    (void)what;
    return points_fails("prctl", HERE) ? -1 : 0;
}

long points_syscall(long number, ...);
long points_syscall(long number, ...)
{
    if (points_fails("syscall", HERE))
        return -1;
    return number == SYS_landlock_create_ruleset
               ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
               : 0;
}

/* ---- memory ---- */

#define BLOCKS_MAX 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *blocks[BLOCKS_MAX];
static unsigned int nr_blocks;
static unsigned int nr_mappings;

unsigned int points_blocks_left(void)
{
    return nr_blocks;
}

unsigned int points_mappings_left(void)
{
    return nr_mappings;
}

static void *note(void *block)
{
    pthread_mutex_lock(&lock);
    fake_require(nr_blocks < BLOCKS_MAX, "too many blocks");
    if (block)
        blocks[nr_blocks++] = block;
    pthread_mutex_unlock(&lock);
    return block;
}

static void forget(const void *block)
{
    pthread_mutex_lock(&lock);
    for (unsigned int i = nr_blocks; i-- > 0;)
        if (blocks[i] == block) {
            blocks[i] = blocks[--nr_blocks];
            break;
        }
    pthread_mutex_unlock(&lock);
}

void points_note_lent(void *block, bool lent)
{
    if (lent)
        note(block);
    else
        forget(block);
}

void *points_malloc(size_t bytes);
void *points_malloc(size_t bytes)
{
    return points_fails("malloc", HERE) ? NULL : note(malloc(bytes));
}

void *points_calloc(size_t nr, size_t bytes);
void *points_calloc(size_t nr, size_t bytes)
{
    return points_fails("calloc", HERE) ? NULL : note(calloc(nr, bytes));
}

void *points_realloc(void *block, size_t bytes);
void *points_realloc(void *block, size_t bytes)
{
    if (points_fails("realloc", HERE))
        return NULL;
    forget(block);
    return note(realloc(block, bytes));
}

char *points_strdup(const char *text);
char *points_strdup(const char *text)
{
    return points_fails("strdup", HERE) ? NULL : note(strdup(text));
}

void points_free(void *block);
void points_free(void *block)
{
    forget(block);
    free(block);
}

static __attribute__((format(printf, 2, 0))) int
print(char **text, const char *fmt, va_list ap, const void *from)
{
    int bytes = points_fails("asprintf", from) ? -1 : vasprintf(text, fmt, ap);

    if (bytes >= 0)
        note(*text);
    return bytes;
}

int points_asprintf(char **text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int points_asprintf(char **text, const char *fmt, ...)
{
    va_list ap;
    int bytes;

    va_start(ap, fmt);
    bytes = print(text, fmt, ap, HERE);
    va_end(ap);
    return bytes;
}

/* As _FORTIFY_SOURCE calls it. */
int points_asprintf_chk(char **text, int flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int points_asprintf_chk(char **text, int flag, const char *fmt, ...)
{
    va_list ap;
    int bytes;

    (void)flag;
    va_start(ap, fmt);
    bytes = print(text, fmt, ap, HERE);
    va_end(ap);
    return bytes;
}

void *points_mmap(void *at, size_t bytes, int how, int flags, int fd,
                  off_t from);
void *points_mmap(void *at, size_t bytes, int how, int flags, int fd,
                  off_t from)
{
    void *map = points_fails("mmap", HERE)
                    ? MAP_FAILED
                    : mmap(at, bytes, how, flags, fd, from);

    nr_mappings += map != MAP_FAILED;
    return map;
}

int points_munmap(void *at, size_t bytes);
int points_munmap(void *at, size_t bytes)
{
    int rc = munmap(at, bytes);

    nr_mappings--;
    return points_fails("munmap", HERE) ? -1 : rc;
}

/* ---- JSON: an object is its holder's; one that is in another, that one's ----
 */

#define MAKES(type, name, params, args)                            \
    type points_##name params;                                     \
    type points_##name params                                      \
    {                                                              \
        return points_fails(#name, HERE) ? NULL : note(name args); \
    }

MAKES(struct json_tokener *, json_tokener_new, (void), ())
MAKES(struct json_object *, json_object_new_array, (void), ())
MAKES(struct json_object *, json_object_new_object, (void), ())
MAKES(struct json_object *, json_object_new_boolean, (json_bool value), (value))
MAKES(struct json_object *, json_object_new_double, (double value), (value))
MAKES(struct json_object *, json_object_new_int64, (int64_t value), (value))
MAKES(struct json_object *, json_object_new_string, (const char *value),
      (value))

FAILS(const char *, NULL, json_object_to_json_string_ext,
      (struct json_object * object, int how), (object, how))

struct json_object *points_json_tokener_parse_ex(struct json_tokener *tokener,
                                                 const char *text, int bytes);
struct json_object *points_json_tokener_parse_ex(struct json_tokener *tokener,
                                                 const char *text, int bytes)
{
    return note(json_tokener_parse_ex(tokener, text, bytes));
}

void points_json_tokener_free(struct json_tokener *tokener);
void points_json_tokener_free(struct json_tokener *tokener)
{
    forget(tokener);
    json_tokener_free(tokener);
}

int points_json_object_put(struct json_object *object);
int points_json_object_put(struct json_object *object)
{
    forget(object);
    return json_object_put(object);
}

int points_json_object_array_add(struct json_object *array,
                                 struct json_object *value);
int points_json_object_array_add(struct json_object *array,
                                 struct json_object *value)
{
    if (points_fails("json_object_array_add", HERE) ||
        json_object_array_add(array, value) < 0)
        return -1;
    forget(value);
    return 0;
}

int points_json_object_object_add(struct json_object *object, const char *key,
                                  struct json_object *value);
int points_json_object_object_add(struct json_object *object, const char *key,
                                  struct json_object *value)
{
    if (points_fails("json_object_object_add", HERE) ||
        xg_json_object_add(object, key, value) < 0)
        return -1;
    forget(value);
    return 0;
}
