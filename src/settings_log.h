/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * settings_log.h - what a guest is going to get, for whoever reads the log. */
#ifndef XG_SETTINGS_LOG_H
#define XG_SETTINGS_LOG_H

#include "log.h"
#include "numa_policy.h"
#include "options.h"
#include "xs_platform.h"

/* Logs the settings that count, options, keys and defaults taken together, in
 * one line for each group of them. `opts` is NULL for a restore: its stream
 * brings what options say in a build. `numa` is NULL without a NUMA policy. */
void settings_log(struct xg_log *log, const struct xg_options *opts,
                  const struct xs_platform *platform,
                  const struct numa_policy *numa, bool hvm);

#endif
