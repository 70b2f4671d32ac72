/* SPDX-License-Identifier: MIT */
/*
 * keeper - the thread that once a second makes what was committed safe from a power cut, and once
 * a minute lets the accounts write down what they noted and forgets what is long over.
 */
#pragma once

#include "account/account.h"
#include "state/db.h"

struct keeper;

struct keeper *keeper_start(struct db *db, struct account *account);
void keeper_stop(struct keeper *keeper); /* does both once more; NULL is fine */
