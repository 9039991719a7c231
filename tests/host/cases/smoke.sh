# SPDX-License-Identifier: LGPL-2.1-or-later
# smoke.sh - the host is what its shape says: Xen sees the nodes.
. /tests/lib.sh

is "$(xl info -n | grep -c '^ *[0-3]: .*10')" 4 'xl info shows four nodes'
echo hello
done_testing
