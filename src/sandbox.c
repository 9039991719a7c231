/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * sandbox.c - what the program gives up, as soon as it can do without. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "numa_reserve.h"

/* What this kernel, or this build of ours, has not is no surprise. */
static void cannot(const struct sandbox *sandbox, const char *what)
{
    bool is_absent = errno == ENOSYS || errno == EOPNOTSUPP;

    xg_log_at(sandbox->log, is_absent ? LOG_INFO : LOG_WARNING,
              "sandbox: no %s: %s", what, strerror(errno));
}

/* A core dump would hold what the guest has in its memory. The limit alone does
 * not stop one that goes to a program. */
static void stop_core_dumps(const struct sandbox *sandbox)
{
    const struct rlimit none = { 0, 0 };

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        cannot(sandbox, "end of being dumpable");
    if (setrlimit(RLIMIT_CORE, &none) < 0)
        cannot(sandbox, "end of core dumps");
}

/* Where Linux has no /dev/xen/hypercall, libxencall's buffers are locked
 * memory, for which an unlimited limit does as well as a capability. */
static bool lift_memory_limit(void)
{
    const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

    return setrlimit(RLIMIT_MEMLOCK, &all) == 0;
}

static int compare(const void *a, const void *b)
{
    (void)a, (void)b;
    return 0;
}

/* For an array that is not small glibc's qsort (up to 2.36) looks up once how
 * much memory there is: in /proc/meminfo if it is an old one, as EL7's. */
static void remember_memory(void)
{
    char array[2][2048] = { "" };

    qsort(array, ARRAY_SIZE(array), sizeof(*array), compare);
}

void sandbox_begin(struct sandbox *sandbox, struct xg_log *log)
{
    if (!sandbox)
        return;
    /* Memory of a second thread's own has glibc's malloc look into /proc and
     * /sys whenever it is trimmed, or there are many of them. */
    (void)mallopt(M_ARENA_MAX, 1);
    remember_memory();
    *sandbox = (struct sandbox){ .log = log, .can_lock = lift_memory_limit() };
    stop_core_dumps(sandbox);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        cannot(sandbox, "end of new privileges");
    if (sandbox_calls_limit(log) < 0)
        cannot(sandbox, "limit to system calls");
}

void sandbox_drop(struct sandbox *sandbox)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = { 0 };

    if (!sandbox)
        return;
    if (syscall(SYS_capget, &header, caps) < 0) {
        cannot(sandbox, "end of capabilities");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
        uint32_t kept = i == CAP_TO_INDEX(CAP_IPC_LOCK) && !sandbox->can_lock
                            ? CAP_TO_MASK(CAP_IPC_LOCK)
                            : 0;

        caps[i].permitted &= kept;
        caps[i].effective = caps[i].permitted;
        caps[i].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, caps) < 0)
        cannot(sandbox, "end of capabilities");
}

/* A reservation is removed when its guest is there. */
static void limit_files(const struct sandbox *sandbox)
{
    if (sandbox_files_limit(numa_reserve_dir()) < 0)
        cannot(sandbox, "limit to files by Landlock");
}

void sandbox_will_remove(struct sandbox *sandbox)
{
    if (sandbox)
        sandbox->removes = true;
}

void sandbox_seal(struct sandbox *sandbox)
{
    if (!sandbox || sandbox->sealed)
        return;
    sandbox->sealed = true;
    limit_files(sandbox);
    sandbox_drop(sandbox);
    if (sandbox_calls_seal(sandbox->removes) < 0)
        cannot(sandbox, "end of opening files");
    else
        xg_info(sandbox->log, "sandbox: sealed");
}
