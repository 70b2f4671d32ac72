/* SPDX-License-Identifier: MIT */
#include "account/password.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define PASSWORD_MEMORY_BYTES ((size_t)19 * 1024 * 1024)
#define PASSWORD_PASSES       2
#define PASSWORD_INSIDE_MAX   2
#define PASSWORD_WAIT_SECONDS 5

_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "room for libsodium's string");

void password_gate_init(struct password_gate *gate)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->left, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&gate->lock, NULL);
    gate->inside = 0;
}

void password_gate_deinit(struct password_gate *gate)
{
    assert(gate->inside == 0);
    pthread_cond_destroy(&gate->left);
    pthread_mutex_destroy(&gate->lock);
}

static int enter(struct password_gate *gate)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PASSWORD_WAIT_SECONDS;

    int error = 0;
    pthread_mutex_lock(&gate->lock);
    while (gate->inside >= PASSWORD_INSIDE_MAX && error == 0)
        error = pthread_cond_timedwait(&gate->left, &gate->lock, &until);
    bool entered = gate->inside < PASSWORD_INSIDE_MAX;
    if (entered)
        gate->inside++;
    pthread_mutex_unlock(&gate->lock);
    return entered ? 0 : -EAGAIN;
}

static void leave(struct password_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    assert(gate->inside > 0);
    gate->inside--;
    pthread_cond_signal(&gate->left);
    pthread_mutex_unlock(&gate->lock);
}

int password_hash(struct password_gate *gate, const char *password,
                  char out_hash[PASSWORD_HASH_SIZE])
{
    int error = enter(gate);
    if (error != 0)
        return error;
    char hash[crypto_pwhash_STRBYTES];
    int failed = crypto_pwhash_str(hash, password, strlen(password), PASSWORD_PASSES,
                                   PASSWORD_MEMORY_BYTES);
    leave(gate);
    if (failed != 0)
        return -ENOMEM;
    memcpy(out_hash, hash, sizeof(hash));
    return 0;
}

int password_verify(struct password_gate *gate, const char *hash, const char *password)
{
    if (hash[0] == '\0') {
        char unused[PASSWORD_HASH_SIZE];
        int error = password_hash(gate, password, unused);
        return error == -EAGAIN ? error : -EACCES;
    }

    int error = enter(gate);
    if (error != 0)
        return error;
    int wrong = crypto_pwhash_str_verify(hash, password, strlen(password));
    leave(gate);
    return wrong == 0 ? 0 : -EACCES;
}
