/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * generation_id.c - tell a guest that its state has been used before. */
#include "generation_id.h"

#include <inttypes.h>
#include <string.h>

#include <xenctrl.h>
#include <xen/hvm/params.h>

#include "guest_memory.h"
#include "numbers.h"

/* Room for one word: 64 bits in octal, a sign or a prefix. */
#define WORD_BYTES 32

/* Returns what is doubtful about it. */
static enum number_doubt parse_word(const char *text, uint64_t *word)
{
    struct number number = number_read(text);

    /* xapi's and hvmloader's are signed. */
    *word = number.negative ? -number.magnitude : number.magnitude;
    return number.doubt;
}

int generation_id_parse(const char *text, struct generation_id *id)
{
    const char *colon = strchr(text, ':');
    char first[WORD_BYTES] = "";
    enum number_doubt doubt;

    if (!colon || (size_t)(colon - text) >= sizeof(first))
        return -1;
    memcpy(first, text, (size_t)(colon - text));
    /* Only the second may have something behind it. */
    if (parse_word(first, &id->words[0]) != NUMBER_WHOLE)
        return -1;
    doubt = parse_word(colon + 1, &id->words[1]);
    id->has_tail = doubt == NUMBER_TAIL;
    return doubt == NUMBER_WHOLE || doubt == NUMBER_TAIL ? 0 : -1;
}

int generation_id_apply(const struct xg_ctx *ctx, const char *text,
                        struct xg_error *err)
{
    struct generation_id id;
    uint64_t address;

    xg_forget_errors(ctx);
    if (xc_hvm_param_get(ctx->xch, ctx->domid, HVM_PARAM_VM_GENERATION_ID_ADDR,
                         &address) < 0)
        return xg_fail_xc(ctx, err, "xc_hvm_param_get",
                          "VM_GENERATION_ID_ADDR");
    if (!address)
        return 0;

    if (!text) {
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/generation-id is absent or empty: the guest, which "
                  "asks for one, keeps the one that it has");
        return 0;
    }
    if (generation_id_parse(text, &id) < 0 || !id.words[0] || !id.words[1]) {
        xg_log_at(
            ctx->log, LOG_WARNING,
            "platform/generation-id: '%s' is not two 64-bit numbers other "
            "than 0 joined by ':': the guest keeps the one that it has",
            text);
        return 0;
    }
    if (id.has_tail)
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/generation-id: '%s' has something behind the "
                  "numbers, which does not count",
                  text);
    /* The guest tells the address, and may have given the page back since. */
    if (guest_memory_write(ctx, "generation id", address, id.words,
                           sizeof(id.words), err) < 0) {
        xg_log_at(ctx->log, LOG_WARNING,
                  "the guest does not get its generation id: %s", err->text);
        return 0;
    }
    xg_info(ctx->log, "generation id %#" PRIx64 ":%#" PRIx64 " at %#" PRIx64,
            id.words[0], id.words[1], address);
    return 0;
}
