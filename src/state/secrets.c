/* SPDX-License-Identifier: MIT */
/*
 * secrets - a sealed box is nonce (24 bytes), then libsodium's secretbox of the plain bytes
 * (16 bytes longer than they are).
 */
#include "state/secrets.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

struct secrets {
    unsigned char key[crypto_secretbox_KEYBYTES];
};

static int make_key(const char *path, struct problem *problem)
{
    unsigned char key[crypto_secretbox_KEYBYTES];
    crypto_secretbox_keygen(key);
    int error = file_write_atomic(path, key, sizeof(key), 0600);
    sodium_memzero(key, sizeof(key));
    if (error != 0)
        problem_set(problem, "cannot write the key file %s: %s", path, strerror(-error));
    return error;
}

static int read_key(const char *path, struct secrets *secrets, struct problem *problem)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        int error = -errno;
        problem_set(problem, "cannot read the key file %s: %s", path, strerror(-error));
        return error;
    }
    if (about.st_mode & (S_IRWXG | S_IRWXO)) {
        problem_set(problem, "others may read the key file %s: its mode must be 0600", path);
        return -EPERM;
    }

    struct buf content;
    buf_init(&content, sizeof(secrets->key));
    int error = file_read(path, &content);
    if (error == -ENOBUFS || (error == 0 && content.len != sizeof(secrets->key))) {
        problem_set(problem, "the key file %s does not have %zu bytes", path,
                    sizeof(secrets->key));
        error = -EINVAL;
    } else if (error != 0) {
        problem_set(problem, "cannot read the key file %s: %s", path, strerror(-error));
    } else {
        memcpy(secrets->key, content.data, sizeof(secrets->key));
        sodium_memzero(content.data, content.len);
    }
    buf_deinit(&content);
    return error;
}

int secrets_open(const char *path, struct secrets **out_secrets, struct problem *problem)
{
    if (sodium_init() < 0)
        return -EIO;
    if (!file_exists(path)) {
        int error = make_key(path, problem);
        if (error != 0)
            return error;
    }

    struct secrets *secrets = memory_calloc(1, sizeof(*secrets));
    int error = read_key(path, secrets, problem);
    if (error != 0) {
        secrets_close(secrets);
        return error;
    }
    *out_secrets = secrets;
    return 0;
}

void secrets_close(struct secrets *secrets)
{
    if (secrets == NULL)
        return;
    sodium_memzero(secrets, sizeof(*secrets));
    free(secrets);
}

int secrets_seal(const struct secrets *secrets, const void *plain, size_t len, struct buf *out)
{
    unsigned char nonce[crypto_secretbox_NONCEBYTES];
    randombytes_buf(nonce, sizeof(nonce));

    size_t box_len = len + crypto_secretbox_MACBYTES;
    int error = buf_reserve(out, sizeof(nonce) + box_len);
    if (error != 0)
        return error;
    unsigned char *at = (unsigned char *)out->data + out->len;
    memcpy(at, nonce, sizeof(nonce));
    crypto_secretbox_easy(at + sizeof(nonce), plain, len, nonce, secrets->key);
    out->len += sizeof(nonce) + box_len;
    return 0;
}

int secrets_unseal(const struct secrets *secrets, const void *box, size_t len, struct buf *out)
{
    const unsigned char *bytes = box;
    if (len < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES)
        return -EBADMSG;

    size_t box_len = len - crypto_secretbox_NONCEBYTES;
    size_t plain_len = box_len - crypto_secretbox_MACBYTES;
    int error = buf_reserve(out, plain_len == 0 ? 1 : plain_len);
    if (error != 0)
        return error;
    if (crypto_secretbox_open_easy((unsigned char *)out->data + out->len,
                                   bytes + crypto_secretbox_NONCEBYTES, box_len, bytes,
                                   secrets->key) != 0)
        return -EBADMSG;
    out->len += plain_len;
    return 0;
}
