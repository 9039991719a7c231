/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_xs.c - a double of libxenstore. */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

struct xs_handle {
    bool open;
};

static struct fake_table store;
static bool loaded;

static void load(void)
{
    if (!loaded)
        fake_table_load(&store, "XG_FAKE_STORE");
    loaded = true;
}

void fake_store_set(const char *path, const char *value)
{
    load();
    fake_table_set(&store, path, value);
}

void fake_store_clear(void)
{
    load();
    fake_table_clear(&store);
}

/* ---- transactions: one at a time, and nobody else writes ---- */

static xs_transaction_t open_transaction; /* XBT_NULL: none */
static struct fake_table before;          /* it began */

/* As xenstored has it, a request of no transaction that there is fails. */
static bool is_open(xs_transaction_t t)
{
    if (t != XBT_NULL && t == open_transaction)
        return true;
    errno = ENOENT;
    return false;
}

/* What a request starts with. */
static bool may_ask(const struct xs_handle *xsh, xs_transaction_t t)
{
    fake_require(xsh->open, "xenstore: handle");
    return t == XBT_NULL || is_open(t);
}

/* True if `path` lies below `dir`; *name is then the rest. */
static bool below(const char *path, const char *dir, const char **name)
{
    size_t bytes = strlen(dir);

    if (strncmp(path, dir, bytes) || path[bytes] != '/')
        return false;
    *name = path + bytes + 1;
    return true;
}

/* Xenstore makes the directories above a node, with empty values. */
const char *fake_store_get(const char *path)
{
    const char *value, *name;

    load();
    value = fake_table_get(&store, path);
    for (size_t i = 0; !value && i < store.nr_rows; i++)
        if (below(store.rows[i].key, path, &name))
            value = "";
    return value;
}

struct xs_handle *xs_open(unsigned long flags)
{
    struct xs_handle *xsh;

    if (fake_call(__func__, NO_ARGUMENTS))
        return NULL;
    if (strcmp(fake_host("host/xenstore"), "up")) {
        errno = ENOENT; /* as for a socket that isn't there */
        return NULL;
    }
    xsh = calloc(1, sizeof(*xsh));
    xsh->open = true;
    return fake_lend(xsh);
}

void xs_close(struct xs_handle *xsh)
{
    fake_call(__func__, NO_ARGUMENTS);
    fake_require(open_transaction == XBT_NULL, "a transaction is left open");
    fake_take_back(xsh);
}

void *xs_read(struct xs_handle *xsh, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    const char *value;

    if (fake_call(__func__, "%s", path))
        return NULL;
    if (!may_ask(xsh, t))
        return NULL;

    value = fake_store_get(path);
    if (!value) {
        errno = ENOENT;
        return NULL;
    }
    *len = (unsigned int)strlen(value);
    return fake_lend(strdup(value));
}

bool xs_write(struct xs_handle *xsh, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    char *value;

    if (fake_call(__func__, "%s %.*s", path, (int)len, (const char *)data))
        return false;
    if (!may_ask(xsh, t))
        return false;

    value = strndup(data, len);
    fake_store_set(path, value);
    free(value);
    return true;
}

/* The children's names, each once, in the same allocation as the pointers. */
char **xs_directory(struct xs_handle *xsh, xs_transaction_t t, const char *path,
                    unsigned int *num)
{
    char **names, *text;
    size_t text_bytes = 0;

    if (fake_call(__func__, "%s", path))
        return NULL;
    if (!may_ask(xsh, t))
        return NULL;
    if (!fake_store_get(path)) {
        errno = ENOENT;
        return NULL;
    }

    for (size_t i = 0; i < store.nr_rows; i++)
        text_bytes += strlen(store.rows[i].key) + 1;
    names = calloc(1, (store.nr_rows + 1) * sizeof(*names) + text_bytes);
    text = (char *)(names + store.nr_rows + 1);

    *num = 0;
    for (size_t i = 0; i < store.nr_rows; i++) {
        const char *name;
        bool known = false;
        size_t bytes;

        if (!below(store.rows[i].key, path, &name))
            continue;
        bytes = strcspn(name, "/");
        for (unsigned int n = 0; n < *num; n++)
            known |=
                strlen(names[n]) == bytes && !strncmp(names[n], name, bytes);
        if (known)
            continue;
        names[(*num)++] = text;
        memcpy(text, name, bytes);
        text += bytes + 1;
    }
    return fake_lend(names);
}

static void free_row(struct fake_row *row)
{
    free(row->key);
    free(row->value);
}

/* A node, and all below it. */
static void remove_all(const char *path)
{
    const char *name;
    size_t kept = 0;

    for (size_t i = 0; i < store.nr_rows; i++) {
        struct fake_row *row = &store.rows[i];

        if (!strcmp(row->key, path) || below(row->key, path, &name))
            free_row(row);
        else
            store.rows[kept++] = *row;
    }
    store.nr_rows = kept;
}

bool xs_rm(struct xs_handle *xsh, xs_transaction_t t, const char *path)
{
    if (fake_call(__func__, "%s", path) || !may_ask(xsh, t))
        return false;
    if (!fake_store_get(path)) {
        errno = ENOENT;
        return false;
    }
    remove_all(path);
    return true;
}

static void copy_table(struct fake_table *to, const struct fake_table *from)
{
    for (size_t i = 0; i < from->nr_rows; i++)
        fake_table_set(to, from->rows[i].key, from->rows[i].value);
}

static void free_table(struct fake_table *table)
{
    for (size_t i = 0; i < table->nr_rows; i++)
        free_row(&table->rows[i]);
    free(table->rows);
    *table = (struct fake_table){ .nr_rows = 0 };
}

xs_transaction_t xs_transaction_start(struct xs_handle *xsh)
{
    static xs_transaction_t last = XBT_NULL;

    if (fake_call(__func__, NO_ARGUMENTS))
        return XBT_NULL;
    fake_require(open_transaction == XBT_NULL, "a transaction inside another");
    load();
    copy_table(&before, &store);
    open_transaction = ++last;
    return open_transaction;
}

bool xs_transaction_end(struct xs_handle *xsh, xs_transaction_t t, bool abort)
{
    bool ended;

    ended = !fake_call(__func__, "%s", abort ? "abort" : "commit");
    if (!is_open(t))
        return false;
    open_transaction = XBT_NULL;
    if (!ended || abort) {
        free_table(&store);
        copy_table(&store, &before);
    }
    free_table(&before);
    return ended;
}
