/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_lists.c - lists of nodes and of PCI devices, and numbers, as people
 * write them: one line of each. */
#include "cleanup.h"
#include "fuzz.h"
#include "numa_nodes.h"
#include "numbers.h"
#include "pci.h"

static void check_nodes(const char *text, uint64_t existing)
{
    uint64_t nodes = 0, excluded = 0, again, none;
    char list[NUMA_LIST_BYTES];
    struct xg_error err;

    if (numa_nodes_parse(text, existing, &nodes, &excluded, &err) < 0)
        return;
    assert(nodes && !(nodes & ~existing) && !(excluded & ~existing));
    assert(!(nodes & excluded));
    numa_nodes_format(nodes, list);
    assert(numa_nodes_parse(list, existing, &again, &none, &err) == 0);
    assert(again == nodes && none == 0);
}

static void check_devices(const char *text)
{
    cleanup_free struct pci_device *devices = NULL;
    unsigned int nr = 0;
    struct xg_error err;

    if (pci_parse_list(text, &devices, &nr, &err) < 0)
        return;
    assert(nr > 0 && nr <= strlen(text));
    for (unsigned int i = 0; i < nr; i++)
        for (unsigned int j = 0; j < i; j++)
            assert(memcmp(&devices[i], &devices[j], sizeof(*devices)));
}

static void check_numbers(const char *text)
{
    const struct number number = number_read(text);
    long long value;

    if (number_parse_decimal(text, &value) < 0)
        return;
    /* As C reads them, what begins with 0 is octal. */
    if (text[text[0] == '-'] != '0')
        assert(number.doubt == NUMBER_WHOLE &&
               (uint64_t)value ==
                   (number.negative ? -number.magnitude : number.magnitude));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    char text[1024];
    uint64_t existing = fuzz_take(&input, 8);

    check_nodes(fuzz_take_text(&input, '\n', text, sizeof(text)), existing);
    check_devices(fuzz_take_text(&input, '\n', text, sizeof(text)));
    check_numbers(fuzz_take_text(&input, '\n', text, sizeof(text)));
    return 0;
}
