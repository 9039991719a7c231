# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# qemu.sh - a host's shape, and QEMU's command line for it.
#
# A case says in its own text what host it wants, in lines of the form
#
#   # host: KEY=VALUE ...
#
# and cases of equal shape share one boot:
#
#   nodes=4            NUMA nodes
#   size=1024          MiB on each node, or a list with one number per node
#   used=              MiB of all that, at most, which the case comes to touch; else
#                      the machine must have room for all
#   memory-only=       nodes without processors, a list
#   distances=         rows as 10,20;20,10 - or near/far by default: 10 to
#                      itself, 20 to the other of a pair, 30 to the rest
#   smp=4              QEMU's -smp: processors[,sockets=,cores=,threads=];
#                      spread evenly over the nodes that have any
#   cpu=               additions to QEMU's -cpu, such as +topoext
#   dom0-mem=768       MiB (1280 with dm=yes)
#   sched=credit       Xen's scheduler
#   xen=               one more word for Xen's command line (repeatable)
#   dm=no              yes: the device model is there
#   ovmf=no            yes: /usr/share/ovmf/OVMF.fd is one for Xen, see ovmf.sh
#   hvm-linux=no       yes: /usr/share/ovmf/linux.fd is Linux for HVM guests
#   qemu=              one more word for QEMU's command line (repeatable)
#   limit=450          seconds of the host's clock that the case may take (not
#                      part of the shape); eight times that with XG_LONG=1, and
#                      with long=yes
#   takes=20           seconds that the case takes on a quiet machine, roughly, to
#                      divide cases between hosts by (not part of the shape)
#   long=yes           run only if asked for by name, or with XG_LONG=1
# Sourced by run-host, which declares the associative array shape.
# shellcheck disable=SC2004,SC2054,SC2154

# case_words FILE: the words of its "# host:" lines, one a line.
case_words() {
    sed -n 's/^# host: *//p' "$1" | tr -s ' ' '\n' | sed '/^$/d'
}

# case_number FILE KEY DEFAULT
case_number() {
    local number

    number=$(case_words "$1" | sed -n "s/^$2=//p" | tail -n 1)
    echo "${number:-$3}"
}

case_limit() {
    local limit

    limit=$(case_number "$1" limit 450)
    if [ "${XG_LONG:-0}" != 0 ] || case_is_long "$1"; then
        limit=$((limit * 8))
    fi
    echo "$limit"
}

case_is_long() { case_words "$1" | grep -qx long=yes; }

# Whether a case runs without being named.
case_is_due() { [ "${XG_LONG:-0}" != 0 ] || ! case_is_long "$1"; }

default_shape='nodes=4 size=1024 smp=4 sched=credit dm=no ovmf=no hvm-linux=no'

# The shape as a line: equal for cases that can share a host. Words of one key
# keep their order: qemu=-device, then qemu=edu.
case_shape() {
    case_words "$1" | grep -vE '^(limit|long|takes)=' |
        grep -vxF "${default_shape// /$'\n'}" |
        LC_ALL=C sort -s -t= -k1,1 | paste -sd ' '
}

# parse_shape WORDS: into the associative array shape.
parse_shape() {
    local word key value

    shape=([nodes]='' [size]='' [used]='' [memory-only]='' [distances]='' [smp]=''
        [cpu]='' [dom0-mem]='' [sched]='' [xen]='' [dm]='' [ovmf]=''
        [hvm-linux]='' [qemu]='')
    for word in $default_shape $1; do
        key=${word%%=*} value=${word#*=}
        if [ -z "${shape[$key]+known}" ] || [ "$key" = "$word" ]; then
            die "unknown word in a host line: $word"
        fi
        case $key in
        xen | qemu) shape[$key]+=" $value" ;;
        *) shape[$key]=$value ;;
        esac
    done
    if [ -z "${shape[dom0-mem]}" ]; then
        shape[dom0-mem]=768
        [ "${shape[dm]}" = no ] || shape[dom0-mem]=1280
    fi
}

# shape_distance A B
shape_distance() {
    local rows cells

    if [ -n "${shape[distances]}" ]; then
        IFS=';' read -ra rows <<<"${shape[distances]}"
        IFS=',' read -ra cells <<<"${rows[$1]}"
        echo "${cells[$2]}"
    elif [ "$1" -eq "$2" ]; then
        echo 10
    elif [ $(($1 / 2)) -eq $(($2 / 2)) ]; then
        echo 20
    else
        echo 30
    fi
}

