/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_model.c - the host and the domain behind the doubles. */
#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB_PAGES 256

static const struct {
    const char *key, *value;
} defaults[] = {
    { "host/free_mib", "1024" },
    { "host/claimed_pages", "0" },    /* by all domains together */
    { "host/late_claims", "0" },      /* pages, after the first xc_physinfo */
    { "host/node_free_mib", "1024" }, /* see fake_numa.c */
    { "host/node_1_lacks_mib", "0" },
    { "host/low_mib", "0" },
    { "host/superpages_mib", "1048576" }, /* the rest is in pieces */
    { "host/node_claimed_mib", "" },      /* by others, see fake_claim.c */
    { "host/claims_end_after", "0" },     /* refused claims; 0: never */
    { "host/refused_set_drops", "0" },    /* the older claim */
    { "host/slit", "pairs" },             /* or unknown */
    { "host/threads_per_core", "1" },
    { "host/device_node", "0" },
    { "host/pool", "" }, /* pCPUs as 0 and 1; empty: all are in it */
    { "host/pcpus", "8" },
    { "host/scheduler", "credit2" }, /* or credit, or the number of another */
    { "host/itsc", "0" },
    { "host/featureset_words", "18" },
    { "host/reserved", "" },         /* see fake_pci.c */
    { "host/xenstore", "up" },       /* or down */
    { "library/binds_itself", "0" }, /* its calls of libxenctrl are its own */
    { "library/parses", "0" },       /* and uses memory for it */
    { "library/system_calls", "" },  /* see fake_parse */
    { "image/bits", "64" },          /* of a PV guest's kernel, or 32 */
    { "domain/id", "7" },
    { "domain/type", "hvm" }, /* or pv */
    { "domain/vga", "1" },    /* 0: an HVM container without device model */
    { "domain/paused", "1" },
    { "domain/hap", "1" },
    { "domain/pages", "0" },           /* before anything is done */
    { "domain/event_channels", "32" }, /* from 1 on; then come closed ones */
    { "domain/max_vcpus", "4" },       /* 0: none was ever set */
    { "domain/claimed_pages", "0" },
    { "domain/claimed_node", "" },     /* empty: of the host */
    { "domain/max_pages", "1048576" }, /* none above that is populated */
    { "domain/cpupool", "0" },
    { "domain/hard", "" }, /* of all vCPUs, as 0 and 1; empty: all pCPUs */
    { "domain/soft", "" }, /* the same */
    { "domain/hap_mib", "4" },
    { "domain/fip_width", "0" },
    { "domain/suspended", "0" },
    { "domain/generation_id_addr", "0" },
    { "save/dirty", "4096 300 20" }, /* pages, see fake_migrate.c */
    { "save/last_pages", "64" },
    { "save/pause_us", "10000" }, /* between two iterations */
    { "save/step_us", "0" },      /* see fake_migrate.c */
    { "save/hangs", "" },         /* or interruptible, or for-good */
    { "restore/order", "0" },     /* of the extents that are asked for */
    { "restore/missing", "0" },   /* XGR_SDD_MISSING_ bits */
    { "restore/pages", "0" },     /* that a restore asks for, in whole 4 MiB */
    { "guest/note_vnodes", "0" }, /* that its note tells of */
    { "guest/note_mib", "0" },    /* RAM by its note; 0: it has none */
    { "guest/note_hvm", "0" },    /* it is where an HVM guest's is */
};

static struct fake_table host;
static bool host_loaded;
static uint64_t taken_pages;

static struct fake_row *find(const struct fake_table *table, const char *key)
{
    for (size_t i = 0; i < table->nr_rows; i++)
        if (!strcmp(table->rows[i].key, key))
            return &table->rows[i];
    return NULL;
}

const char *fake_table_get(const struct fake_table *table, const char *key)
{
    const struct fake_row *row = find(table, key);

    return row ? row->value : NULL;
}

void fake_table_set(struct fake_table *table, const char *key,
                    const char *value)
{
    struct fake_row *row = find(table, key);

    if (row) {
        free(row->value);
        row->value = strdup(value);
        return;
    }
    table->rows =
        realloc(table->rows, (table->nr_rows + 1) * sizeof(*table->rows));
    table->rows[table->nr_rows++] = (struct fake_row){
        .key = strdup(key),
        .value = strdup(value),
    };
}

void fake_table_clear(struct fake_table *table)
{
    for (size_t i = 0; i < table->nr_rows; i++) {
        free(table->rows[i].key);
        free(table->rows[i].value);
    }
    free(table->rows);
    *table = (struct fake_table){ .nr_rows = 0 };
}

