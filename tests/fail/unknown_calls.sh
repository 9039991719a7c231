#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# What the program calls of the C library either fails in failing_calls, being in
# libc.syms, or is here as what can't fail or says nothing of it. A call that is
# new to the program has to be put into one of the two.
set -u
program=$(dirname "${XENGUEST:?the xenguest-fake to test}")/tests/fail/program.a

cant_fail='
clock_gettime dirfd ferror fputc fwrite geteuid getopt_long_only getpid isatty localtime_r mallopt memcmp
memcpy memmem memmove memset optarg opterr optind optopt printf
pthread_mutex_lock pthread_mutex_unlock putchar qsort secure_getenv sigaddset
raise sigemptyset signal snprintf sprintf stderr stdout strcasecmp strchr strcmp
strcspn strerror strftime strlen strncmp strncasecmp strnlen strpbrk
strrchr strsep strspn strstr strtol strtoll strtoul strtoull time timer_delete
timer_settime umask
fprintf vsnprintf fputs
json_object_get_object json_object_get_string json_object_get_string_len
json_object_is_type json_object_object_get_ex json_tokener_set_flags
_GLOBAL_OFFSET_TABLE_ __ctype_b_loc __ctype_tolower_loc __errno_location
__libc_current_sigrtmin __popcountdi2 __stack_chk_fail'

symbols=$(nm "$program")
case $symbols in
*' T xenguest_main'*) echo "ok 1 - nm has the program's names" ;;
*) echo "not ok 1 - nm has the program's names" ;;
esac

# One that checks its buffer's size fails as the plain one does, and one of a newer C
# is the plain one. The compiler has its own division of long numbers.
unknown=$(echo "$symbols" | CANT_FAIL=$cant_fail awk '
    BEGIN {
        nr = split(ENVIRON["CANT_FAIL"], names)
        for (i = 1; i <= nr; i++)
            known[names[i]] = 1
    }
    function plain(name) {
        if (name ~ /^__.*_chk$/)
            return substr(name, 3, length(name) - 6)
        sub(/^__isoc[0-9]+_/, "", name)
        return name
    }
    $1 == "U" { wanted[$2] = 1 }
    NF == 3 { known[$3] = 1 }
    END {
        for (name in wanted)
            if (!(name in known) && !(plain(name) in known) &&
                name !~ /^(points_|xc_|xs_|xencall|xenforeign|__gcov_)/ &&
                name !~ /^__u?(div|mod|divmod)ti[34]$/)
                print name
    }')
if [ -z "$unknown" ]; then
    echo 'ok 2 - each call to the C library is known'
else
    # shellcheck disable=SC2086 # on one line
    echo "not ok 2 - neither in libc.syms nor known not to fail:" $unknown
fi
echo 1..2
