/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * ctx.h - the handles that all work on one domain shares. */
#ifndef XG_CTX_H
#define XG_CTX_H

#include <xenctrl.h>
#include <xenstore.h>

#include "error.h"
#include "log.h"
#include "progress.h"
#include "sandbox.h"

struct xg_ctx {
    xc_interface *xch;
    struct xs_handle *xsh;
    uint32_t domid;
    struct xg_log *log;        /* borrowed */
    struct progress *progress; /* borrowed; NULL: nobody watches */
    struct sandbox *sandbox;   /* borrowed; NULL: -no-sandbox */
};

/* Opens the hypervisor's and Xenstore's interfaces. Errors: theirs. On failure
 * xg_ctx_close is still safe, and needed. */
int xg_ctx_open(struct xg_ctx *ctx, uint32_t domid, struct xg_log *log,
                struct xg_error *err);

void xg_ctx_close(struct xg_ctx *ctx);

/* Fails with errno and, where libxenctrl or libxenguest kept one, its own
 * message for the failure: its return values rarely tell why. */
int xg_fail_xc(const struct xg_ctx *ctx, struct xg_error *err, const char *what,
               const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define xg_fail_xc(...)                \
    ({                                 \
        (void)xg_fail_xc(__VA_ARGS__); \
        -1;                            \
    })

/* Forgets older errors. To be called before one of libxenguest's functions,
 * which may fail without an errno or a message of their own. */
void xg_forget_errors(const struct xg_ctx *ctx);

/* What libxenguest complained about first since then; "" if nothing. Borrowed.
 */
const char *xg_first_complaint(const struct xg_ctx *ctx);

/* Fails as xg_fail_xc does, with the first complaint in front: a save or
 * restore, whatever stopped it, ends with the message that it failed, and that
 * is all that libxenctrl keeps. */
int xg_fail_migration(const struct xg_ctx *ctx, struct xg_error *err,
                      const char *what);

/* Reads what Xen knows of the domain. Errors: ESRCH if it does not exist;
 * libxenctrl's. */
int xg_ctx_domain_info(const struct xg_ctx *ctx, xc_domaininfo_t *info,
                       struct xg_error *err);

/* Lists all domains; *list is owned by the caller, also on failure. Errors:
 * libxenctrl's. */
int xg_ctx_list_domains(const struct xg_ctx *ctx, xc_domaininfo_t **list,
                        unsigned int *nr_domains, struct xg_error *err);

#define cleanup_ctx xg_cleanup(xg_ctx_close)

#endif
