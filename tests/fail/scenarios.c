/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * scenarios.c - what the program is run for while its calls fail. */
#include "scenarios.h"

#define PORTS "-store_port 3 -store_domid 0 -console_port 4 -console_domid 0 "
#define ALL "-domid 7 -controloutfd 8 -controlinfd 9 "
#define SIZE "-mem_max_mib 64 -mem_start_mib 64 "
#define PV                                                            \
    ALL PORTS SIZE                                                    \
        "-mode linux_build -image DIR/image -cmdline root=/dev/xvda " \
        "-ramdisk DIR/ramdisk -features pae -flags 0 "
#define HVM ALL PORTS SIZE "-mode hvm_build -image DIR/image "
#define PVH                                                                  \
    ALL PORTS SIZE "-mode pvh_build -image DIR/image -cmdline console=hvc0 " \
                   "-features pae "                                          \
                   "-flags 0 -module DIR/ramdisk -cmdline of-the-module "
#define PLAN SIZE "-domid 7 -mode plan "
#define RESTORE ALL PORTS "-fd 10 -mode restore "

#define VCPUS "platform/vcpu/number=3 platform/vcpu/current=2 "
/* Every key that makes a guest of any kind do more. */
#define KEYS                                                                \
    VCPUS                                                                   \
    "platform/vcpu/0/affinity=1100 platform/vcpu/2/affinity=00000001 "      \
    "platform/vcpu/weight=512 platform/vcpu/cap=50 platform/tsc_mode=2 "    \
    "platform/timeoffset=-3600 platform/viridian=true "                     \
    "platform/viridian_reference_tsc=1 platform/x87-fip-width=4 "           \
    "platform/acpi=true platform/acpi_s3=1 platform/cores-per-socket=3 "    \
    "platform/hpet=false platform/nx=true platform/featureset=40-0-100000 " \
    "/mh/limits/pv-kernel-max_size=4096 "

#define IS_PV "domain/type=pv "
#define IS_HVM "domain/type=hvm "
#define NODES "host/node_free_mib=256,512 "
#define SPREAD "host/node_free_mib=48,48,48,40 "

#define POLICY(rule) VCPUS "platform/numa/policy=" rule " "

#define BUILT                                                            \
    POLICY("strict")                                                     \
    "platform/numa/result/policy=strict platform/numa/result/nodes=0,1 " \
    "platform/numa/result/home=1 platform/numa/result/affinity=soft "    \
    "platform/numa/result/claim=host platform/numa/result/pages/0=256 "  \
    "platform/numa/result/pages/1=16128 "                                \
    "platform/numa/result/spilled=256 platform/numa/result/outside=0 "

#define RUN(name, options, host, store)                \
    {                                                  \
        name, options, host, store, NULL, false, false \
    }
#define RIVALLED(name, options, host, store)                               \
    {                                                                      \
        name " beside another builder", options, host, store, NULL, false, \
            true                                                           \
    }
#define TALK(name, more, host, store, talk)                                  \
    {                                                                        \
        "listen: " name, ALL "-mode listen " more, host, store, talk, false, \
            false                                                            \
    }

