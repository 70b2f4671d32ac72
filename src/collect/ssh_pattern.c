/* SPDX-License-Identifier: MIT */
/*
 * User names are the attacker's choice and may look like the rest of a line.  sshd puts the
 * address behind the name and after it only " port N", " ssh2" and, for keys, ": details"; so
 * the address is taken from the end of the line, and the details, which come from the client
 * as well, are cut off at the first "ssh2:" that follows a complete address.
 */
#include "collect/ssh_pattern.h"

#include <string.h>

#include "base/macros.h"

#define NOWHERE ((struct slice){NULL, 0})

static bool cut_prefix(struct slice *text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (text->len < len || memcmp(text->data, prefix, len) != 0)
        return false;
    *text = (struct slice){text->data + len, text->len - len};
    return true;
}

static bool cut_suffix(struct slice *text, const char *suffix)
{
    size_t len = strlen(suffix);
    if (text->len < len || memcmp(text->data + text->len - len, suffix, len) != 0)
        return false;
    text->len -= len;
    return true;
}

static const char *find(struct slice text, const char *what)
{
    return text.len == 0 ? NULL : memmem(text.data, text.len, what, strlen(what));
}

static bool has(struct slice text, const char *what)
{
    return find(text, what) != NULL;
}

static size_t count_digits(struct slice text)
{
    size_t len = 0;
    while (len < text.len && text.data[len] >= '0' && text.data[len] <= '9')
        len++;
    return len;
}

static bool is_address_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '.' || c == ':' || c == '-' || c == '_' || c == '%';
}

/* Cuts an address off the front. */
static bool cut_address(struct slice *text, struct slice *out_address)
{
    struct slice address = {text->data, 0};
    while (address.len < text->len && is_address_char(text->data[address.len]))
        address.len++;
    *text = (struct slice){text->data + address.len, text->len - address.len};
    while (address.len > 0 && address.data[address.len - 1] == ':') {
        address.len--; /* "from 10.0.0.1: 11: Bye" */
        text->data--;
        text->len++;
    }
    cut_prefix(&address, "::ffff:");
    *out_address = address;
    return address.len > 0;
}

static bool cut_port(struct slice *text)
{
    struct slice rest = *text;
    if (!cut_prefix(&rest, " port "))
        return false;
    size_t digits = count_digits(rest);
    if (digits == 0)
        return false;
    *text = (struct slice){rest.data + digits, rest.len - digits};
    return true;
}

/* How much a place looks like the address that sshd itself wrote; the more the better. */
enum trust {
    NO_ADDRESS,
    BARE,
    WITH_PORT,
    WITH_DETAILS,
    COMPLETE
};

static enum trust judge(struct slice text, struct slice *out_address)
{
    if (!cut_address(&text, out_address))
        return NO_ADDRESS;
    bool has_port = cut_port(&text);
    bool has_protocol = has_port && (cut_prefix(&text, " ssh2") || cut_prefix(&text, " ssh1"));
    if (text.len == 0)
        return has_protocol ? COMPLETE : has_port ? WITH_PORT : BARE;
    if (has_protocol && text.data[0] == ':')
        return WITH_DETAILS;
    return !has_port && cut_prefix(&text, " via ") ? BARE : NO_ADDRESS;
}

/* "USER from ADDRESS port N ssh2: details": the best place after a " from ", the last of
 * equals, but the first before details. */
static bool split_from(struct slice text, struct slice *out_user, struct slice *out_address)
{
    enum trust best = NO_ADDRESS;
    for (size_t i = 0; i + 6 <= text.len; i++) {
        struct slice address;
        if (memcmp(text.data + i, " from ", 6) != 0)
            continue;
        enum trust trust = judge((struct slice){text.data + i + 6, text.len - i - 6}, &address);
        if (trust == NO_ADDRESS || trust < best || (trust == best && trust == WITH_DETAILS))
            continue;
        best = trust;
        *out_user = (struct slice){text.data, i};
        *out_address = address;
    }
    return best != NO_ADDRESS;
}

/* "USER ADDRESS port N", perhaps with ": why" behind it. */
static bool split_port(struct slice text, struct slice *out_user, struct slice *out_address)
{
    bool is_found = false;
    for (size_t i = 0; i < text.len; i++) {
        struct slice address, rest = {text.data + i + 1, text.len - i - 1};
        if (text.data[i] != ' ' || !cut_address(&rest, &address) || !cut_port(&rest))
            continue;
        if (rest.len > 0 && rest.data[0] != ':')
            continue;
        *out_user = (struct slice){text.data, i};
        *out_address = address;
        is_found = true;
        if (rest.len > 0)
            break;
    }
    return is_found;
}

