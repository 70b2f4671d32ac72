/* SPDX-License-Identifier: MIT */
/*
 * ssh_pattern - what one message of sshd says about somebody trying to log in.
 *
 * One attempt leaves several lines.  A pattern says what its line is worth; ssh_window.h adds
 * the lines of a connection up to attempts.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

enum ssh_event_kind {
    SSH_NOTHING,
    SSH_FAILURE,          /* one attempt: "Failed password ..." */
    SSH_PAM_FAILURE,      /* one attempt, which SSH_KEYBOARD_FAILURE may tell again */
    SSH_KEYBOARD_FAILURE, /* one attempt, unless SSH_PAM_FAILURE told it */
    SSH_SIGN,      /* the connection had an attempt: "Invalid user ...", "... [preauth]" */
    SSH_DOUBT,     /* a key or PAM said no, which honest clients meet, too */
    SSH_CLOSED,    /* left before being let in; an attempt if there was a doubt */
    SSH_CONNECTED, /* says only the address */
    SSH_ACCEPTED,
    SSH_EVENT_KIND_COUNT
};

struct ssh_event {
    enum ssh_event_kind kind;
    unsigned repeats;     /* at least 1; syslog joins equal lines */
    struct slice user;    /* data NULL when the line does not say */
    struct slice address; /* likewise; without "::ffff:" */
};

/* The message behind "sshd[123]: ".  The event borrows from it. */
struct ssh_event ssh_pattern_match(struct slice message);
