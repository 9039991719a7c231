/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job_plan.h - a job's plan, made on what others leave, and reserved. */
#ifndef XG_NUMA_JOB_PLAN_H
#define XG_NUMA_JOB_PLAN_H

#include "numa_job.h"

/* What a plan was made on, and how it went: for the log, which others would
 * wait for while we hold the lock. */
struct numa_planning {
    /* Pages of a node that can be claimed, as far as claims that were refused
     * have told; else UINT64_MAX. */
    uint64_t claimable[NUMA_NODES_MAX];
    uint64_t free_pages[NUMA_NODES_MAX]; /* as read */
    uint64_t reserved[NUMA_NODES_MAX];   /* by other builders */
    int64_t took_us;
    bool patient; /* others keep what they hold, or there is no plan */
    bool planned;
    bool heedless; /* others' reservations and claims leave no room */
    /* Why there is no reservation; unset: there is one. */
    struct xg_error unreserved;
};

/* Plans, as far as the host, others' reservations and ->claimable allow, and
 * reserves what is planned, in one with respect to other builders; then logs
 * it. Errors: ENOMEM if there is no room; for strict, also why there can be no
 * reservation. */
int numa_job_plan(struct numa_job *job, struct numa_planning *planning,
                  struct xg_error *err);

/* Plans alone, and logs nothing: on the job's host as it is, with ->reserved
 * and ->claimable. */
int numa_job_plan_on(struct numa_job *job, struct numa_planning *planning,
                     struct xg_error *err);

/* What the plan takes, by node, with so many pages besides as far as the home
 * node has them. */
void numa_job_list_taken(const struct numa_job *job, uint64_t extra_pages,
                         uint64_t pages[NUMA_NODES_MAX]);

#endif
