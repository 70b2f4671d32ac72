/* SPDX-License-Identifier: MIT */
#include "notify/channel.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "notify/webhook.h"
#include "unit.h"

START_TEST(signs_as_any_library_checks_it)
{
    char hex[WEBHOOK_SIGNATURE_SIZE];
    const char *body = "{\"event\":\"fired\"}";
    webhook_sign("Jefe", 1700000000, body, strlen(body), hex);
    ck_assert_str_eq(hex, "0722f7348e182a55af4ded8a8a61167dcd847b9ddc53b77a32b666e371df4b4e");
    webhook_sign("Jefe", 1700000001, body, strlen(body), hex);
    ck_assert_str_ne(hex, "0722f7348e182a55af4ded8a8a61167dcd847b9ddc53b77a32b666e371df4b4e");
}
END_TEST

START_TEST(waits_longer_each_time)
{
    const mspan_t seconds[] = {5, 15, 60, 300, 900, 3600, 3600, 3600};
    for (int64_t i = 0; i < (int64_t)ARRAY_LEN(seconds); i++) {
        ck_assert_int_eq(retry_delay(i + 1, 0), seconds[i] * 800);
        ck_assert_int_eq(retry_delay(i + 1, 0.5), seconds[i] * 1000);
        ck_assert_int_le(retry_delay(i + 1, 0.999999), seconds[i] * 1200);
    }
    ck_assert_int_eq(retry_delay(INT64_MAX, 0.5), 3600 * 1000);
}
END_TEST

