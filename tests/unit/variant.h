/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * variant.h - what the libxenctrl has that the doubles stand for. */
#ifndef VARIANT_H
#define VARIANT_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifdef HAVE_CLAIM_MEMORY
#define HAS_SETS true
#else
#define HAS_SETS false
#endif

#ifdef HAVE_CLAIM_PAGES_NODE
#define HAS_NODES true
#else
#define HAS_NODES false
#endif

#endif
