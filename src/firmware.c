/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * firmware.c - what hvmloader is given to start. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "firmware.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "image_file.h"
#include "xs.h"

/* hvmloader copies the firmware below 4 GiB; no real image comes near this. */
#define FIRMWARE_BYTES_MAX (UINT64_C(64) << 20)

/* Where a host may have an image, best first, from configure. */
static const char *const ovmf_paths[] = { OVMF_PATHS, NULL };
static const char *const seabios_paths[] = { SEABIOS_PATHS, NULL };
static const char *const ipxe_paths[] = { IPXE_PATHS, NULL };

/* Where another OVMF image may be named: a plain file beside the usual one, so
 * that whoever writes platform/ can't point us anywhere else. */
static int override_path(const char *name, char path[PATH_MAX],
                         struct xg_error *err)
{
    const char *usual = image_file_first(ovmf_paths);
    const char *slash = strrchr(usual, '/');
    int folder_bytes = slash ? (int)(slash - usual) + 1 : 0;
    struct stat st;

    if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
        return xg_fail(err, __func__, EINVAL,
                       "platform/ovmf-override: '%s' is not a file name", name);

    if (snprintf(path, PATH_MAX, "%.*s%s", folder_bytes, usual, name) >=
        PATH_MAX)
        return xg_fail(err, __func__, ENAMETOOLONG,
                       "platform/ovmf-override: the name is too long");

    if (lstat(path, &st) < 0)
        return xg_fail_errno(err, "lstat", "platform/ovmf-override '%s': %s",
                             path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return xg_fail(err, __func__, EINVAL,
                       "platform/ovmf-override: '%s' is not a plain file",
                       path);
    return 0;
}

static int firmware_path(const char *bios, const struct xs_platform *platform,
                         char path[PATH_MAX], struct xg_error *err)
{
    if (!strcmp(bios, "ovmf") && platform->ovmf_override)
        return override_path(platform->ovmf_override, path, err);

    if (!strcmp(bios, "ovmf"))
        snprintf(path, PATH_MAX, "%s", image_file_first(ovmf_paths));
    else if (!strcmp(bios, "seabios"))
        snprintf(path, PATH_MAX, "%s", image_file_first(seabios_paths));
    else
        return xg_fail(err, __func__, EINVAL,
                       "hvmloader/bios: '%s' is neither ovmf nor seabios",
                       bios);
    return 0;
}

static int load_system_firmware(struct build *build, const char *path,
                                struct xg_error *err)
{
    struct image_file *file = &build->firmware;

    if (image_file_map("firmware", path, FIRMWARE_BYTES_MAX, file, err) < 0)
        return -1;
    build->dom->system_firmware_module = (struct xc_hvm_firmware_module){
        .data = file->data,
        .length = (uint32_t)file->bytes,
    };
    xg_info(build->ctx->log, "firmware %s, %zu bytes", path, file->bytes);
    return 0;
}

static int load_ipxe(struct build *build, struct xg_error *err)
{
    const struct xg_module ipxe = {
        .path = image_file_first(ipxe_paths),
        .cmdline = "ipxe",
    };

    if (access(ipxe.path, R_OK) < 0) {
        xg_info(build->ctx->log, "no iPXE: %s: %s", ipxe.path, strerror(errno));
        return 0;
    }
    return build_load_module(build, "iPXE", &ipxe, FIRMWARE_BYTES_MAX, err);
}

int firmware_load(struct build *build, struct xg_error *err)
{
    cleanup_free char *bios = NULL;
    char path[PATH_MAX];

    if (xs_get(build->ctx, "hvmloader/bios", &bios, err) < 0)
        return -1;
    if (bios && (firmware_path(bios, &build->platform, path, err) < 0 ||
                 load_system_firmware(build, path, err) < 0))
        return -1;

    return load_ipxe(build, err);
}