static bool cut_user_kind(struct slice *text)
{
    return cut_prefix(text, "invalid user ") || cut_prefix(text, "illegal user ") ||
           cut_prefix(text, "authenticating user ");
}

static enum ssh_event_kind kind_of_method(struct slice method, bool is_invalid)
{
    struct slice start = method;
    if (cut_prefix(&start, "keyboard-interactive"))
        return SSH_KEYBOARD_FAILURE;
    if (slice_is(method, "publickey"))
        return is_invalid ? SSH_SIGN : SSH_DOUBT;
    if (slice_is(method, "none"))
        return is_invalid ? SSH_SIGN : SSH_NOTHING;
    return SSH_FAILURE;
}

/* "Failed password for invalid user root from 192.0.2.1 port 22 ssh2" */
static bool match_failed(struct slice text, struct ssh_event *event)
{
    if (!cut_prefix(&text, "Failed "))
        return false;
    const char *end = find(text, " for ");
    if (end == NULL)
        return false;
    struct slice method = {text.data, (size_t)(end - text.data)};
    text = (struct slice){end + 5, text.len - method.len - 5};
    bool is_invalid = cut_prefix(&text, "invalid user ") || cut_prefix(&text, "illegal user ");
    if (!split_from(text, &event->user, &event->address)) {
        /* an empty name leaves " from" at the very front */
        struct slice rest = text;
        if (!cut_prefix(&rest, "from ") || judge(rest, &event->address) == NO_ADDRESS)
            return false;
        event->user = (struct slice){text.data, 0};
    }
    event->kind = kind_of_method(method, is_invalid);
    return true;
}

/* "error: PAM: Authentication failure for root from 192.0.2.1 via 192.0.2.9" */
static bool match_pam_error(struct slice text, struct ssh_event *event)
{
    static const char *const reasons[] = {
        "Authentication failure", "authentication failure", "Authentication error",
        "authentication error", "User not known to the underlying authentication module"};
    if (!cut_prefix(&text, "PAM: "))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        struct slice rest = text;
        if (!cut_prefix(&rest, reasons[i]) || !cut_prefix(&rest, " for "))
            continue;
        cut_user_kind(&rest);
        event->kind = SSH_PAM_FAILURE;
        return split_from(rest, &event->user, &event->address);
    }
    return false;
}

/* "pam_unix(sshd:auth): authentication failure; ... rhost=192.0.2.1  user=root" */
static bool match_pam_module(struct slice text, struct ssh_event *event)
{
    const char *host = find(text, " rhost=");
    if (!cut_prefix(&text, "pam_") || !has(text, "authentication failure;") || host == NULL)
        return false;
    struct slice rest = {host + 7, (size_t)(text.data + text.len - host) - 7};
    if (!cut_address(&rest, &event->address))
        return false;
    const char *user = find(rest, " user=");
    if (user != NULL)
        event->user = (struct slice){user + 6, (size_t)(rest.data + rest.len - user) - 6};
    event->kind = SSH_DOUBT;
    return true;
}

/* "Invalid user admin from 192.0.2.1 port 22" */
static bool match_invalid(struct slice text, struct ssh_event *event)
{
    if (!cut_prefix(&text, "Invalid user ") && !cut_prefix(&text, "Illegal user "))
        return false;
    event->kind = SSH_SIGN;
    if (split_from(text, &event->user, &event->address))
        return true;
    event->user = (struct slice){text.data, 0};
    return cut_prefix(&text, "from ") && judge(text, &event->address) != NO_ADDRESS;
}

/* "Connection closed by authenticating user root 192.0.2.1 port 22", and without a user */
static bool match_end(struct slice text, bool is_preauth, struct ssh_event *event)
{
    static const char *const ends[] = {"Connection closed by ", "Connection reset by ",
                                       "Disconnected from ", "Disconnecting "};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct slice rest = text;
        if (!cut_prefix(&rest, ends[i]))
            continue;
        if (cut_user_kind(&rest)) {
            event->kind = SSH_SIGN;
            return split_port(rest, &event->user, &event->address);
        }
        cut_prefix(&rest, "user ");
        event->kind = is_preauth ? SSH_CLOSED : SSH_NOTHING;
        return cut_address(&rest, &event->address);
    }
    return false;
}