# Memory, processors and distances of the nodes, appended to qemu_args.
# reserve=off: memory that the host never touches costs nothing here; share=on:
# nor does all that is near it, for QEMU asks for huge pages where it is private.
node_args() {
    local sizes total=0 node other size first=0 next seen=0 with_cpus
    local nodes=${shape[nodes]} smp=${shape[smp]%%,*}

    IFS=',' read -ra sizes <<<"${shape[size]}"
    with_cpus=$nodes
    for node in ${shape[memory-only]//,/ }; do
        with_cpus=$((with_cpus - 1))
    done

    for ((node = 0; node < nodes; node++)); do
        size=${sizes[node]:-${sizes[0]}}
        total=$((total + size))
        qemu_args+=(-object
            "memory-backend-ram,id=m$node,size=${size}M,reserve=off,share=on")
        case ,${shape[memory-only]}, in
        *,$node,*) qemu_args+=(-numa "node,nodeid=$node,memdev=m$node") ;;
        *)
            seen=$((seen + 1))
            next=$((smp * seen / with_cpus))
            qemu_args+=(-numa
                "node,nodeid=$node,memdev=m$node,cpus=$first-$((next - 1))")
            first=$next
            ;;
        esac
    done
    for ((node = 0; node < nodes; node++)); do
        for ((other = 0; other < nodes; other++)); do
            qemu_args+=(-numa "dist,src=$node,dst=$other,val=$(
                shape_distance $node $other)")
        done
    done
    qemu_args+=(-m "${total}M" -smp "${shape[smp]}")
}

# The memory that the host may come to take, in MiB: all of its own, and QEMU's
# besides, of which translated code is the most.
host_mib() {
    local sizes node total=512

    if [ -n "${shape[used]}" ]; then
        echo $((total + shape[used]))
        return
    fi
    IFS=',' read -ra sizes <<<"${shape[size]}"
    for ((node = 0; node < shape[nodes]; node++)); do
        total=$((total + ${sizes[node]:-${sizes[0]}}))
    done
    echo "$total"
}

# make_qemu_args INITRD LOGS SLEEP: the whole command line into qemu_args. The
# results leave on the second serial port, which the caller adds.
#
# The clock counts instructions (-icount shift=2: 4 ns each), which one thread has to
# run: how long something takes on the host does not depend on the machine below it,
# and the host's processors meet in an order that QEMU can emulate. Several threads
# emulate Xen's wake-ups and the guests' FPU wrongly now and then. SLEEP off: an
# idle host's clock goes on to its next timer at once.
#
# The processor: svm for HVM guests with nested paging; without smap, since
# QEMU 7.2 faults on a PV kernel's iret with it; without monitor, since mwait
# faults in Xen's idle loop; without rdtscp, whose exits Xen cannot decode.
make_qemu_args() {
    local mem=${shape[dom0-mem]}M xen words
    local processor=EPYC,+svm,-x2apic,-smap,-smep,-monitor,-rdtscp

    # bootscrub=0: scrubbing would touch all memory, and slows destruction
    # down until it is through. eager-fpu, as on most processors that people have:
    # by default Xen lets this one switch the registers of SSE and AVX at a trap,
    # with which they now and then had what was another's under QEMU.
    xen="console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all"
    xen+=" dom0_mem=$mem,max:$mem dom0_max_vcpus=1 bootscrub=0 spec-ctrl=eager-fpu"
    xen+=" sched=${shape[sched]}${shape[xen]}"

    qemu_args=(-machine q35 -accel tcg,thread=single,tb-size=256
        -cpu "$processor${shape[cpu]:+,${shape[cpu]}}"
        -icount "shift=2,sleep=$3" -nodefaults -display none -no-reboot)
    node_args
    # nohz=off: under QEMU a wake-up of dom0 was lost now and then, and everything
    # stood still until Linux's longest timer, 4.29 s, was over. The others: as
    # lib.sh's linux_words.
    words='console=hvc0 nohz=off cryptomgr.notests rodata=off'
    # A port to write a sign of life to, see watch.sh.
    # shellcheck disable=SC2206 # words
    qemu_args+=(${shape[qemu]}
        -chardev "file,id=beats,path=$2/beats"
        -device isa-debugcon,iobase=0x505,chardev=beats
        -kernel "$images/hypervisor" -append "$xen"
        -initrd "$images/vmlinux $words,$1"
        -serial "file:$2/console.log")
}
