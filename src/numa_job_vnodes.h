/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job_vnodes.h - the virtual nodes of a job's guest. */
#ifndef XG_NUMA_JOB_VNODES_H
#define XG_NUMA_JOB_VNODES_H

#include "numa_job.h"

/* Whether as many as the domain has to have can be made for such a guest; what
 * the host has is for the plan to say. Errors: EINVAL, ERANGE, naming the key
 * and why not. */
int numa_job_check_vnodes(const struct numa_job *job, struct xg_error *err);

/* The plan with the virtual nodes that the policy asks for, or without any,
 * for the request. Where those that need not be come to nothing, ->vnodes_off
 * says why. Errors: those of numa_place and numa_place_vnodes. */
int numa_job_plan_vnodes(struct numa_job *job,
                         const struct numa_request *request,
                         struct xg_error *err);

/* With the memory there: whether each of them is on its node. Those that need
 * not be are given up if not. Errors: ENOMEM for those that the domain has to
 * have. */
int numa_job_hold_vnodes(struct numa_job *job, struct xg_error *err);

/* With the memory there: leaves a note of them, or of none, in the guest of a
 * build that was asked for some. Errors: those of mapping it. */
int numa_job_leave_note(const struct numa_job *job, bool is_pvh,
                        struct xg_error *err);

/* Whether a restored guest's note is to be looked for. */
bool numa_job_learns_vnodes(const struct numa_job *job);

/* While its memory comes, and that of the note has: virtual nodes are what they
 * were where it was built, whatever was asked for, on the plan's nodes. They
 * are given up if it has no note, if they can't be so, or if more has come than
 * lies in the first of them, up to the frame end_pfn. Errors: the hypervisor's.
 */
int numa_job_learn_vnodes(struct numa_job *job, uint64_t end_pfn,
                          struct xg_error *err);

/* Tells Xen of them, if there are any. Errors: the hypervisor's. */
int numa_job_tell_vnodes(const struct numa_job *job, struct xg_error *err);

#endif
