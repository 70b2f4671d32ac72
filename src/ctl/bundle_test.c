/* SPDX-License-Identifier: MIT */
#include "ctl/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "unit.h"

static int open_temporary(void)
{
    char folder[64], path[128];
    unit_make_folder(folder, sizeof(folder));
    ck_assert(file_join(path, sizeof(path), folder, "file"));
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    ck_assert_int_ge(file, 0);
    return file;
}

static int with_content(const char *content, size_t len)
{
    int file = open_temporary();
    ck_assert_int_eq(write(file, content, len), (ssize_t)len);
    return file;
}

/* A bundle of an empty file, a small one, and one that needs several chunks. */
static int make_bundle(void)
{
    static char large[700000];
    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (char)(i * 31);
    int file = open_temporary();
    int sources[] = {with_content("", 0), with_content("hello", 5),
                     with_content(large, sizeof(large))};
    const char *const names[] = {"empty", "log/00000001.log", "state.db"};
    struct bundle_writer writer;
    ck_assert_int_eq(bundle_begin(&writer, file, 1234567890123), 0);
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        ck_assert_int_eq(bundle_add(&writer, names[i], sources[i]), 0);
        close(sources[i]);
    }
    ck_assert_int_eq(bundle_finish(&writer), 0);
    ck_assert_uint_eq(writer.n_entries, 3);
    return file;
}

struct seen {
    struct buf text; /* names, modes and sizes; then what came */
    size_t bytes, ended;
};

static int see_begin(void *arg, const struct bundle_entry *entry)
{
    struct seen *seen = arg;
    return buf_printf(&seen->text, "%s %o %llu;", entry->name, (unsigned)entry->mode,
                      (unsigned long long)entry->size);
}

static int see_data(void *arg, const void *bytes, size_t len)
{
    struct seen *seen = arg;
    if (len == 5)
        buf_append(&seen->text, bytes, len);
    seen->bytes += len;
    return 0;
}

static int see_end(void *arg)
{
    struct seen *seen = arg;
    seen->ended++;
    return 0;
}

static const struct bundle_sink see = {see_begin, see_data, see_end};

START_TEST(what_goes_in_comes_out)
{
    int file = make_bundle();
    struct seen seen = {.bytes = 0};
    struct bundle_summary summary;
    struct problem problem = {0};
    buf_init(&seen.text, 4096);
    ck_assert_int_eq(bundle_read(file, &see, &seen, &summary, &problem), 0);
    ck_assert_str_eq(buf_text(&seen.text),
                     "empty 640 0;log/00000001.log 640 5;hellostate.db 640 700000;");
    ck_assert_uint_eq(seen.bytes, 700005);
    ck_assert_uint_eq(seen.ended, 3);
    ck_assert_int_eq(summary.made_ms, 1234567890123);
    ck_assert_uint_eq(summary.n_entries, 3);
    ck_assert_uint_eq(summary.data_bytes, 700005);
    buf_deinit(&seen.text);
    close(file);
}
END_TEST

static int check(int file)
{
    struct bundle_summary summary;
    struct problem problem = {0};
    int error = bundle_read(file, NULL, NULL, &summary, &problem);
    ck_assert((error == 0) == (problem.text[0] == '\0'));
    return error;
}

/* Every byte of heads, digests and trailer, and some of the data. */
START_TEST(any_changed_byte_is_found)
{
    int file = make_bundle();
    off_t size = lseek(file, 0, SEEK_END);
    for (off_t at = 0; at < size; at += at < 200 || at > size - 100 ? 1 : 9973) {
        unsigned char byte;
        if (at >= 12 && at < 20)
            continue; /* when it was made: only the last digest covers it, below */
        ck_assert_int_eq(pread(file, &byte, 1, at), 1);
        unsigned char other = byte ^ 0x41;
        ck_assert_int_eq(pwrite(file, &other, 1, at), 1);
        ck_assert_msg(check(file) == -EBADMSG, "byte %ld", (long)at);
        ck_assert_int_eq(pwrite(file, &byte, 1, at), 1);
    }
    ck_assert_int_eq(pwrite(file, "x", 1, 12), 1);
    ck_assert_int_eq(check(file), -EBADMSG);
    close(file);
}
END_TEST

START_TEST(any_cut_is_found)
{
    int file = make_bundle();
    off_t size = lseek(file, 0, SEEK_END);
    ck_assert_int_eq(pwrite(file, "more", 4, size), 4);
    ck_assert_int_eq(check(file), -EBADMSG);
    ck_assert_int_eq(ftruncate(file, size), 0);
    ck_assert_int_eq(check(file), 0);
    for (off_t at = size - 1; at >= 0; at -= at < 200 || at > size - 100 ? 1 : 9973) {
        ck_assert_int_eq(ftruncate(file, at), 0);
        ck_assert_msg(check(file) == -EBADMSG, "cut at %ld", (long)at);
    }
    close(file);
}
END_TEST

START_TEST(names_that_lead_out_are_refused)
{
    static const char *const names[] = {
        "../etc/passwd", "/etc/passwd", "a/../b", "a/b/c", ".hidden", "a/",
        "a//b",          "a b",         "a/.b",   "",      "a\nb"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int file = open_temporary(), source = with_content("x", 1);
        struct bundle_writer writer;
        ck_assert_int_eq(bundle_begin(&writer, file, 1), 0);
        ck_assert_int_eq(bundle_add(&writer, names[i], source), 0);
        ck_assert_int_eq(bundle_finish(&writer), 0);
        ck_assert_msg(check(file) == -EBADMSG, "\"%s\"", names[i]);
        close(source);
        close(file);
    }
}
END_TEST

START_TEST(other_files_are_none)
{
    int empty = open_temporary();
    ck_assert_int_eq(check(empty), -EBADMSG);
    char zeros[5000] = {0};
    int file = with_content(zeros, sizeof(zeros));
    ck_assert_int_eq(check(file), -EBADMSG);
    ck_assert_int_eq(pwrite(file, "sentora\x1a\x02", 9, 0), 9);
    struct bundle_summary summary;
    struct problem problem = {0};
    ck_assert_int_eq(bundle_read(file, NULL, NULL, &summary, &problem), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(problem.text, "newer version"));
    close(file);
    close(empty);
}
END_TEST

static int refuse(void *arg, const struct bundle_entry *entry)
{
    (void)arg;
    (void)entry;
    return -ENOSPC;
}

START_TEST(a_sink_can_end_it)
{
    const struct bundle_sink refusing = {refuse, see_data, see_end};
    struct bundle_summary summary;
    struct problem problem = {0};
    int file = make_bundle();
    ck_assert_int_eq(bundle_read(file, &refusing, NULL, &summary, &problem), -ENOSPC);
    close(file);
}
END_TEST

UNIT_MAIN("bundle", what_goes_in_comes_out, any_changed_byte_is_found, any_cut_is_found,
          names_that_lead_out_are_refused, other_files_are_none, a_sink_can_end_it)