/* "maximum authentication attempts exceeded for invalid user x from 192.0.2.1 port 22 ssh2" */
static bool match_maximum(struct slice text, struct ssh_event *event)
{
    if (!cut_prefix(&text, "maximum authentication attempts exceeded for "))
        return false;
    cut_user_kind(&text);
    event->kind = SSH_SIGN;
    return split_from(text, &event->user, &event->address);
}

/* "Disconnecting: Too many authentication failures for root" */
static bool match_too_many(struct slice text, struct ssh_event *event)
{
    if (!cut_prefix(&text, "Disconnecting: Too many authentication failures"))
        return false;
    if (cut_prefix(&text, " for "))
        event->user = text;
    event->kind = SSH_SIGN;
    return true;
}

/* "User root from 192.0.2.1 not allowed because not listed in AllowUsers" */
static bool match_not_allowed(struct slice text, struct ssh_event *event)
{
    const char *end = find(text, " not allowed because ");
    if (!cut_prefix(&text, "User ") || end == NULL)
        return false;
    text.len = (size_t)(end - text.data);
    if (!split_from(text, &event->user, &event->address))
        event->user = text;
    event->kind = event->address.data != NULL ? SSH_SIGN : SSH_DOUBT;
    return true;
}

/* "Received disconnect from 192.0.2.1 port 22:11: Bye Bye" before having been let in */
static bool match_received(struct slice text, bool is_preauth, struct ssh_event *event)
{
    if (!cut_prefix(&text, "Received disconnect from ") || !cut_address(&text, &event->address))
        return false;
    bool is_method = has(text, "authentication methods available"); /* a matter of set-up */
    bool is_attempt = has(text, "Auth fail") || (is_preauth && !is_method);
    event->kind = is_attempt ? SSH_SIGN : SSH_NOTHING;
    return true;
}

static bool match_refused(struct slice text, struct ssh_event *event)
{
    if (cut_prefix(&text, "ROOT LOGIN REFUSED FROM ")) {
        event->user = SLICE("root");
        event->kind = SSH_SIGN;
        return cut_address(&text, &event->address);
    }
    if (!cut_prefix(&text, "refused connect from ") || text.len == 0)
        return false;
    /* "NAME (ADDRESS)" */
    const char *open = memrchr(text.data, '(', text.len);
    if (open != NULL)
        text = (struct slice){open + 1, (size_t)(text.data + text.len - open) - 1};
    event->kind = SSH_SIGN;
    return cut_address(&text, &event->address);
}

/* "Connection from 192.0.2.1 port 4711 on 192.0.2.2 port 22" */
static bool match_connected(struct slice text, struct ssh_event *event)
{
    event->kind = SSH_CONNECTED;
    return cut_prefix(&text, "Connection from ") && cut_address(&text, &event->address);
}

static bool match_accepted(struct slice text, struct ssh_event *event)
{
    if (!cut_prefix(&text, "Accepted "))
        return false;
    event->kind = SSH_ACCEPTED;
    return true;
}

/* "message repeated 2 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]" */
static unsigned cut_repeats(struct slice *text)
{
    struct slice rest = *text;
    if (!cut_prefix(&rest, "message repeated "))
        return 1;
    size_t digits = count_digits(rest);
    unsigned repeats = 0;
    for (size_t i = 0; i < MIN_OF(digits, (size_t)4); i++)
        repeats = repeats * 10 + (unsigned)(rest.data[i] - '0');
    rest = (struct slice){rest.data + digits, rest.len - digits};
    if (digits == 0 || !cut_prefix(&rest, " times: [ "))
        return 1;
    cut_suffix(&rest, "]");
    *text = rest;
    return MAX_OF(repeats, 1u);
}

struct ssh_event ssh_pattern_match(struct slice message)
{
    const struct ssh_event nothing = {SSH_NOTHING, 1, NOWHERE, NOWHERE};
    struct ssh_event event = nothing;
    struct slice text = text_trim(message);
    event.repeats = cut_repeats(&text);
    bool is_preauth = cut_suffix(&text, " [preauth]");
    cut_prefix(&text, "error: ");
    cut_prefix(&text, "fatal: ");

    bool is_match = match_failed(text, &event) || match_pam_error(text, &event) ||
                    match_pam_module(text, &event) || match_invalid(text, &event) ||
                    match_maximum(text, &event) || match_too_many(text, &event) ||
                    match_end(text, is_preauth, &event) || match_not_allowed(text, &event) ||
                    match_received(text, is_preauth, &event) || match_refused(text, &event) ||
                    match_connected(text, &event) || match_accepted(text, &event);
    return is_match && event.kind != SSH_NOTHING ? event : nothing;
}
