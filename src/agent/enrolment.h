/* SPDX-License-Identifier: MIT */
/*
 * enrolment - what is asked of POST /api/v1/enroll, and what its answer holds.
 */
#pragma once

#include "agent/identity.h"
#include "base/buf.h"

/* {"name","agent_id","hostname"}; errors are the buf's. */
void enrolment_write(const struct identity *identity, const char *name, struct buf *out);

/* The host token of a 200 answer.  0; -EBADMSG when there is none that can be used. */
int enrolment_read(const char *body, size_t len, char out_token[IDENTITY_TOKEN_SIZE]);
