/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_listen_client.c - a client that hangs up: what it has asked for before
 * counts, whatever it was still to be told. */
#include "listen_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct listen_client client;
static int theirs; /* the client's end */

static void setup(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX,
                                SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                                ends),
                     0);
    listen_client_open(&client, ends[0], 1);
    theirs = ends[1];
}

static void teardown(void)
{
    listen_client_close(&client);
    if (theirs >= 0)
        close(theirs);
}

static void they_say(const char *text)
{
    ck_assert_int_eq(send(theirs, text, strlen(text), MSG_NOSIGNAL),
                     (ssize_t)strlen(text));
}

static void they_go(void)
{
    close(theirs);
    theirs = -1;
}

/* One turn of the server's loop. */
static void serve(void)
{
    struct pollfd fd = { client.fd, listen_client_events(&client), 0 };

    ck_assert_int_ge(poll(&fd, 1, 0), 0);
    listen_client_serve(&client, fd.revents);
}

static void assert_next(enum listen_verdict wanted, enum listen_command request)
{
    struct listen_args args = LISTEN_ARGS_NONE;
    enum listen_command command;
    const char *error = NULL;

    ck_assert_int_eq(listen_client_next(&client, &args, &command, &error),
                     wanted);
    if (wanted == LISTEN_REQUEST)
        ck_assert_int_eq(command, request);
}

#define ABORT "{\"execute\":\"migrate_abort\"}"
#define QUIT "{\"execute\":\"quit\"}"

/* With and without a line that it will not read. */
START_TEST(what_was_asked_before_the_end_counts)
{
    they_say(ABORT QUIT);
    they_go();
    if (_i)
        listen_client_post(&client, "{}\n", 3);

    serve();
    assert_next(LISTEN_REQUEST, LISTEN_MIGRATE_ABORT);
    listen_client_post(&client, "{}\n", 3);
    assert_next(LISTEN_REQUEST, LISTEN_QUIT);
    assert_next(LISTEN_MORE, 0);
    for (unsigned int turns = 0; turns < 3 && !client.closing; turns++)
        serve();
    ck_assert(client.closing && !client.out_bytes);
}
END_TEST

/* What it has said after a mistake is never read; nor is it waited for. */
START_TEST(one_that_makes_a_mistake_and_goes_is_done_with)
{
    char rest[2048];

    memset(rest, ' ', sizeof(rest));
    rest[sizeof(rest) - 1] = '\0';
    they_say("}");
    they_say(rest);
    serve();
    assert_next(LISTEN_BROKEN, 0);
    listen_client_post(&client, "{}\n", 3);
    they_go();
    for (unsigned int turns = 0; turns < 3; turns++) {
        serve();
        assert_next(LISTEN_MORE, 0);
    }
    ck_assert(client.closing && !client.out_bytes);
}
END_TEST

/* It may still have an end of its own to send from. */
START_TEST(one_that_reads_no_more_may_ask)
{
    ck_assert_int_eq(shutdown(theirs, SHUT_RD), 0);
    listen_client_post(&client, "{}\n", 3);
    serve();
    ck_assert(!client.closing && !client.out_bytes);

    they_say(ABORT);
    serve();
    ck_assert_int_eq(listen_client_events(&client), 0); /* this one first */
    assert_next(LISTEN_REQUEST, LISTEN_MIGRATE_ABORT);
    they_go();
    serve();
    ck_assert(client.closing);
}
END_TEST

/* One that asks for nothing more may wait for what it is owed. */
START_TEST(one_that_ends_its_requests_still_reads)
{
    char line[8];

    ck_assert_int_eq(shutdown(theirs, SHUT_WR), 0);
    serve();
    ck_assert(client.ended && !client.closing);
    listen_client_post(&client, "{}\n", 3);
    serve();
    ck_assert_int_eq(read(theirs, line, sizeof(line)), 3);
    ck_assert(!client.closing);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("listen_client");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_was_asked_before_the_end_counts, 0, 2);
    tcase_add_test(tcase, one_that_makes_a_mistake_and_goes_is_done_with);
    tcase_add_test(tcase, one_that_reads_no_more_may_ask);
    tcase_add_test(tcase, one_that_ends_its_requests_still_reads);
    return unit_run("listen_client", tcase);
}
