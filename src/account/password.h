/* SPDX-License-Identifier: MIT */
/*
 * password - argon2id with 19 MiB and two passes, at most two at once.
 *
 * Hashing is made to be slow and large, so an outsider who signs in over and over could take all
 * cores and memory; the gate lets two through and makes others wait, 5 s at most.  Thread safe.
 */
#pragma once

#include <pthread.h>

#define PASSWORD_HASH_SIZE 128

struct password_gate {
    pthread_mutex_t lock;
    pthread_cond_t left;
    int inside;
};

void password_gate_init(struct password_gate *gate);
void password_gate_deinit(struct password_gate *gate);

/* 0, -EAGAIN (the gate stayed shut), -ENOMEM. */
int password_hash(struct password_gate *gate, const char *password,
                  char out_hash[PASSWORD_HASH_SIZE]);

/* An empty hash matches nothing, after as long as any other takes, so that how long an answer
 * takes does not tell which users exist.  0, -EACCES, -EAGAIN. */
int password_verify(struct password_gate *gate, const char *hash, const char *password);
