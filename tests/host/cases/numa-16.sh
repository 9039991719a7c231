# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-16.sh - a host with 16 nodes, of which four have CPUs.
# host: sched=credit2 takes=35
# host: nodes=16 smp=4 memory-only=4,5,6,7,8,9,10,11,12,13,14,15
# host: size=640,640,640,640,256,256,256,256,256,256,256,256,256,256,256,256
. numa.sh
. planned.sh

# hundredths: of seconds, of the host's clock.
hundredths() { cut -d ' ' -f 1 /proc/uptime | tr -d .; }

many_nodes 16

# Ten plans beside three domains that have published. The host's clock counts work: so
# this holds on every machine. A third of it is the start of a process.
doms=''
for policy in any strict best-effort; do
    guest pv 90 -p numa/policy=$policy -p numa/claim=host
    run "policy $policy: builds" vmctl build "$dom"
    doms="$doms $dom"
done
guest hvm 700 --bios none -p numa/policy=best-effort
before=$(hundredths)
for _ in 1 2 3 4 5 6 7 8 9 10; do
    xenguest -mode plan -domid "$dom" -mem_start_mib 700 >/tmp/plan || break
done
ms=$(($(hundredths) - before))
[ $ms -lt 100 ]
is $? 0 "a plan takes $ms ms, less than 100"
like "$(cat /tmp/plan)" '*nodes [02]-[13], home *' 'a plan: is made'
for dom in $doms $dom; do destroy "$dom"; done

random_plans 16
done_testing
