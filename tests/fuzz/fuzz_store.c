/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_store.c - what is read of Xenstore besides platform/ and the policies:
 * firmware, generation id, limits of images, what a build by hand goes by, and
 * what other domains have published. A line `path = value` for each key;
 * /address is where the guest wants its generation id. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <json.h>
#include <stdlib.h>

#include "by_hand.h"
#include "firmware.h"
#include "fuzz_ctx.h"
#include "generation_id.h"
#include "image_file.h"
#include "numbers.h"
#include "plan.h"

/* ---- firmware ---- */

static bool is_beside(const char *path, const char *usual)
{
    size_t bytes = (size_t)(strrchr(usual, '/') - usual) + 1;

    return !strncmp(path, usual, bytes) && path[bytes] &&
           !strchr(path + bytes, '/') && strcmp(path + bytes, ".") &&
           strcmp(path + bytes, "..");
}

/* In the place of the program's, the linker is told so: no file is loaded, and
 * none looked at but those that the host has, and what lies beside its OVMF. */
int __wrap_image_file_map(const char *what, const char *path,
                          uint64_t max_bytes, struct image_file *file,
                          struct xg_error *err);

int __wrap_image_file_map(const char *what, const char *path,
                          uint64_t max_bytes, struct image_file *file,
                          struct xg_error *err)
{
    static const char *const ovmf[] = { OVMF_PATHS, NULL };
    static const char *const others[] = { SEABIOS_PATHS, IPXE_PATHS, NULL };
    bool is_known = is_beside(path, image_file_first(ovmf));

    for (size_t i = 0; others[i]; i++)
        is_known |= !strcmp(path, others[i]);
    assert(is_known && max_bytes && !file->data);
    return xg_fail(err, what, EPERM, "'%s' is not loaded", path);
}

static void check_firmware(struct xg_ctx *ctx)
{
    const char *name = fake_store_get("/local/domain/7/platform/ovmf-override");
    struct xc_dom_image dom = { .xch = ctx->xch };
    struct build build = { .ctx = ctx, .dom = &dom };
    struct xg_error err = { .code = 0 };

    if (name && *name)
        build.platform.ovmf_override = strdup(name);
    assert(firmware_load(&build, &err) == 0 || err.text[0]);
    assert(!dom.system_firmware_module.data && !dom.num_modules);
    free(build.platform.ovmf_override);
}

/* ---- the generation id ---- */

static void check_generation_id(const struct xg_ctx *ctx)
{
    const char *text = fake_store_get("/local/domain/7/platform/generation-id");
    const char *address = fake_store_get("/address");
    struct generation_id id, again;
    struct xg_error err;
    char number[64];

    snprintf(number, sizeof(number), "%llu",
             (unsigned long long)number_read(address ? address : "").magnitude);
    fake_host_set("domain/generation_id_addr", number);
    assert(generation_id_apply(ctx, text, &err) == 0);
    if (!text || generation_id_parse(text, &id) < 0)
        return;
    snprintf(number, sizeof(number), "%lld:%lld", (long long)id.words[0],
             (long long)id.words[1]);
    assert(generation_id_parse(number, &again) == 0);
    assert(!memcmp(id.words, again.words, sizeof(id.words)));
}

/* ---- limits ---- */

static void check_limit(const struct xg_ctx *ctx, const char *key)
{
    struct xg_error err;
    uint64_t bytes = 0;

    assert(image_file_limit(ctx, key, &bytes, &err) == 0 && bytes);
    assert(fake_store_get(key) || bytes == IMAGE_BYTES_MAX);
}

/* ---- by hand ---- */

static void check_by_hand(const struct xg_ctx *ctx, const char *mode)
{
    char *argv[] = { (char[]){ "xenguest" }, (char[]){ "-mode" }, strdup(mode),
                     (char[]){ "-domid" },   (char[]){ "7" },     NULL };
    cleanup_by_hand struct by_hand by_hand = { .image = NULL };
    const struct xg_options *opts = &by_hand.opts;
    struct xg_options given;
    struct xg_error err = { .code = 0 };

    assert(options_parse(5, argv, &given, &err) == 0);
    if (by_hand_fill(ctx, &given, &by_hand, &err) == 0) {
        assert(opts->image && *opts->image && opts->mem_max_mib > 0);
        assert(!by_hand.image || *fake_store_get("/local/domain/7/vm") == '/');
        assert(opts->mem_start_mib == opts->mem_max_mib);
        assert(opts->store_port > 0 && opts->console_port > 0);
        assert(opts->mode == MODE_HVM_BUILD || opts->cmdline);
        assert(opts->mode != MODE_LINUX_BUILD || opts->ramdisk);
    } else {
        assert(err.text[0]);
    }
    free(argv[2]);
}

/* ---- what domains have published ---- */

static void check_json(const struct plan_report *report)
{
    struct json_object *top, *results = NULL;
    size_t bytes = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &bytes);
    struct xg_error err;

    assert(out && plan_write_json(report, out, &err) == 0);
    assert(fclose(out) == 0);
    top = json_tokener_parse(text);
    assert(top && json_object_object_get_ex(top, "results", &results));
    assert((size_t)json_object_array_length(results) == report->nr_results);
    json_object_put(top);
    free(text);
}

static void check_results(const struct xg_ctx *ctx)
{
    const xc_domaininfo_t list[] = { { .domain = 0 },
                                     { .domain = FUZZ_DOMID },
                                     { .domain = 8 } };
    struct xg_ctx own = *ctx;
    struct plan_report report = { .ctx = &own };
    const struct plan_result *result;
    struct xg_error err;

    assert(plan_results_read(&report, list, ARRAY_SIZE(list), &err) == 0);
    assert(report.nr_results <= ARRAY_SIZE(list));
    for (unsigned int i = 0; i < report.nr_results; i++) {
        result = &report.results[i];
        assert(i == 0 || result->domid > result[-1].domid);
        assert(memchr(result->policy, '\0', sizeof(result->policy)) &&
               memchr(result->nodes, '\0', sizeof(result->nodes)) &&
               memchr(result->claim, '\0', sizeof(result->claim)) &&
               memchr(result->affinity, '\0', sizeof(result->affinity)));
    }
    result = plan_own_result(&report);
    assert(!result || result->domid == FUZZ_DOMID);
    check_json(&report);
    free(report.results);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct xg_ctx *ctx = fuzz_ctx();
    struct fuzz_input input = { data, bytes };

    fuzz_fill_store(&input);
    check_firmware(ctx);
    check_generation_id(ctx);
    check_limit(ctx, "/mh/limits/pv-kernel-max_size");
    check_limit(ctx, "/mh/limits/pv-ramdisk-max_size");
    check_by_hand(ctx, "hvm_build");
    check_by_hand(ctx, "pvh_build");
    check_by_hand(ctx, "linux_build");
    check_results(ctx);
    return 0;
}
