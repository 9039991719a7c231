/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * firmware.h - what hvmloader is given to start. */
#ifndef XG_FIRMWARE_H
#define XG_FIRMWARE_H

#include "build.h"

/* Maps, for the image, the system firmware that hvmloader/bios names (ovmf,
 * seabios; none if absent) and the iPXE option ROM, if one is installed.
 * Errors: EINVAL for an unknown name; Xenstore's; those of the file,
 * ENAMETOOLONG among them. */
int firmware_load(struct build *build, struct xg_error *err);

#endif
