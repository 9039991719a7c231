/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_socket.c - the listen mode's socket file. */
#include "listen_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

static int make_folders(const char *path, struct xg_error *err)
{
    char folder[sizeof(((struct listen_socket *)0)->path)];

    for (const char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0755) < 0 && errno != EEXIST)
            return xg_fail_errno(err, "mkdir", "'%s': %s", folder,
                                 strerror(errno));
    }
    return 0;
}

/* Cut where there is no room for more. */
static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return address;
}

/* A second name. */
static bool is_link(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Nobody accepts on a socket file whose server was killed, and a second name of
 * it may lead nowhere. One whose queue is full is not waited for. */
static bool is_stale(const struct sockaddr_un *address)
{
    cleanup_close int fd =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 ||
        connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return false;
    return errno == ECONNREFUSED ||
           (errno == ENOENT && is_link(address->sun_path));
}

/* Makes room for a new one, whatever else than a server is in its place. */
static int remove_stale(const char *path, struct xg_error *err)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return xg_fail_errno(err, "unlink",
                             "'%s', which nobody serves, is in the way: %s",
                             path, strerror(errno));
    return 0;
}

static int bind_only_root(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(0177);
    int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));

    umask(before);
    return rc;
}

int listen_socket_open(struct listen_socket *listener, const char *path,
                       struct xg_error *err)
{
    const struct sockaddr_un address = address_of(path);
    cleanup_close int fd = -1;

    *listener = (struct listen_socket){ .fd = -1 };
    if (strlen(path) >= sizeof(address.sun_path))
        return xg_fail(err, __func__, ENAMETOOLONG, "'%s'", path);

    if (make_folders(path, err) < 0)
        return -1;

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return xg_fail_errno(err, "socket", "%s", strerror(errno));

    if (is_stale(&address) && remove_stale(path, err) < 0)
        return -1;
    if (bind_only_root(fd, &address) < 0)
        return xg_fail_errno(err, "bind", "'%s': %s", path,
                             errno == EADDRINUSE
                                 ? "another xenguest is serving it"
                                 : strerror(errno));
    snprintf(listener->path, sizeof(listener->path), "%s", path);

    if (listen(fd, SOMAXCONN) < 0) {
        (void)xg_fail_errno(err, "listen", "'%s': %s", path, strerror(errno));
        unlink(path);
        return -1;
    }

    listener->fd = steal_fd(&fd);
    return 0;
}

int listen_socket_name(struct listen_socket *listener, const char *name,
                       struct xg_error *err)
{
    const struct sockaddr_un address = address_of(name);

    if (make_folders(name, err) < 0)
        return -1;
    /* A link is that of an earlier server, whose place we have taken. */
    if ((is_link(name) || is_stale(&address)) && remove_stale(name, err) < 0)
        return -1;
    if (symlink(listener->path, name) < 0)
        return xg_fail_errno(err, "symlink", "'%s': %s", name, strerror(errno));
    snprintf(listener->second, sizeof(listener->second), "%s", name);
    return 0;
}

void listen_socket_close(struct listen_socket *listener)
{
    char *slash;

    if (listener->fd < 0)
        return;
    if (listener->second[0])
        unlink(listener->second);
    unlink(listener->path);
    close(listener->fd);
    listener->fd = -1;

    /* Fails, and shall, if something else is in there. */
    slash = strrchr(listener->path, '/');
    if (slash && !listener->keeps_folder) {
        *slash = '\0';
        (void)rmdir(listener->path);
    }
}