static int check_kind(const char *kind_name, const char *config, const char *secrets,
                      struct refusal *out_refusal)
{
    const struct channel_kind *kind = channel_kind_find(kind_name);
    json_t *config_json = json_loads(config, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    json_t *secrets_json = json_loads(secrets, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    *out_refusal = (struct refusal){0};
    ck_assert_ptr_nonnull(config_json);
    ck_assert_ptr_nonnull(secrets_json);
    int error = channel_check(kind, config_json, secrets_json, out_refusal);
    ck_assert((error == 0) == (out_refusal->problem.text[0] == '\0'));
    ck_assert((error == 0) == (out_refusal->field[0] == '\0'));
    json_decref(config_json);
    json_decref(secrets_json);
    return error;
}

START_TEST(takes_good_configurations)
{
    struct refusal refusal;
    const struct {
        const char *kind, *config, *secrets;
    } good[] = {
        {"email", "{\"server\":\"mail.example.com\",\"from\":\"a@b.c\",\"to\":[\"d@e.f\"]}",
         "{}"},
        {"email",
         "{\"server\":\"::1\",\"port\":25,\"security\":\"none\",\"username\":\"ü\",\"from\":"
         "\"a+b@b.c\",\"to\":[\"d@e.f\",\"root@localhost\"],\"ca_file\":null}",
         "{\"password\":\"p w\"}"},
        {"webhook", "{\"url\":\"https://example.com/x?y=1#z\"}", "{\"signing_key\":\"k\"}"},
        {"webhook", "{\"url\":\"http://[::1]:80\",\"headers\":{\"X-Team\":\"ops\"}}", "{}"},
        {"telegram", "{\"chat_id\":\"-1001234567890\",\"topic_id\":7}",
         "{\"token\":\"123456:ABC-def_9\"}"},
        {"telegram", "{\"chat_id\":\"@our_channel\"}", "{\"token\":\"1:a\"}"},
        {"discord", "{}", "{\"url\":\"https://discord.com/api/webhooks/1/x\"}"},
        {"slack", "{}", "{\"webhook_url\":\"https://hooks.slack.com/services/T/B/x\"}"},
        {"slack", "{\"channel\":\"C0123\"}", "{\"token\":\"xoxb-1\"}"},
        {"ntfy", "{\"topic\":\"our_alerts-1\"}", "{}"},
        {"gotify", "{\"url\":\"https://push.example.com/\"}", "{\"token\":\"A.b\"}"},
        {"pushover", "{\"device\":\"phone\"}",
         "{\"token\":\"azGDORePK8gMaC0QOYAMyEEuzJnyUi\","
         "\"user\":\"uQiRzpo4DXghDmr9QzzfQu27cmVRsG\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ck_assert_msg(check_kind(good[i].kind, good[i].config, good[i].secrets, &refusal) == 0,
                      "%s", refusal.field);
    ck_assert_ptr_null(channel_kind_find("pigeon"));
}
END_TEST

#define MAIL(rest) "{\"server\":\"m\",\"from\":\"a@b.c\",\"to\":[\"d@e.f\"]," rest "}"

START_TEST(names_the_field_to_blame)
{
    struct refusal refusal;
    const struct {
        const char *kind, *config, *secrets, *field;
    } bad[] = {
        {"email", "5", "{}", "config"},
        {"email", "{}", "[]", "secrets"},
        {"email", "{}", "{}", "config.server"},
        {"email", "{\"server\":5}", "{}", "config.server"},
        {"email", "{\"server\":\"\"}", "{}", "config.server"},
        {"email", "{\"server\":\"a b\"}", "{}", "config.server"},
        {"email", "{\"server\":\"a/b\"}", "{}", "config.server"},
        {"email", "{\"server\":\"m\",\"from\":\"a@b.c\"}", "{}", "config.to"},
        {"email", "{\"server\":\"m\",\"from\":\"a@b.c\",\"to\":[]}", "{}", "config.to"},
        {"email", "{\"server\":\"m\",\"from\":\"a@b.c\",\"to\":\"d@e.f\"}", "{}", "config.to"},
        {"email", "{\"server\":\"m\",\"from\":\"a@b.c\",\"to\":[{}]}", "{}", "config.to"},
        {"email", "{\"server\":\"m\",\"from\":\"a@b.c\",\"to\":[\"x\"]}", "{}", "config.to"},
        {"email", "{\"server\":\"m\",\"from\":\"a@b.c\\r\\nRCPT TO:<x@y.z>\",\"to\":[]}", "{}",
         "config.from"},
        {"email", "{\"server\":\"m\",\"from\":\"a@b.c>\",\"to\":[]}", "{}", "config.from"},
        {"email", "{\"server\":\"m\",\"from\":\"ä@b.c\",\"to\":[]}", "{}", "config.from"},
        {"email", MAIL("\"port\":0"), "{}", "config.port"},
        {"email", MAIL("\"port\":65536"), "{}", "config.port"},
        {"email", MAIL("\"port\":25.0"), "{}", "config.port"},
        {"email", MAIL("\"port\":\"25\""), "{}", "config.port"},
        {"email", MAIL("\"security\":\"ssl\""), "{}", "config.security"},
        {"email", MAIL("\"username\":\"a\\u0000b\""), "{}", "config.username"},
        {"email", MAIL("\"port\":1"), "{\"password\":1}", "secrets.password"},
        {"webhook", "{}", "{}", "config.url"},
        {"webhook", "{\"url\":\"ftp://a\"}", "{}", "config.url"},
        {"webhook", "{\"url\":\"file:///etc/passwd\"}", "{}", "config.url"},
        {"webhook", "{\"url\":\"http://\"}", "{}", "config.url"},
        {"webhook", "{\"url\":\"http://a b\"}", "{}", "config.url"},
        {"webhook", "{\"url\":\"http://a\",\"headers\":[]}", "{}", "config.headers"},
        {"webhook", "{\"url\":\"http://a\",\"headers\":{\"A\":1}}", "{}", "config.headers"},
        {"webhook", "{\"url\":\"http://a\",\"headers\":{\"A b\":\"1\"}}", "{}",
         "config.headers"},
        {"webhook", "{\"url\":\"http://a\",\"headers\":{\"A\":\"1\\r\\nB: 2\"}}", "{}",
         "config.headers"},
        {"webhook", "{\"url\":\"http://a\",\"headers\":{\"content-length\":\"1\"}}", "{}",
         "config.headers"},
        {"webhook", "{\"url\":\"http://a\",\"headers\":{\"x-sentora-signature\":\"1\"}}", "{}",
         "config.headers"},
        {"telegram", "{}", "{\"token\":\"1:a\"}", "config.chat_id"},
        {"telegram", "{\"chat_id\":\"our group\"}", "{\"token\":\"1:a\"}", "config.chat_id"},
        {"telegram", "{\"chat_id\":\"-\"}", "{\"token\":\"1:a\"}", "config.chat_id"},
        {"telegram", "{\"chat_id\":\"5\"}", "{\"token\":\"1:a/../x\"}", "secrets.token"},
        {"telegram", "{\"chat_id\":\"5\"}", "{}", "secrets.token"},
        {"telegram", "{\"chat_id\":\"5\",\"topic_id\":0}", "{\"token\":\"1:a\"}",
         "config.topic_id"},
        {"discord", "{}", "{}", "secrets.url"},
        {"slack", "{}", "{}", "secrets.webhook_url"},
        {"slack", "{\"channel\":\"C0\"}", "{\"webhook_url\":\"http://a\",\"token\":\"x\"}",
         "secrets.webhook_url"},
        {"slack", "{}", "{\"token\":\"xoxb-1\"}", "config.channel"},
        {"ntfy", "{\"topic\":\"a/b\"}", "{}", "config.topic"},
        {"gotify", "{\"url\":\"https://a\"}", "{}", "secrets.token"},
        {"pushover", "{}", "{\"token\":\"short\"}", "secrets.token"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_msg(check_kind(bad[i].kind, bad[i].config, bad[i].secrets, &refusal) ==
                          -EINVAL,
                      "%s", bad[i].config);
        ck_assert_msg(text_is(refusal.field, bad[i].field), "%s: %s", bad[i].config,
                      refusal.field);
    }
}
END_TEST

START_TEST(names_settings_that_there_are_not)
{
    struct refusal refusal;
    ck_assert_int_eq(check_kind("email", MAIL("\"colour\":1"), "{}", &refusal), -EBADMSG);
    ck_assert_str_eq(refusal.field, "config.colour");
    ck_assert_int_eq(check_kind("email", MAIL("\"password\":\"p\""), "{}", &refusal), -EBADMSG);
    ck_assert_str_eq(refusal.field, "config.password");
    ck_assert_int_eq(
        check_kind("email", MAIL("\"port\":1"), "{\"signing_key\":\"k\"}", &refusal), -EBADMSG);
    ck_assert_str_eq(refusal.field, "secrets.signing_key");
}
END_TEST

START_TEST(a_verdict_is_one_short_line)
{
    struct verdict verdict = {0};
    char long_text[1000];
    memset(long_text, '\n', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    verdict_set(&verdict, VERDICT_RETRY, "%s", long_text);
    ck_assert_ptr_null(strchr(verdict.answer, '\n'));
    ck_assert_uint_lt(strlen(verdict.answer), sizeof(verdict.answer) - 1);
    verdict_set(&verdict, VERDICT_FAILED, "550 \xff no");
    ck_assert_str_eq(verdict.answer, "550 \xef\xbf\xbd no");
    ck_assert_int_eq(verdict.kind, VERDICT_FAILED);
}
END_TEST

UNIT_MAIN("channel", names_settings_that_there_are_not, signs_as_any_library_checks_it,
          waits_longer_each_time, takes_good_configurations, names_the_field_to_blame,
          a_verdict_is_one_short_line)
