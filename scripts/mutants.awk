# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# mutants.awk - the mutants of a C file that is laid out as .clang-format has it: a
# line for each, of fields that tabs part.
#   LINE     where it is
#   BODY     where the body of the function around it begins; 0 outside of any
#   WHAT     what is changed, in words
#   EDITS    AT:LENGTH:TEXT ... the bytes from AT on (0 is the first) that another
#            text takes the place of; from the last edit to the first

# What is no code, as spaces of the same length: comments, texts, and directives but
# #define.
function masked(text,    i, c, two, from, state, out, keep) {
    state = ""
    out = ""
    from = 1
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        two = substr(text, i, 2)
        keep = state == ""
        if (state == "" && two == "/*") {
            state = "*"
            keep = 0
        } else if (state == "*" && two == "*/") {
            state = ""
            out = out "  "
            i++
            continue
        } else if (state == "" && (c == "\"" || c == "'")) {
            state = c
            keep = 0
        } else if ((state == "\"" || state == "'") && c == "\\") {
            out = out "  "
            i++
            continue
        } else if (state == c && c != "*") {
            state = ""
        } else if (state == "" && c == "#" && \
            (i == 1 || substr(text, i - 1, 1) == "\n") && \
            substr(text, i, 7) != "#define") {
            state = "#"
            keep = 0
        } else if (state == "#" && c == "\n" && substr(text, i - 1, 1) != "\\") {
            state = ""
        }
        out = out (c == "\n" ? c : keep ? c : " ")
    }
    return out
}

# Where the parenthesis that opens at AT closes.
function closing(at,    depth, c) {
    for (depth = 0; at <= size; at++) {
        c = substr(code, at, 1)
        if (c == "(")
            depth++
        else if (c == ")" && --depth == 0)
            return at
    }
    return 0
}

function edit(at, length_, text) {
    return (at - 1) ":" length_ ":" text
}

function mutant(at, what, edits) {
    printf "%d\t%d\t%s\t%s\n", line_of[at], body_of[line_of[at]], what, edits
}

# instead(OLD, NEW): for each OLD with spaces around, or a line's end after it.
function instead(old, new,    from, at, next_) {
    for (from = 1; (at = index(substr(code, from), " " old)); ) {
        at += from
        from = at + length(old)
        next_ = substr(code, from, 1)
        if (next_ == " " || next_ == "\n")
            mutant(at, old " is " new, edit(at, length(old), new))
    }
}

function conditions(    from, at, end) {
    for (from = 1; match(substr(code, from), /[^a-z_]if \(/); from = at) {
        at = from + RSTART + RLENGTH - 2
        end = closing(at)
        mutant(at, "not this condition", edit(end, 1, "))") " " edit(at, 1, "(!("))
    }
}

function is_word(at) {
    return substr(code, at, 1) ~ /[A-Za-z0-9_.]/
}

# The size of a buffer is left, that of one that is allocated, too: that it has a byte
# more no test can see.
function constants(    from, at, n, nr, before) {
    for (from = 1; match(substr(code, from), /[0-9]+/); from = at + nr) {
        at = from + RSTART - 1
        nr = RLENGTH
        n = substr(code, at, nr)
        before = substr(code, at - 1, 1)
        if (is_word(at - 1) || substr(code, at + nr, 1) ~ /[A-Za-tv-z0-9_.]/ ||
            (before == "[" && n > 8) || lines[line_of[at]] ~ /alloc\(/ || \
            substr(code, at - 8, 8) ~ /return -?$/)
            continue
        if (before == "-") # all that is below 0 says the same
            mutant(at, "-" n " is 0", edit(at - 1, nr + 1, "0"))
        else
            mutant(at, n " is " (n + 1), edit(at, nr, n + 1))
    }
    for (from = 1; match(substr(code, from), /(true|false)/); from = at + nr) {
        at = from + RSTART - 1
        nr = RLENGTH
        n = substr(code, at, nr) == "true" ? "false" : "true"
        if (!is_word(at - 1) && !is_word(at + nr))
            mutant(at, substr(code, at, nr) " is " n, edit(at, nr, n))
    }
}

# An error's result is -1, or the failing call's own.
function results(    from, at, nr, end, value) {
    for (from = 1; match(substr(code, from), /[^a-z_]return /); from = at) {
        at = from + RSTART + RLENGTH - 1
        end = at + index(substr(code, at), ";") - 1
        value = substr(code, at, end - at)
        if (value == "0")
            mutant(at, "returns -1", edit(at, 1, "-1"))
        else if (value == "-1")
            mutant(at, "returns 0", edit(at, 2, "0"))
        else if (value == "NULL" || value ~ /^(true|false)$/)
            continue
        else if (value ~ /^xg_fail/)
            mutant(at, "returns 0", edit(end, 0, "*0"))
        else
            mutant(at, "not this result", edit(end, 0, ")") " " edit(at, 0, "!("))
    }
}

# A statement that is a call.
function calls(    from, at, nr, end, start, callee) {
    start = "[;{})e]\n+ +(\\(void\\))?[a-z_][a-z0-9_]*\\("
    for (from = 1; match(substr(code, from), start); from = at + nr - 1) {
        at = from + RSTART - 1
        nr = RLENGTH
        end = closing(at + nr - 1)
        callee = substr(code, at, nr)
        sub(/^.\n+ +/, "", callee)
        at += nr - length(callee)
        nr = length(callee)
        # A case's label, a macro before a block, the last line of a do.
        if (substr(code, end + 1, 1) != ";" || callee ~ /^(while|return|sizeof)/)
            continue
        mutant(at, "without this call", edit(at, end - at + 1, ""))
    }
}

{
    text = text $0 "\n"
    lines[NR] = $0
    if ($0 == "{")
        body = NR
    body_of[NR] = body
    if ($0 == "}")
        body = 0
    for (i = length(text) - length($0); i <= length(text); i++)
        line_of[i] = NR
}

END {
    code = masked(text)
    size = length(code)
    instead("==", "!=")
    instead("!=", "==")
    instead("<", "<=")
    instead("<=", "<")
    instead(">", ">=")
    instead(">=", ">")
    instead("&&", "||")
    instead("||", "&&")
    instead("+", "-")
    instead("-", "+")
    instead("+=", "-=")
    instead("-=", "+=")
    conditions()
    constants()
    results()
    calls()
}
