/* SPDX-License-Identifier: MIT */
/* What the table of fields takes, and what becomes of bodies that people and attackers write. */
#include "api/body.h"

#include <stdio.h>

#include "api/answer.h"
#include "net/test_server.h"

struct form {
    const char *name, *note;
    struct body_number limit;
    struct body_bool enabled;
    json_t *extra, *list;
};

static const struct body_field fields[] = {
    BODY_TEXT(struct form, name, "name", 1, 8),
    BODY_TEXT_OPTIONAL(struct form, note, "note", 4),
    BODY_NUMBER(struct form, limit, "limit", -5, 100),
    BODY_BOOL(struct form, enabled, "enabled"),
    BODY_OBJECT(struct form, extra, "extra"),
    BODY_ARRAY(struct form, list, "list"),
};

/* Answers with what was read, in one line. */
static void handle(struct http_exchange *exchange, void *arg)
{
    (void)arg;
    struct form form;
    CLEANUP(body_decrefp) json_t *document = NULL;
    if (!body_read(exchange, BODY_FORM(fields, struct form), &form, &document))
        return;
    char text[256];
    int len = snprintf(
        text, sizeof(text), "name=%s note=%s limit=%d%d:%g enabled=%d%d%d extra=%zu list=%zu.",
        form.name, form.note == NULL ? "-" : form.note, form.limit.is_set, form.limit.is_null,
        form.limit.value, form.enabled.is_set, form.enabled.is_null, form.enabled.value,
        json_object_size(form.extra), json_array_size(form.list));
    http_respond(exchange,
                 &(struct http_answer){.status = 200, .body = text, .len = (size_t)len});
}

static struct test_server test;

static void start(void)
{
    struct http_server_options options = http_server_defaults;
    options.handler = handle;
    test_server_start(&test, &options, NULL);
}

/* The status; the whole answer in `out`. */
static int post(const char *body, size_t len, char *out, size_t size)
{
    char head[128];
    snprintf(head, sizeof(head),
             "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
             len);
    int fd = test_connect(test.port), status = 0;
    test_send(fd, head);
    test_send_bytes(fd, body, len);
    test_receive(fd, NULL, out, size);
    close(fd);
    ck_assert_int_eq(sscanf(out, "HTTP/1.1 %d", &status), 1);
    return status;
}

static const struct {
    const char *body;
    int status;
    const char *says;
} rows[] = {
    {"{\"name\":\"web\"}", 200, "name=web note=- limit=00:0 enabled=000 extra=0 list=0."},
    {" {\"name\":\"web\",\"note\":\"\",\"limit\":-5,\"enabled\":true,"
     "\"extra\":{\"a\":1},\"list\":[1,2]}\n",
     200, "name=web note= limit=10:-5 enabled=101 extra=1 list=2."},
    {"{\"name\":\"12345678\",\"note\":\"1234\",\"limit\":1e2,\"enabled\":false}", 200,
     "name=12345678 note=1234 limit=10:100 enabled=100 "},
    {"{\"name\":\"w\",\"limit\":null,\"enabled\":null,\"extra\":null,\"list\":null}", 200,
     "limit=11:0 enabled=110 extra=0 list=0."},

    {"", 400, "not JSON"},
    {"{", 400, "not JSON"},
    {"{\"name\":\"w\"} x", 400, "not JSON"},
    {"{'name':'w'}", 400, "not JSON"},
    {"{\"name\":\"\xff\"}", 400, "not JSON"},
    {"{\"name\":\"\\ud800\"}", 400, "not JSON"},
    {"{\"name\":\"w\",\"name\":\"x\"}", 400, "not JSON"},
    {"{\"name\":\"w\",\"limit\":1e999}", 400, "not JSON"},
    {"{\"name\":\"w\",\"limit\":NaN}", 400, "not JSON"},
    {"[]", 400, "must be a JSON object"},
    {"null", 400, "not JSON"},
    {"{}", 400, "\\\"name\\\" is missing"},
    {"{\"note\":\"x\"}", 400, "\\\"name\\\" is missing"},
    {"{\"name\":\"w\",\"colour\":1}", 400, "\"field\":\"colour\""},
    {"{\"name\":\"w\",\"\":1}", 400, "There is no field"},
    {"{\"name\":5}", 400, "must be a text"},
    {"{\"name\":null}", 400, "must be a text"},
    {"{\"name\":\"\"}", 422, "1 to 8 characters"},
    {"{\"name\":\"123456789\"}", 422, "1 to 8 characters"},
    {"{\"name\":\"a\\u0000b\"}", 0, NULL},
    {"{\"name\":\"w\",\"note\":\"12345\"}", 422, "\"field\":\"note\""},
    {"{\"name\":\"w\",\"limit\":\"5\"}", 400, "must be a number"},
    {"{\"name\":\"w\",\"limit\":true}", 400, "must be a number"},
    {"{\"name\":\"w\",\"limit\":-5.001}", 422, "from -5 to 100"},
    {"{\"name\":\"w\",\"limit\":101}", 422, "from -5 to 100"},
    {"{\"name\":\"w\",\"limit\":-1e308}", 422, "from -5 to 100"},
    {"{\"name\":\"w\",\"enabled\":1}", 400, "true or false"},
    {"{\"name\":\"w\",\"enabled\":\"true\"}", 400, "true or false"},
    {"{\"name\":\"w\",\"extra\":[]}", 400, "must be an object"},
    {"{\"name\":\"w\",\"list\":{}}", 400, "must be a list"},
};

START_TEST(reads_what_the_table_says)
{
    start();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[2048];
        int status = post(rows[i].body, strlen(rows[i].body), out, sizeof(out));
        if (rows[i].status == 0) { /* a NUL inside: refused by either side, never cut short */
            ck_assert_msg(status == 400 || status == 422, "%s: %d", rows[i].body, status);
            continue;
        }
        ck_assert_msg(status == rows[i].status, "%s: %d\n%s", rows[i].body, status, out);
        ck_assert_msg(strstr(out, rows[i].says) != NULL, "%s:\n%s", rows[i].body, out);
        if (status != 200)
            ck_assert_msg(strstr(out, "application/problem+json") != NULL, "%s", out);
    }
    test_server_stop(&test);
}
END_TEST

/* However deep, long or broken: an answer, and the next request is served as well. */
START_TEST(survives_hostile_bodies)
{
    start();
    static char body[100000];
    char out[2048];
    memset(body, '[', sizeof(body));
    ck_assert_int_eq(post(body, sizeof(body), out, sizeof(out)), 400);
    memset(body, '"', 1);
    memset(body + 1, 'x', sizeof(body) - 1);
    ck_assert_int_eq(post(body, sizeof(body), out, sizeof(out)), 400);
    int len = snprintf(body, sizeof(body), "{\"name\":\"w\",\"%0*d\":1}", 50000, 7);
    ck_assert_int_eq(post(body, (size_t)len, out, sizeof(out)), 400);
    ck_assert_int_eq(post("{\"name\":\"w\"}", 12, out, sizeof(out)), 200);
    test_server_stop(&test);
}
END_TEST

UNIT_MAIN("body", reads_what_the_table_says, survives_hostile_bodies)
