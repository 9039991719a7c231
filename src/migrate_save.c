/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * migrate_save.c - write a guest's state to a stream, and let a suspended guest
 * go on. */
#include "migrate_save.h"

#include <errno.h>

#include "cleanup.h"
#include "domain.h"
#include "xs.h"

/* What libxenguest hands back to the callbacks. */
struct save {
    const struct migrate_save_ops *ops;
    struct xg_error suspend_err; /* why suspend failed, if it has */
};

static int on_suspend(void *data)
{
    struct save *save = data;

    return save->ops->suspend(save->ops->data, &save->suspend_err) == 0;
}

static int on_policy(struct precopy_stats stats, void *data)
{
    struct save *save = data;

    return save->ops->policy(save->ops->data, &stats);
}

/* libxenguest asserts that it is there for an HVM guest. Whoever runs the
 * device model (xenopsd, emu-manager) tells it to track what it writes. */
static int on_switch_logdirty(uint32_t domid, unsigned int enable, void *data)
{
    (void)domid;
    (void)enable;
    (void)data;
    return 0;
}

int migrate_save_check(const struct xg_ctx *ctx, bool force,
                       struct xg_error *err)
{
    static const char path[] = "platform/nomigrate";
    cleanup_free char *text = NULL;

    if (force)
        return 0;
    if (xs_get(ctx, path, &text, err) < 0)
        return -1;
    if (text && xs_bool(ctx, path, text))
        return xg_fail(err, __func__, EPERM,
                       "domain %u can't be saved: %s is '%s' (use -force to "
                       "try)",
                       ctx->domid, path, text);
    return 0;
}

int migrate_save(const struct xg_ctx *ctx, int fd, uint32_t flags,
                 const struct migrate_save_ops *ops, struct xg_error *err)
{
    struct save save = { .ops = ops };
    struct save_callbacks callbacks = {
        .suspend = on_suspend,
        .precopy_policy = ops->policy ? on_policy : NULL,
        .switch_qemu_logdirty = on_switch_logdirty,
        .data = &save,
    };
    int rc;

    xg_info(ctx->log, "saving domain %u%s", ctx->domid,
            flags & XCFLAGS_LIVE ? ", live" : "");

    sandbox_seal(ctx->sandbox);
    xg_forget_errors(ctx);
    ctx->log->on_progress = ops->progress;
    ctx->log->progress_data = ops->data;
    rc = xc_domain_save(ctx->xch, fd, ctx->domid, flags, &callbacks,
                        XC_STREAM_PLAIN, -1);
    ctx->log->on_progress = NULL;
    if (rc == 0)
        return 0;

    /* libxenguest says no more than that the callback failed. */
    if (xg_error_is_set(&save.suspend_err)) {
        *err = save.suspend_err;
        return -1;
    }
    return xg_fail_migration(ctx, err, "xc_domain_save");
}

int migrate_resume(const struct xg_ctx *ctx, struct xg_error *err)
{
    static const char idle[] = "is not suspended: there is nothing to resume";
    const int fast = 0;
    xc_domaininfo_t info;

    if (xg_ctx_domain_info(ctx, &info, err) < 0)
        return -1;
    /* Xen passes over an HVM or PVH guest; of a PV guest libxenguest would take
     * a register for its start_info page, and write there. */
    if (!domain_is_suspended(&info)) {
        if (!(info.flags & XEN_DOMINF_hvm_guest))
            return xg_fail(err, __func__, EINVAL, "domain %u %s", ctx->domid,
                           idle);
        xg_log_at(ctx->log, LOG_WARNING, "domain %u %s", ctx->domid, idle);
    }

    sandbox_seal(ctx->sandbox);
    xg_forget_errors(ctx);
    if (xc_domain_resume(ctx->xch, ctx->domid, fast) != 0)
        return xg_fail_xc(ctx, err, "xc_domain_resume", "domain %u",
                          ctx->domid);
    return 0;
}
