#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Replays the corpus of fuzz_listen_proto.
exec "$(dirname "$XENGUEST")/tests/fuzz/replay_listen_proto" \
    "$(dirname "$0")/corpus/listen_proto"