static void set_line(struct fake_table *table, char *line)
{
    char *value = strstr(line, " =");
    char *in, *out;

    if (!value)
        return; /* an empty line, or a remark */
    *value = '\0';
    value += value[2] == ' ' ? 3 : 2;

    for (in = out = value; *in && *in != '\n'; in++) {
        if (in[0] == '\\' && in[1] == 'n') {
            *out++ = '\n';
            in++;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    fake_table_set(table, line, value);
}

void fake_table_load(struct fake_table *table, const char *variable)
{
    char line[16384];
    FILE *file;

    if (!getenv(variable))
        return;
    file = fopen(getenv(variable), "re");
    fake_require(file, "XG_FAKE_HOST or XG_FAKE_STORE can't be read");
    while (fgets(line, sizeof(line), file))
        set_line(table, line);
    fclose(file);
}

static void load_host(void)
{
    if (!host_loaded)
        fake_table_load(&host, "XG_FAKE_HOST");
    host_loaded = true;
}

const char *fake_host(const char *key)
{
    const char *value;

    load_host();
    value = fake_table_get(&host, key);
    for (size_t i = 0; !value && i < sizeof(defaults) / sizeof(*defaults); i++)
        if (!strcmp(defaults[i].key, key))
            value = defaults[i].value;
    fake_require(value, key);
    return value;
}

uint64_t fake_host_number(const char *key)
{
    return strtoull(fake_host(key), NULL, 0);
}

void fake_host_set(const char *key, const char *value)
{
    load_host();
    fake_table_set(&host, key, value);
}

bool fake_domain_may_have(uint64_t pages)
{
    return fake_domain_pages() + pages <= fake_host_number("domain/max_pages");
}

bool fake_host_take(uint64_t pages)
{
    if (!fake_domain_may_have(pages) ||
        taken_pages + pages > fake_host_number("host/free_mib") * MIB_PAGES)
        return false;
    taken_pages += pages;
    return true;
}

void fake_host_adjust(int pages)
{
    taken_pages += (uint64_t)pages;
}

uint64_t fake_host_taken(void)
{
    return taken_pages;
}

uint64_t fake_domain_pages(void)
{
    return fake_host_number("domain/pages") + taken_pages;
}

uint64_t fake_claimed_by_others(void)
{
    uint64_t late =
        fake_count("xc_physinfo") > 1 || fake_count("xc_domain_claim_pages") > 0
            ? fake_host_number("host/late_claims")
            : 0;

    uint64_t all = fake_host_number("host/claimed_pages");
    uint64_t ours = fake_host_number("domain/claimed_pages");

    return (all > ours ? all - ours : 0) + late;
}

#define BLOCKS 64
#define BLOCK_BYTES (64 << 10)

/* So much is freed again that malloc gives it back. */
static void use_memory(void)
{
    void *blocks[BLOCKS];

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BLOCK_BYTES);
        memset(blocks[i], 1, BLOCK_BYTES);
    }
    for (size_t i = BLOCKS; i-- > 0;)
        free(blocks[i]);
}

/* An argument of a system call: a number, or a path. */
static long argument_of(const char *word)
{
    return *word == '/' ? (long)word : strtol(word, NULL, 10);
}

/* One of i386's, which a 64-bit process can make as well; as syscall does. */
static long i386_syscall(long number)
{
#ifdef __x86_64__
    __asm__ volatile("int $0x80"
                     : "+a"(number)
                     :
                     : "memory", "r8", "r9", "r10", "r11");
#else
    number = -ENOSYS;
#endif
    if (number >= 0)
        return number;
    errno = (int)-number;
    return -1;
}

/* "NUMBER ARGUMENT ARGUMENT ARGUMENT,...": those that a library makes which a
 * hostile image or stream has got the better of; one below 0 is i386's, without
 * arguments. What came of each is logged: a number, or errno's name. */
void fake_parse(void)
{
    const char *calls = fake_host("library/system_calls");

    if (fake_host_number("library/parses"))
        use_memory();
    for (; *calls; calls += *calls == ',') {
        char words[3][256];
        long number, result;

        fake_require(sscanf(calls, "%ld %255[^ ,] %255[^ ,] %255[^ ,]", &number,
                            words[0], words[1], words[2]) == 4,
                     "library/system_calls has other than four words");
        calls += strcspn(calls, ",");
        result = number < 0
                     ? i386_syscall(-number)
                     : syscall(number, argument_of(words[0]),
                               argument_of(words[1]), argument_of(words[2]));
        if (result < 0)
            (void)fake_call(__func__, "%ld %s", number, strerrorname_np(errno));
        else
            (void)fake_call(__func__, "%ld %ld", number, result);
    }
}