const struct scenario scenarios[] = {
    RUN("a PV guest", PV, IS_PV, KEYS),
    RUN("a 32-bit PV guest", PV, IS_PV "image/bits=32", VCPUS),
    RUN("an HVM guest", HVM "-vgpu", IS_HVM, KEYS),
    RUN("a PVH guest", PVH, IS_HVM, KEYS),
    RUN("an HVM guest with credit and SeaBIOS", HVM,
        IS_HVM "host/scheduler=credit",
        KEYS "hvmloader/bios=seabios platform/ovmf-override=OVMF-debug.fd"),
    RUN("an HVM guest with a device", HVM "-pci_passthrough 0000:03:00.0",
        IS_HVM "host/reserved=0:3:0.0@ec000@10", VCPUS),
    RUN("a claim of the toolstack's", HVM, IS_HVM "domain/claimed_pages=16384",
        VCPUS),
    RUN("a PVH guest with virtual nodes", PVH,
        IS_HVM NODES "domain/max_vcpus=3",
        POLICY("strict") "platform/numa/vnodes=2"),
    RUN("an HVM guest, strict, residual claim", HVM, IS_HVM NODES,
        POLICY("strict") "platform/numa/residual-claim=64"),
    RUN("an HVM guest with a device and vGPU, best effort",
        HVM "-vgpu -pci_passthrough 0000:03:00.0",
        IS_HVM NODES "host/device_node=1", POLICY("best-effort")),
    RUN("a 32-bit PV guest, strict", PV, IS_PV NODES "image/bits=32",
        POLICY("strict")),
    RUN("a PV guest that is striped, pinned hard", PV, IS_PV SPREAD,
        POLICY("interleave") "platform/numa/affinity=hard"),
    RUN("an HVM guest that spills", HVM,
        IS_HVM NODES "host/node_1_lacks_mib=483",
        POLICY("best-effort") "platform/numa/claim=off"),
    RUN("a host's defaults, claim of the host", PVH, IS_HVM NODES,
        VCPUS "/mh/numa/policy=best-effort /mh/numa/claim=host"),
    RUN("policy any, residual claim", PV, IS_PV NODES,
        POLICY("any") "platform/numa/residual-claim=64"),
    RUN("no claim but a residual claim", PV, IS_PV NODES,
        POLICY("any") "platform/numa/claim=off "
                      "platform/numa/residual-claim=64"),
    RUN("-mem_pnode, with its claim", HVM "-mem_pnode 1",
        IS_HVM NODES "domain/claimed_pages=16384 domain/claimed_node=1", VCPUS),
    RUN("others' claims, then less than there was", PV,
        IS_PV NODES "host/node_claimed_mib=0,490", POLICY("best-effort")),
    RUN("save", ALL "-fd 10 -mode save", IS_HVM, VCPUS),
    RUN("restore", RESTORE,
        IS_HVM "restore/missing=1 domain/generation_id_addr=0x7ff0",
        KEYS "platform/generation-id=1:2"),
    RUN("restore, best effort, virtual nodes", RESTORE,
        IS_HVM NODES
        "domain/max_pages=17000 domain/max_vcpus=3 "
        "restore/pages=16384 guest/note_vnodes=2 guest/note_mib=64",
        POLICY("best-effort") "platform/numa/vnodes=2"),
    RUN("restore, -mem_pnode", RESTORE "-mem_pnode 1",
        IS_HVM NODES "domain/max_pages=16384 domain/claimed_pages=16384 "
                     "domain/claimed_node=1",
        VCPUS),
    { "resume, with logs", ALL "-mode resume_slow -debuglog DIR/log",
      IS_HVM "domain/suspended=1", VCPUS, NULL, true, false },
    TALK("live", "", IS_HVM "save/pause_us=2000", VCPUS,
         "init progress live pause paused completed"),
    TALK("not live", "", IS_HVM, VCPUS, "init nonlive paused completed"),
    TALK("restore", "-mem_pnode 1", IS_HVM NODES "domain/max_pages=16384", KEYS,
         "init args restore completed"),
    TALK("aborted", "", IS_HVM, VCPUS, "init nonlive abort"),
};
const size_t nr_scenarios = sizeof(scenarios) / sizeof(*scenarios);

/* ---- those that take turns ---- */

#define CLAIMED "domain/claimed_pages=16384 domain/claimed_node=1 "
#define FITS "domain/max_pages=16384 "

