/* SPDX-License-Identifier: MIT */
#include "agent/answer.h"

#include <errno.h>
#include <string.h>

#include "agent/enrolment.h"
#include "unit.h"

static struct http_response answer(int status, const char *body)
{
    return (struct http_response){.status = status, .body = body, .body_len = strlen(body)};
}

START_TEST(judges_every_status)
{
    static const struct {
        int status;
        enum answer answer;
    } cases[] = {
        {200, ANSWER_TAKEN},        {204, ANSWER_TAKEN},     {299, ANSWER_TAKEN},
        {400, ANSWER_REFUSED},      {422, ANSWER_REFUSED},   {401, ANSWER_UNAUTHORIZED},
        {403, ANSWER_UNAUTHORIZED}, {413, ANSWER_TOO_LARGE}, {301, ANSWER_LATER},
        {404, ANSWER_LATER},        {409, ANSWER_LATER},     {429, ANSWER_LATER},
        {500, ANSWER_LATER},        {503, ANSWER_LATER},     {100, ANSWER_LATER}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_response response = answer(cases[i].status, "");
        ck_assert_msg(answer_of(&response) == cases[i].answer, "%d", cases[i].status);
    }
    struct http_response broken = {.error = HTTP_CLIENT_CONNECT, .status = 204};
    ck_assert_int_eq(answer_of(&broken), ANSWER_LATER);
}
END_TEST

START_TEST(tells_what_the_server_said)
{
    char text[200];
    struct http_response response =
        answer(400, "{\"title\":\"Bad Request\",\"detail\":\"Sample is\\ntoo new.\"}");
    ck_assert_str_eq(answer_text(&response, text, sizeof(text)),
                     "status 400 Bad Request: Sample is too new.");
    response = answer(503, "overloaded\nsecond line");
    ck_assert_str_eq(answer_text(&response, text, sizeof(text)),
                     "status 503 Service Unavailable: overloaded");
    response = answer(404, "");
    ck_assert_str_eq(answer_text(&response, text, sizeof(text)), "status 404 Not Found");
    response = (struct http_response){.error = HTTP_CLIENT_CONNECT, .detail = "refused by x"};
    ck_assert_str_eq(answer_text(&response, text, sizeof(text)), "refused by x");
}
END_TEST

START_TEST(keeps_hostile_answers_short_and_printable)
{
    char text[64], body[9000];
    memset(body, '\x1b', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    struct http_response response = answer(500, body);
    answer_text(&response, text, sizeof(text));
    ck_assert_uint_lt(strlen(text), sizeof(text));
    ck_assert_ptr_null(strchr(text, '\x1b'));
    response = answer(500, "{\"detail\": [1, 2]}");
    ck_assert_ptr_nonnull(strstr(answer_text(&response, text, sizeof(text)), "[1, 2]"));
}
END_TEST

START_TEST(asks_and_reads_enrolment)
{
    struct identity identity = {.agent_id = "00112233445566778899aabbccddeeff"};
    struct buf body;
    char token[IDENTITY_TOKEN_SIZE] = "unchanged";
    buf_init(&body, 4096);
    enrolment_write(&identity, "web \"1\"", &body);
    ck_assert_ptr_nonnull(strstr(buf_text(&body), "{\"name\":\"web \\\"1\\\"\",\"agent_id\":"
                                                  "\"00112233445566778899aabbccddeeff\","
                                                  "\"hostname\":\""));
    buf_deinit(&body);

    static const char good[] = "{\"host_id\":7,\"name\":\"web\",\"token\":\"abc-123\"}";
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"token\":\"\"}",
                                      "{\"token\":7}",
                                      "{\"token\":\"a b\"}",
                                      "{\"token\":\"a\\r\\nX: y\"}",
                                      "{\"token\":\"abc\"",
                                      "{\"token\":\"a\",\"token\":\"b\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_int_eq(enrolment_read(bad[i], strlen(bad[i]), token), -EBADMSG);
        ck_assert_str_eq(token, "unchanged");
    }
    ck_assert_int_eq(enrolment_read(good, strlen(good), token), 0);
    ck_assert_str_eq(token, "abc-123");
}
END_TEST

UNIT_MAIN("answer", judges_every_status, tells_what_the_server_said,
          keeps_hostile_answers_short_and_printable, asks_and_reads_enrolment)
