/* SPDX-License-Identifier: MIT */
#include "account/throttle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

void throttle_init(struct throttle *throttle)
{
    memset(throttle, 0, sizeof(*throttle));
    pthread_mutex_init(&throttle->lock, NULL);
    throttle->seed = random_u64();
}

void throttle_deinit(struct throttle *throttle)
{
    pthread_mutex_destroy(&throttle->lock);
}

/* One key for all addresses that one person is likely to have. */
static uint64_t key_of(const struct throttle *throttle, const char *peer)
{
    struct in6_addr six;
    struct in_addr four;
    uint64_t key;
    if (inet_pton(AF_INET6, peer, &six) == 1) {
        if (IN6_IS_ADDR_V4MAPPED(&six))
            key = hash_bytes(&six.s6_addr[12], 4, throttle->seed);
        else
            key = hash_bytes(six.s6_addr, 8, throttle->seed);
    } else if (inet_pton(AF_INET, peer, &four) == 1) {
        key = hash_bytes(&four, 4, throttle->seed);
    } else {
        key = hash_bytes(peer, strlen(peer), throttle->seed);
    }
    return key == 0 ? 1 : key;
}

static msec_t newest_try(const struct throttle_peer *peer)
{
    msec_t newest = peer->tries[0];
    for (int i = 1; i < THROTTLE_FAILURES; i++)
        if (peer->tries[i] > newest)
            newest = peer->tries[i];
    return newest;
}

static struct throttle_peer *find_slot(struct throttle *throttle, uint64_t key, bool make)
{
    struct throttle_peer *set = throttle->sets[key & (THROTTLE_SETS - 1)];
    struct throttle_peer *oldest = &set[0];
    for (int way = 0; way < THROTTLE_WAYS; way++) {
        if (set[way].key == key)
            return &set[way];
        if (newest_try(&set[way]) < newest_try(oldest))
            oldest = &set[way];
    }
    if (!make)
        return NULL;
    *oldest = (struct throttle_peer){.key = key};
    return oldest;
}

/* Instants after `now` come from before the clock was set back: they do not count. */
static bool counts(msec_t at, msec_t now)
{
    return at != 0 && at <= now && now - at < THROTTLE_WINDOW;
}

static int take_locked(struct throttle_peer *peer, msec_t now, int *out_retry_s)
{
    msec_t oldest = now;
    for (int i = 0; i < THROTTLE_FAILURES; i++) {
        if (!counts(peer->tries[i], now)) {
            peer->tries[i] = now;
            return 0;
        }
        if (peer->tries[i] < oldest)
            oldest = peer->tries[i];
    }
    mspan_t wait = oldest + THROTTLE_WINDOW - now;
    *out_retry_s = (int)((wait + MSEC_SECOND - 1) / MSEC_SECOND);
    return -EAGAIN;
}

int throttle_take(struct throttle *throttle, const char *peer, msec_t now, int *out_retry_s)
{
    uint64_t key = key_of(throttle, peer);
    pthread_mutex_lock(&throttle->lock);
    int error = take_locked(find_slot(throttle, key, true), now, out_retry_s);
    pthread_mutex_unlock(&throttle->lock);
    return error;
}

void throttle_give_back(struct throttle *throttle, const char *peer, msec_t now)
{
    uint64_t key = key_of(throttle, peer);
    pthread_mutex_lock(&throttle->lock);
    struct throttle_peer *slot = find_slot(throttle, key, false);
    for (int i = 0; slot != NULL && i < THROTTLE_FAILURES; i++) {
        if (slot->tries[i] == now) {
            slot->tries[i] = 0;
            break;
        }
    }
    pthread_mutex_unlock(&throttle->lock);
}