/* Each way in which a guest gets memory, under a rule. */
#define BUILDS(rule)                                                       \
    RUN("a PV guest, " rule, PV, IS_PV NODES, POLICY(rule)),               \
        RUN("an HVM guest, " rule, HVM, IS_HVM NODES, POLICY(rule)),       \
        RUN("a PVH guest, " rule, PVH, IS_HVM NODES, POLICY(rule)),        \
        RUN("on demand, " rule, HVM "-mem_max_mib 128", IS_HVM NODES,      \
            POLICY(rule)),                                                 \
        RUN("restore, " rule, RESTORE, IS_HVM NODES FITS, POLICY(rule)),   \
        RUN("-mem_pnode, " rule, PVH "-mem_pnode 1", IS_HVM NODES CLAIMED, \
            POLICY(rule))

const struct scenario more_scenarios[] = {
    BUILDS("any"),
    BUILDS("best-effort"),
    BUILDS("best-effort-hard"),
    BUILDS("prio-mem-only"),
    BUILDS("strict"),
    BUILDS("interleave"),

    RUN("a PVH guest on demand", PVH "-mem_max_mib 128", IS_HVM NODES, KEYS),
    RUN("an HVM guest with virtual nodes", HVM,
        IS_HVM NODES "domain/max_vcpus=3",
        POLICY("best-effort") "platform/acpi=true platform/numa/vnodes=2"),
    RUN("a PVH guest, residual claim", PVH, IS_HVM NODES,
        POLICY("best-effort") "platform/numa/residual-claim=64"),
    RUN("a PV guest that is striped, residual claim", PV, IS_PV SPREAD,
        POLICY("interleave") "platform/numa/residual-claim=64"),
    RUN("a PV guest, -mem_pnode", PV "-mem_pnode 1", IS_PV NODES CLAIMED,
        VCPUS),
    RUN("a PVH guest, -mem_pnode", PVH "-mem_pnode 1", IS_HVM NODES, VCPUS),
    RUN("a PV guest is saved", ALL "-fd 10 -mode save", IS_PV, VCPUS),
    RUN("a PV guest is saved live", ALL "-fd 10 -mode save -live", IS_PV,
        VCPUS),
    RUN("a PV guest is restored", RESTORE, IS_PV, KEYS),
    RUN("a PV guest is restored, best effort", RESTORE, IS_PV NODES FITS,
        POLICY("best-effort")),
    RUN("a PV guest is restored, strict", RESTORE, IS_PV NODES FITS,
        POLICY("strict")),
    RUN("resume of a PV guest", ALL "-mode resume_slow",
        IS_PV "domain/suspended=1", VCPUS),
    RUN("a plan", PLAN, IS_HVM NODES, POLICY("best-effort")),
    RUN("a plan with -mem_pnode", PLAN "-mem_pnode 1", IS_HVM NODES, VCPUS),
    RUN("a plan as JSON", PLAN "-json", IS_HVM NODES, POLICY("best-effort")),
    RUN("a plan with virtual nodes as JSON", PLAN "-json",
        IS_HVM NODES "domain/max_vcpus=3",
        POLICY("best-effort") "platform/numa/vnodes=2"),
    RUN("a plan of a domain that is built", PLAN,
        IS_HVM NODES "domain/pages=16384 domain/paused=0", BUILT),
    RUN("a plan of a domain that is built, as JSON", PLAN "-json",
        IS_HVM NODES "domain/pages=16384 domain/paused=0", BUILT),
    RIVALLED("a plan", PLAN, IS_HVM NODES, POLICY("best-effort")),
    RIVALLED("a plan as JSON", PLAN "-json", IS_HVM NODES,
             POLICY("best-effort")),
    RIVALLED("an HVM guest, strict,", HVM, IS_HVM NODES, POLICY("strict")),
    RIVALLED("a PVH guest, best effort,", PVH, IS_HVM NODES,
             POLICY("best-effort")),
    RUN("a plan that can't be, as JSON", PLAN "-json",
        IS_HVM "host/node_free_mib=40,40 ", POLICY("strict")),
    TALK("not live, a PV guest", "", IS_PV, VCPUS,
         "init nonlive paused completed"),
};
const size_t nr_more_scenarios =
    sizeof(more_scenarios) / sizeof(*more_scenarios);
