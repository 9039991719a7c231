/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake.h - doubles of the Xen libraries, linked in their place.
 *
 * They keep a small model of a host, one domain and a Xenstore, write down
 * every call, and fail where a test wants it. A program is steered by
 *
 *   XG_FAKE_HOST    file of `key = value` lines: the host and the domain; the
 *                   keys and their defaults are in fake_model.c
 *   XG_FAKE_STORE   file of `path = value` lines: Xenstore
 *   XG_FAKE_LOG     file that gets one line for each call
 *   XG_FAKE_FAIL    function:n:ERROR[:message],...  the nth call of a function,
 *                   or each if n is 0, fails with that errno, and with that
 * last error of libxenctrl. NONE as ERROR: fails, and says nothing in errno.
 * DIE: the process ends there, as by SIGKILL. LATE: does not fail, but takes
 * 300 ms.
 *
 * and a unit test by the functions below as well. In a value or message `\n`
 * is a newline.
 *
 * A caller that breaks a library's rules (a step before the one it needs, a
 * closed handle) ends the process with FAKE_MISUSE. */
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

#define FAKE_MISUSE 97 /* exit statuses that xenguest never has */
#define FAKE_DIED 98

/* ---- calls (fake.c): what every double starts with ----------------------- */

/* Logs a call and its telling arguments. True if it is to fail now: errno is
 * set, and fake_message() is what libxenctrl would keep as its last error. */
bool fake_call(const char *function, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define NO_ARGUMENTS "%s", ""

/* The message of the failure that fake_call announced last; NULL: none. */
const char *fake_message(void);

/* How often a function has been called. */
unsigned int fake_count(const char *function);

/* If set, is told each call's function and its line of the log; true if the
 * call is to fail, errno is then as the watcher has left it. */
extern bool (*fake_watch)(const char *function, const char *line);

/* A block that a library hands out, and its caller has to give back: to the
 * library, which frees it, or to the C library. NULL stays NULL. */
void *fake_lend(void *block);
void fake_take_back(void *block);

/* If set, is told each: lent, or given back to the library. */
extern void (*fake_watch_lent)(void *block, bool lent);

/* Adds failures, in the form of XG_FAKE_FAIL. */
void fake_fail(const char *spec);

/* Ends the process unless the caller keeps to the library's rules. */
void fake_require(bool rule, const char *what);

/* ---- the model (fake_model.c) -------------------------------------------- */

/* The value of a host key, or its default. A key that has neither ends the
 * process: a test would otherwise miss its own typing errors. */
const char *fake_host(const char *key);
uint64_t fake_host_number(const char *key);
void fake_host_set(const char *key, const char *value);

/* Uses memory as a library does that parses, if library/parses has it so, and
 * makes the system calls that library/system_calls lists. */
void fake_parse(void);

/* Whether so many more are within the domain's limit. */
bool fake_domain_may_have(uint64_t pages);

/* Takes pages for the domain. False if the host has not that many, or the
 * domain may not have them. */
bool fake_host_take(uint64_t pages);
void fake_host_adjust(int pages); /* a few more or less, at any rate */
uint64_t fake_host_taken(void);

/* Pages that the domain has. */
uint64_t fake_domain_pages(void);

/* Pages that others have claimed of the host. */
uint64_t fake_claimed_by_others(void);

/* ---- nodes (fake_numa.c) and claims (fake_claim.c) ----------------------- */

#define FAKE_NODES_MAX 64

unsigned int fake_nodes(void);
bool fake_node_is_online(unsigned int node);
uint64_t fake_node_free(unsigned int node); /* pages, claimed or not */

/* What Xen answers: as many extents as the node in the flags has; without one,
 * as the host has. */
int fake_populate(unsigned int mem_flags, unsigned int extent_order,
                  unsigned long nr_extents, xen_pfn_t *extent_start);

/* Pages that the domain has claimed: of a node, or of all kinds. */
uint64_t fake_claimed(unsigned int node);
uint64_t fake_outstanding(void);
/* The least that it had claimed after a set was granted. */
uint64_t fake_least_outstanding(void);
/* The domain has got so many pages of a node. */
void fake_claim_use(unsigned int node, uint64_t pages);
/* As libxenguest does: unseen. */
void fake_claim_give_up(void);

/* A file's or a test's ordered `key = value` lines. */
struct fake_table {
    struct fake_row {
        char *key, *value;
    } * rows;
    size_t nr_rows;
};

const char *fake_table_get(const struct fake_table *table, const char *key);
void fake_table_set(struct fake_table *table, const char *key,
                    const char *value);
void fake_table_clear(struct fake_table *table);
/* Loads the file that an environment variable names, if it is set. */
void fake_table_load(struct fake_table *table, const char *variable);

/* ---- libxenctrl (fake_xc.c) ---------------------------------------------- */

/* Keeps an error as libxenctrl does, and tells the logger. */
void fake_xc_error(xc_interface *xch, xc_error_code code, const char *message);

/* Tells the logger how far some work is. */
void fake_xc_progress(xc_interface *xch, const char *doing_what,
                      unsigned long done, unsigned long total);

/* What Xen does with an HVM parameter. The program has libxenctrl's function
 * for it itself. */
int fake_set_hvm_param(xc_interface *xch, uint32_t domid, uint32_t param,
                       uint64_t value);

/* What a double of libxenctrl or libxenguest starts with. */
#define FAKE_XC(xch, ...) \
    (fake_call(__func__, __VA_ARGS__) && fake_xc_failed(xch))
bool fake_xc_failed(xc_interface *xch);

/* ---- libxenstore (fake_xs.c) --------------------------------------------- */

void fake_store_set(const char *path, const char *value);
void fake_store_clear(void);
const char *fake_store_get(const char *path); /* NULL: no such node */

#endif
