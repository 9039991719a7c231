/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * consequences.c - calls whose failure is not told by an error that names them,
 * each with its reason. All others are. */
#include "points.h"
#include "scenarios.h"

#include <errno.h>

#define NOTHING(call, file, reason)       \
    {                                     \
        call, file, NULL, NULL, 0, reason \
    }
#define NOTHING_IN(in, call, file, reason) \
    {                                      \
        call, file, NULL, in, 0, reason    \
    }
#define NOTHING_AT(code, in, call, file, reason) \
    {                                            \
        call, file, NULL, in, code, reason       \
    }
#define TOLD_AS(told, call, file, reason) \
    {                                     \
        call, file, told, NULL, 0, reason \
    }
#define ANSWERS(answer, in, call, file, reason) \
    {                                           \
        call, file, ":" answer, in, 0, reason   \
    }

/* Of the listen mode: a request that is refused, and may be made again. */
#define REFUSED(call, file)                                                  \
    {                                                                        \
        call, file, "", "listen", 0, "the client is told, and may ask again" \
    }
#define ANY_FILE "*"
#define ANY_SCENARIO NULL

#define RELEASES "what it gives up is given up"
#define NO_CALL "no call of a library's: a remark of the doubles"
#define VOID "it returns nothing, or 0 alone"
#define BEST \
    "placement is best effort: it goes on without a reservation, and says so"
#define CLAIM "a claim that this hypervisor has not: a weaker one, or none"
#define RESIDUAL "a residual claim that can't be had is logged"
#define STAYS \
    "the toolstack's claim stays in the place of ours, which is logged"
#define TRIED "what was claimed to try is replaced by the claim, and logged"
#define OF_HOST "is taken for want of memory: the host is then claimed of"
#define PUT_BACK "the toolstack's claim is then put back in any case"
#define THEIRS "is taken for want of memory: the toolstack's node is used then"
#define SHORT "is taken for want of memory: a restore goes without a claim then"
#define LOOKS "is taken for want of memory that others hold: it looks again"
#define WHOLE "the other's reservation counts as a whole then"
#define SOCKETS "the guest sees vCPUs without sockets, which the log tells"
#define APART "memory is dealt without virtual nodes, which the log tells"
#define DEAF "nobody may be there to read it, which stops no guest"
#define GONE "the client is told, says quit, and goes, which ends the server"
#define PUBLISHES "what came of the policy is published with the guest there"
#define UNCONFINED "a sandbox that can't be had stops no guest, and is logged"
#define PLANNED "a plan is made of what can be known, and says what can't"
#define SILENT "no word is said then if xenstored does not answer"
#define ONE_NAME "the other name is had, and the log tells"
#define HUNG_UP \
    "the client is hung up on; none comes back, which ends the server"

