/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_pci.c - what sysfs may say of a device: the files resource, vendor and
 * device, with a line `--` between them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "pci.h"

#define DEVICE "/bus/pci/devices/0001:02:03.4"

static char root[] = "/tmp/fuzz_pci-XXXXXX";
static bool is_made;

static void run(const char *command, const char *folder)
{
    char line[256];

    snprintf(line, sizeof(line), "%s %s%s", command, root, folder);
    assert(system(line) == 0);
}

static void remove_root(void)
{
    run("rm -rf", "");
}

static void write_file(struct fuzz_input *input, const char *name)
{
    static const char between[] = "--\n";
    const uint8_t *end =
        memmem(input->data, input->bytes, between, strlen(between));
    size_t bytes = end ? (size_t)(end - input->data) : input->bytes;
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s" DEVICE "/%s", root, name);
    file = fopen(path, "we");
    assert(file && fwrite(input->data, 1, bytes, file) == bytes);
    assert(fclose(file) == 0);
    bytes += end ? strlen(between) : 0;
    input->data += bytes;
    input->bytes -= bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const struct pci_device device = { 1, 2, 3 << 3 | 4 };
    struct fuzz_input input = { data, bytes };
    struct pci_needs needs;
    struct xg_error err;

    if (!is_made) {
        is_made = mkdtemp(root);
        assert(is_made);
        atexit(remove_root);
        run("mkdir -p", DEVICE);
    }
    write_file(&input, "resource");
    write_file(&input, "vendor");
    write_file(&input, "device");
    if (pci_read_needs(root, &device, &needs, &err) < 0)
        assert(strstr(err.text, root));
    return 0;
}
