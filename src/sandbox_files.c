/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * sandbox_files.c - which files may be touched, by Linux' Landlock. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sandbox.h"

#include <errno.h>

#ifdef HAVE_LINUX_LANDLOCK_H

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

/* What Landlock's first version (Linux 5.13) can refuse: all but to look at
 * names and sizes. */
#define ALL_RIGHTS                                                    \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |     \
     LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |     \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |     \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |   \
     LANDLOCK_ACCESS_FS_MAKE_SYM)

static int allow_removal(int rules_fd, const char *folder)
{
    struct landlock_path_beneath_attr rule = {
        .allowed_access =
            LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR,
    };
    cleanup_close int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    rule.parent_fd = fd;
    return (int)syscall(SYS_landlock_add_rule, rules_fd,
                        LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int sandbox_files_limit(const char *folder)
{
    const struct landlock_ruleset_attr all = { .handled_access_fs =
                                                   ALL_RIGHTS };
    cleanup_close int rules_fd =
        (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);

    if (rules_fd < 0 || allow_removal(rules_fd, folder) < 0)
        return -1;
    return (int)syscall(SYS_landlock_restrict_self, rules_fd, 0);
}

#else

int sandbox_files_limit(const char *folder)
{
    (void)folder;
    errno = ENOSYS;
    return -1;
}

#endif