const struct consequence consequences[] = {
    NOTHING("close", ANY_FILE, RELEASES),
    NOTHING("closedir", ANY_FILE, RELEASES),
    NOTHING("munmap", ANY_FILE, RELEASES),
    NOTHING("pthread_join", ANY_FILE, RELEASES),
    NOTHING("xc_interface_close", "", RELEASES),
    NOTHING("xs_close", "", RELEASES),
    NOTHING("xc_cpupool_infofree", "", RELEASES),
    NOTHING("xc_dom_release", "", RELEASES),
    NOTHING("xc_dom_unmap_one", "", VOID),
    NOTHING("xc_dom_kernel_max_size", "", VOID),
    NOTHING("xc_dom_module_max_size", "", VOID),
    NOTHING("guest_word", "", NO_CALL),
    NOTHING("policy_cores", "", NO_CALL),
    NOTHING("save_suspend", "", NO_CALL),
    NOTHING("save_suspended", "", NO_CALL),

    NOTHING("access", "firmware.c", "iPXE is loaded where there is one"),
    NOTHING("access", "image_file.c", "the next place is looked at"),
    NOTHING("open", "xenguest.c", "fds 0 to 2 stay as the caller left them"),
    NOTHING("xc_pcitopoinfo", "",
            "devices are a preference, and the log tells"),
    NOTHING("poll", "control.c", "what is wrong shows when it is written to"),
    NOTHING_IN("listen", "fcntl", "control.c",
               "its results go to its clients; the log tells"),
    NOTHING("open", "log.c", DEAF),
    NOTHING("fstat", "log.c", DEAF),
    NOTHING("socket", "log.c", DEAF),
    NOTHING("connect", "log.c", DEAF),
    NOTHING("write", "log.c", DEAF),

    NOTHING(ANY_FILE, "sandbox.c", UNCONFINED),
    NOTHING(ANY_FILE, "sandbox_calls.c", UNCONFINED),
    NOTHING(ANY_FILE, "sandbox_files.c", UNCONFINED),

    NOTHING(ANY_FILE, "xs_wait.c", SILENT),

    NOTHING("xc_evtchn_status", "",
            "xapi's may not be asked about: not a reason "
            "to refuse a guest"),
    TOLD_AS("xc_hvm_param_set", "xencall_alloc_buffer", "",
            "of one parameter that is set at once: it is libxenctrl's to say"),
    TOLD_AS("domain_check_ports", "xc_evtchn_status", "",
            "Xen says EINVAL of a port beyond all that there are"),
    NOTHING_AT(EINVAL, ANY_SCENARIO, "xc_domain_claim_pages", "", CLAIM),
    NOTHING_AT(ENOSYS, ANY_SCENARIO, "xc_domain_claim_pages", "", CLAIM),
    NOTHING_AT(ENOMEM, "numa/policy=", "xc_domain_claim_pages", "",
               "the plan is made anew, and claims once more"),
    NOTHING_IN("residual-claim=", "xc_domain_claim_pages", "", RESIDUAL),
    NOTHING_AT(EINVAL, "-mem_pnode, interleave", POINTS_GIVES_UP, "", STAYS),
    NOTHING_AT(ENOSYS, "-mem_pnode, interleave", POINTS_GIVES_UP, "", STAYS),
    NOTHING_AT(ENOMEM, "-mem_pnode, interleave", POINTS_GIVES_UP, "", STAYS),
    NOTHING("xc_domain_claim_pages_node", "", CLAIM),
    NOTHING("xc_domain_claim_memory", "", CLAIM),
    NOTHING("xc_numa_meminfo", "",
            "claims by node are not known: they are found "
            "out by claiming"),
    NOTHING("xc_cpu_policy_init", "", SOCKETS),
    NOTHING("xc_cpu_policy_get_size", "", SOCKETS),
    NOTHING("xc_cpu_policy_get_domain", "", SOCKETS),
    NOTHING("xc_cpu_policy_serialise", "", SOCKETS),
    NOTHING("xc_cpu_policy_update_cpuid", "", SOCKETS),
    NOTHING("xc_cpu_policy_set_domain", "", SOCKETS),
    NOTHING("xc_cpu_policy_destroy", "", VOID),
    NOTHING("calloc", "cpuid_topology.c", SOCKETS),
    NOTHING("xc_shadow_control", "",
            "the pool stays where it is, and that is "
            "logged"),

    NOTHING_IN("listen: restore", "xs_transaction_start", "", PUBLISHES),
    NOTHING_IN("listen: restore", "xs_transaction_end", "", PUBLISHES),
    NOTHING_IN("listen: restore", "xs_rm", "", PUBLISHES),
    NOTHING_IN("listen: restore", "xs_write", "", PUBLISHES),
    NOTHING_IN("listen: restore", "xs_read", "",
               "the acpi keys stay as they are, which the log tells"),
    NOTHING_IN("restore", "xenforeignmemory_map", "",
               "a guest without its generation id, which the log tells"),

    NOTHING_IN("toolstack", "xc_domain_getinfolist", "", PUT_BACK),
    NOTHING_IN("others' claims", POINTS_GIVES_UP, "", TRIED),
    NOTHING_AT(ENOMEM, "others' claims", "xc_numainfo", "", OF_HOST),
    NOTHING_AT(ENOMEM, "others' claims", "xc_availheap", "", OF_HOST),
    NOTHING_IN("others' claims", "xc_domain_getinfolist", "",
               "whether it is the host that has too little is not known then: "
               "it is taken to be the nodes"),
    NOTHING_AT(ENOMEM, "others' claims", "xc_physinfo", "", OF_HOST),
    NOTHING_IN("-mem_pnode&policy=", "xc_domain_getinfolist", "", PUT_BACK),
    NOTHING_AT(ENOMEM, "-mem_pnode&policy=&!strict", "xc_availheap", "",
               THEIRS),
    NOTHING_AT(ENOMEM, "-mem_pnode&policy=&!strict", "xc_numainfo", "", THEIRS),
    NOTHING_IN("residual-claim=", "xc_domain_getinfolist", "", RESIDUAL),
    NOTHING_AT(ENOMEM, "restore&!policy=strict", "xc_availheap", "", SHORT),
    NOTHING_AT(ENOMEM, "restore&!policy=strict", "xc_numainfo", "", SHORT),

    NOTHING_IN("restore, best effort, virtual nodes", "xenforeignmemory_map",
               "", APART),
    NOTHING_IN("restore, best effort, virtual nodes", "xc_domain_setvnuma", "",
               "Xen's own record, of which a PVH guest knows nothing"),
    NOTHING_IN("restore, best effort, virtual nodes", "calloc",
               "numa_job_vnodes.c", "as for xc_domain_setvnuma"),

    NOTHING_IN("!strict", "mkdir", "numa_lock.c", BEST),
    NOTHING_IN("!strict", "lstat", "numa_lock.c", BEST),
    NOTHING_IN("!strict", "open", "numa_lock.c", BEST),
    NOTHING_IN("!strict", "flock", "numa_lock.c", BEST),
    NOTHING_IN("!strict", "open", "numa_reserve.c", BEST),
    NOTHING_IN("!strict", "opendir", "numa_reserve.c", BEST),
    NOTHING_IN("!strict", "readdir", "numa_reserve.c", BEST),
    NOTHING_IN("!strict", "openat", "numa_reserve.c", BEST),
    NOTHING_IN("!strict", "pread", "numa_reserve.c", BEST),
    NOTHING_IN("!strict", "flock", "numa_reserve.c", BEST),
    NOTHING_IN("!strict", "posix_fallocate", "numa_reserve.c", BEST),
    NOTHING_IN("!strict", "mmap", "numa_reserve.c", BEST),
    NOTHING("sigaction", "numa_reserve.c",
            "the next builder removes the file of one that a signal ended"),
    NOTHING("unlink", "numa_reserve.c",
            "the next builder removes a file that "
            "nobody holds"),

    NOTHING_IN("beside another builder", "flock", "numa_reserve.c", WHOLE),
    NOTHING_IN("beside another builder", "xc_domain_getinfolist", "", WHOLE),
    NOTHING_AT(ENOMEM, "beside another builder", "xc_numainfo", "", LOOKS),
    NOTHING_AT(ENOMEM, "beside another builder", "xc_availheap", "", LOOKS),
    NOTHING_AT(ENOMEM, "beside another builder", "readdir", "numa_reserve.c",
               LOOKS),

    ANSWERS("What builders have reserved is not known: ", "a plan", ANY_FILE,
            "numa_lock.c", PLANNED),
    ANSWERS("What builders have reserved is not known: ", "a plan", ANY_FILE,
            "numa_reserve.c", PLANNED),
    ANSWERS("\"reserved_pages\":null", "a plan", ANY_FILE, "numa_lock.c",
            PLANNED),
    ANSWERS("\"reserved_pages\":null", "a plan", ANY_FILE, "numa_reserve.c",
            PLANNED),
    ANSWERS(" ?   ", "a plan", "xc_numa_meminfo", "", PLANNED),
    ANSWERS("HAP pool is not known: ", "a plan", "xc_shadow_control", "",
            PLANNED),
    ANSWERS("\"hap_pages\":null", "a plan", "xc_shadow_control", "", PLANNED),
    ANSWERS("\"claimed_pages\":null", "a plan", "xc_numa_meminfo", "", PLANNED),
    TOLD_AS("plan_write_json", ANY_FILE, "plan_json.c", "json-c's own memory"),

    NOTHING("accept4", "listen.c",
            "the client waits, and is asked in half a "
            "second later"),
    NOTHING("poll", "listen.c",
            "the last replies go out in the next round, or "
            "not at all"),
    NOTHING("socket", "listen_socket.c",
            "whether a server is there shows when "
            "its name is taken"),
    NOTHING("connect", "listen_socket.c", "as for socket"),
    NOTHING("lstat", "listen_socket.c", "as for socket"),
    NOTHING("symlink", "listen_socket.c", ONE_NAME),
    NOTHING("mkdir", "listen_socket.c", ONE_NAME),
    NOTHING("bind", "listen_socket.c", ONE_NAME),
    NOTHING("listen", "listen_socket.c", ONE_NAME),
    NOTHING("rmdir", ANY_FILE, "the folder is xapi's as well"),
    NOTHING("unlink", ANY_FILE,
            "the next server finds that nobody listens "
            "there"),
    REFUSED("fstat", "migrate_stream.c"),
    REFUSED("fcntl", "migrate_stream.c"),
    REFUSED("socketpair", "listen_job.c"),
    REFUSED("fcntl", "listen_job.c"),
    { "send", "listen_job.c", "", "listen", 0,
      "as those; or a report, which the next one makes up for" },
    REFUSED("sigaction", "listen_job.c"),
    REFUSED("pthread_create", "listen_job.c"),
    REFUSED("xs_read", ""),
    TOLD_AS("listen_serve", "send", "listen_job.c", GONE),
    NOTHING("recv", "listen_job.c", "it is there to be read at the next look"),
    NOTHING("dup3", "listen_job.c",
            "the stream is closed by the server then; an "
            "abort has its signal and its limit"),
    NOTHING("pthread_sigmask", "listen_job.c",
            "the signal is blocked only where "
            "the caller has it so"),
    TOLD_AS("listen_serve", "recvmsg", "listen_client.c", HUNG_UP),
    TOLD_AS("listen_serve", "send", "listen_client.c", HUNG_UP),
    NOTHING("send", "listen_client.c",
            "what is said last, to a client that "
            "goes"),
    TOLD_AS("listen_serve", "json_tokener_new", "listen_proto.c", HUNG_UP),
    TOLD_AS("write", "puts", "listen.c", "what stdio does in its place"),
    TOLD_AS("write", "fflush", ANY_FILE, "what stdio does in its place"),
    NOTHING_IN("not live", "xc_domain_getinfolist", "",
               "whether the guest is suspended is then waited for to be told"),
    NOTHING_IN("aborted", "write", "control.c",
               "the error line's own: it is on stderr"),
    { ANY_FILE, ANY_FILE, "migrate_abort", "aborted", 0,
      "after an abort there is one outcome" },
};
const size_t nr_consequences = sizeof(consequences) / sizeof(*consequences);
