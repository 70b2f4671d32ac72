/* SPDX-License-Identifier: MIT */
#include "collect/ssh_window.h"

#include <assert.h>
#include <string.h>

#include "base/macros.h"

/* A process id is used again later; a connection that said nothing this long is another. */
#define CONNECTION_QUIET_MS (10 * MSEC_MINUTE)
#define NAMELESS_QUIET_MS   (2 * MSEC_SECOND) /* lines without a process id */
#define MARK_JOIN_MS        MSEC_SECOND

void ssh_window_init(struct ssh_window *window, mspan_t span)
{
    memset(window, 0, sizeof(*window));
    window->span = span;
}

void ssh_window_deinit(struct ssh_window *window)
{
    VEC_DEINIT(&window->sources);
    VEC_DEINIT(&window->marks);
    VEC_DEINIT(&window->connections);
}

static void drop_first_mark(struct ssh_window *window)
{
    assert(window->first_mark < window->marks.len && window->marks.items != NULL);
    const struct ssh_mark *mark = &window->marks.items[window->first_mark++];
    struct ssh_source *source = &window->sources.items[mark->source];
    assert(window->count >= mark->count);
    window->count -= mark->count;
    if (source->generation == mark->generation) {
        assert(source->count >= mark->count);
        source->count -= mark->count;
    }
}

/* Moves the marks to the front once half of them are gone. */
static void compact_marks(struct ssh_window *window)
{
    if (window->first_mark < 32 || window->first_mark * 2 < window->marks.len)
        return;
    window->marks.len -= window->first_mark;
    memmove(window->marks.items, window->marks.items + window->first_mark,
            window->marks.len * sizeof(*window->marks.items));
    window->first_mark = 0;
}

void ssh_window_slide(struct ssh_window *window, msec_t now_ms)
{
    while (window->first_mark < window->marks.len &&
           window->marks.items[window->first_mark].at_ms <= now_ms - window->span)
        drop_first_mark(window);
    compact_marks(window);
}

static size_t find_place(struct ssh_window *window, const char *address)
{
    size_t victim = 0;
    for (size_t i = 0; i < window->sources.len; i++) {
        const struct ssh_source *source = &window->sources.items[i];
        const struct ssh_source *worst = &window->sources.items[victim];
        if (source->count > 0 && text_is(source->address, address))
            return i;
        if (source->count == 0 ? worst->count > 0
                               : worst->count > 0 && source->last_ms < worst->last_ms)
            victim = i;
    }
    bool is_full = window->sources.len == SSH_SOURCES_MAX;
    bool is_free = window->sources.len > 0 && window->sources.items[victim].count == 0;
    if (!is_full && !is_free) {
        VEC_PUSH(&window->sources, (struct ssh_source){0});
        victim = window->sources.len - 1;
    }
    assert(victim < window->sources.len && window->sources.items != NULL);
    struct ssh_source *source = &window->sources.items[victim];
    *source = (struct ssh_source){.generation = source->generation + 1};
    text_copy(source->address, sizeof(source->address), address);
    return victim;
}

static void add_user(struct ssh_source *source, const char *user)
{
    for (size_t i = 0; i < source->n_users; i++) {
        if (text_is(source->users[i], user))
            return;
    }
    if (source->n_users < SSH_USERS_MAX && *user != '\0')
        text_copy(source->users[source->n_users++], SSH_USER_SIZE, user);
}

/* Marks stay in order of time, though lines may come a little out of it. */
static void push_mark(struct ssh_window *window, struct ssh_mark mark)
{
    if (window->marks.len - window->first_mark >= SSH_MARKS_MAX) {
        drop_first_mark(window);
        compact_marks(window);
    }
    VEC_PUSH(&window->marks, mark);
    for (size_t i = window->marks.len - 1;
         i > window->first_mark && window->marks.items[i - 1].at_ms > mark.at_ms; i--) {
        window->marks.items[i] = window->marks.items[i - 1];
        window->marks.items[i - 1] = mark;
    }
}

static void count_attempts(struct ssh_window *window, struct ssh_connection *connection,
                           unsigned count, msec_t at_ms, msec_t now_ms)
{
    connection->n_counted += count;
    if (at_ms <= now_ms - window->span)
        return;
    window->total += count;
    window->count += count;

    const char *address = connection->address[0] != '\0' ? connection->address : "unknown";
    size_t place = find_place(window, address);
    struct ssh_source *source = &window->sources.items[place];
    source->count += count;
    source->last_ms = MAX_OF(source->last_ms, at_ms);
    add_user(source, connection->user);

    struct ssh_mark *last = window->marks.len > window->first_mark
                                ? &window->marks.items[window->marks.len - 1]
                                : NULL;
    if (last != NULL && last->source == place && last->generation == source->generation &&
        at_ms >= last->at_ms && at_ms - last->at_ms < MARK_JOIN_MS)
        last->count += count;
    else
        push_mark(window, (struct ssh_mark){at_ms, count, (unsigned)place, source->generation});
}

static struct ssh_connection *find_connection(struct ssh_window *window, uint64_t pid,
                                              const char *address, msec_t at_ms)
{
    size_t oldest = 0;
    for (size_t i = 0; i < window->connections.len; i++) {
        struct ssh_connection *connection = &window->connections.items[i];
        mspan_t quiet = pid != 0 ? CONNECTION_QUIET_MS : NAMELESS_QUIET_MS;
        bool is_same = connection->pid == pid && at_ms - connection->last_ms < quiet &&
                       (pid != 0 || text_is(connection->address, address));
        if (is_same)
            return connection;
        if (connection->pid == pid && pid != 0) {
            *connection = (struct ssh_connection){.pid = pid};
            return connection;
        }
        if (connection->last_ms < window->connections.items[oldest].last_ms)
            oldest = i;
    }
    if (window->connections.len < SSH_CONNECTIONS_MAX) {
        VEC_PUSH(&window->connections, (struct ssh_connection){0});
        oldest = window->connections.len - 1;
    }
    window->connections.items[oldest] = (struct ssh_connection){.pid = pid};
    return &window->connections.items[oldest];
}

/* How many attempts the event adds to those that its connection has. */
static unsigned weigh(struct ssh_connection *connection, const struct ssh_event *event)
{
    unsigned count = event->repeats;
    switch (event->kind) {
    case SSH_KEYBOARD_FAILURE:
        if (connection->n_echoes >= count) {
            connection->n_echoes -= count;
            return 0;
        }
        count -= connection->n_echoes;
        connection->n_echoes = 0;
        break;
    case SSH_PAM_FAILURE: connection->n_echoes += count; break;
    case SSH_FAILURE: break;
    case SSH_SIGN:
        if (connection->address[0] == '\0') {
            connection->is_doubted = true; /* the end of the connection will say whose it was */
            return 0;
        }
        connection->is_foretold = connection->n_counted == 0;
        return connection->n_counted == 0 ? 1 : 0;
    case SSH_CLOSED: return connection->is_doubted && connection->n_counted == 0 ? 1 : 0;
    case SSH_DOUBT: connection->is_doubted = true; return 0;
    case SSH_ACCEPTED: connection->is_doubted = false; return 0;
    case SSH_CONNECTED:
    case SSH_NOTHING:
    case SSH_EVENT_KIND_COUNT: return 0;
    }
    count -= connection->is_foretold;
    connection->is_foretold = false;
    return count;
}

void ssh_window_add(struct ssh_window *window, const struct ssh_event *event, uint64_t pid,
                    msec_t at_ms, msec_t now_ms)
{
    if (event->kind == SSH_NOTHING)
        return;
    char address[SSH_ADDRESS_SIZE] = "";
    if (event->address.data != NULL)
        text_copy_slice(address, sizeof(address), event->address);

    struct ssh_connection *connection = find_connection(window, pid, address, at_ms);
    connection->last_ms = at_ms;
    if (address[0] != '\0')
        text_copy(connection->address, sizeof(connection->address), address);
    if (event->user.data != NULL)
        text_copy_slice(connection->user, sizeof(connection->user), event->user);

    unsigned count = weigh(connection, event);
    if (count > 0)
        count_attempts(window, connection, count, at_ms, now_ms);
}

static void write_source(const struct ssh_source *source, struct json *json)
{
    json_object_begin(json);
    json_field_string(json, "address", source->address);
    json_key(json, "users");
    json_array_begin(json);
    for (size_t i = 0; i < source->n_users; i++)
        json_text(json, source->users[i]);
    json_array_end(json);
    json_field_int(json, "count", source->count);
    json_field_int(json, "last_ms", source->last_ms);
    json_object_end(json);
}

void ssh_window_write(const struct ssh_window *window, struct json *json)
{
    json_object_begin(json);
    json_field_int(json, "window_s", window->span / MSEC_SECOND);
    json_field_int(json, "failed", window->count);
    json_key(json, "sources");
    json_array_begin(json);
    for (size_t i = 0; i < window->sources.len; i++) {
        if (window->sources.items[i].count > 0)
            write_source(&window->sources.items[i], json);
    }
    json_array_end(json);
    json_object_end(json);
}
