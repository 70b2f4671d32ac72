/* SPDX-License-Identifier: MIT */
#include "state/schema.h"

#include "base/macros.h"

/* Ids number themselves and never come twice, since messages and pages go on naming what was
 * deleted (AUTOINCREMENT; the PostgreSQL driver will say IDENTITY).
 * Columns ending in _ms are instants, 0 or NULL meaning never; *_hash are SHA-256 of a secret. */
const char *const schema_migrations[] = {
    "CREATE TABLE orgs ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created_ms INTEGER NOT NULL);"

    "CREATE TABLE settings ("
    "  org_id INTEGER NOT NULL REFERENCES orgs(id), key TEXT NOT NULL, value TEXT NOT NULL,"
    "  PRIMARY KEY (org_id, key));"

    /* -- people and keys -- */
    "CREATE TABLE users ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  email TEXT NOT NULL UNIQUE,"                      /* lower case */
    "  name TEXT NOT NULL, password_hash TEXT NOT NULL," /* argon2id, '' = none yet */
    "  role TEXT NOT NULL,"                              /* admin, operator, viewer */
    "  created_ms INTEGER NOT NULL);"

    "CREATE TABLE sessions ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    "  secret_hash BLOB NOT NULL UNIQUE, created_ms INTEGER NOT NULL,"
    "  expires_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL,"
    "  peer TEXT NOT NULL, user_agent TEXT NOT NULL);"

    "CREATE TABLE signin_links ("
    "  secret_hash BLOB PRIMARY KEY, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, used_ms INTEGER);"

    "CREATE TABLE tokens ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  kind TEXT NOT NULL," /* enrol, host, read, user */
    "  name TEXT NOT NULL, secret_hash BLOB NOT NULL UNIQUE,"
    "  host_id INTEGER REFERENCES hosts(id) ON DELETE CASCADE,"
    "  user_id INTEGER REFERENCES users(id) ON DELETE CASCADE," /* of kind user: whose */
    "  created_ms INTEGER NOT NULL, last_used_ms INTEGER, revoked_ms INTEGER);"

    /* -- hosts -- */
    "CREATE TABLE hosts ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  name TEXT NOT NULL,"                     /* what the label instance says */
    "  agent_id TEXT NOT NULL DEFAULT '',"      /* which machine: made once by its agent */
    "  source TEXT NOT NULL DEFAULT 'agent',"   /* agent, remote_write, ... */
    "  interval_ms INTEGER NOT NULL DEFAULT 0," /* 0 = not known yet */
    "  facts TEXT NOT NULL DEFAULT '{}',"       /* JSON object, see the report */
    "  report TEXT NOT NULL DEFAULT '{}',"      /* JSON: newest services, ssh sources */
    "  created_ms INTEGER NOT NULL, first_seen_ms INTEGER, last_seen_ms INTEGER,"
    "  UNIQUE (org_id, name));"

    /* -- rules: defaults of the organisation, and what differs for one host -- */
    "CREATE TABLE rules ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  key TEXT NOT NULL," /* cpu, memory, disk, service, ssh, host_down */
    "  title TEXT NOT NULL,"
    "  expr TEXT NOT NULL,"       /* PromQL of the measured value, without the comparison */
    "  comparison TEXT NOT NULL," /* >, >=, <, <= */
    "  limit_value REAL NOT NULL, clear_value REAL NOT NULL, unit TEXT NOT NULL,"
    "  for_ms INTEGER NOT NULL, severity TEXT NOT NULL," /* info, warning, critical */
    "  summary TEXT NOT NULL," /* template of the message's first line */
    "  enabled INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    "  UNIQUE (org_id, key));"

    "CREATE TABLE rule_overrides ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  rule_id INTEGER NOT NULL REFERENCES rules(id) ON DELETE CASCADE,"
    "  host_id INTEGER NOT NULL REFERENCES hosts(id) ON DELETE CASCADE,"
    "  limit_value REAL, for_ms INTEGER, enabled INTEGER," /* NULL = as the rule says */
    "  updated_ms INTEGER NOT NULL, UNIQUE (rule_id, host_id));"

    /* -- alerts: one row per condition that became true -- */
    "CREATE TABLE alerts ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  rule_id INTEGER NOT NULL, rule_key TEXT NOT NULL,"
    "  host_id INTEGER NOT NULL, host_name TEXT NOT NULL,"
    "  labels TEXT NOT NULL," /* JSON object; with rule and host the identity */
    "  state TEXT NOT NULL,"  /* pending, firing, resolved */
    "  severity TEXT NOT NULL, summary TEXT NOT NULL, unit TEXT NOT NULL,"
    "  value REAL, limit_value REAL,"
    "  since_ms INTEGER NOT NULL," /* the condition became true */
    "  fired_ms INTEGER, resolved_ms INTEGER, updated_ms INTEGER NOT NULL,"
    "  acked_ms INTEGER, acked_by TEXT NOT NULL DEFAULT '', ack_comment TEXT NOT NULL DEFAULT '');"
    "CREATE UNIQUE INDEX alerts_open ON alerts (org_id, rule_id, host_id, labels)"
    "  WHERE state <> 'resolved';"
    "CREATE INDEX alerts_by_time ON alerts (org_id, since_ms);"

    "CREATE TABLE alert_events (" /* what happened to an alert, in order */
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  alert_id INTEGER NOT NULL REFERENCES alerts(id) ON DELETE CASCADE,"
    "  at_ms INTEGER NOT NULL, transition TEXT NOT NULL," /* fired, resolved, acknowledged */
    "  value REAL, actor TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX alert_events_by_alert ON alert_events (alert_id, id);"

    "CREATE TABLE outages ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  host_id INTEGER NOT NULL, host_name TEXT NOT NULL, alert_id INTEGER,"
    "  last_seen_ms INTEGER NOT NULL," /* the last report before it */
    "  detected_ms INTEGER NOT NULL, ended_ms INTEGER, cleared_ms INTEGER,"
    "  cleared_by TEXT NOT NULL DEFAULT '', UNIQUE (host_id, last_seen_ms));"

    /* -- notification -- */
    "CREATE TABLE channels ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  kind TEXT NOT NULL, name TEXT NOT NULL, enabled INTEGER NOT NULL,"
    "  config TEXT NOT NULL,"  /* JSON without secrets */
    "  secrets BLOB NOT NULL," /* secretbox of a JSON object */
    "  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    "  last_delivered_ms INTEGER, last_failed_ms INTEGER,"
    "  last_error TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0,"
    "  UNIQUE (org_id, name));"

    "CREATE TABLE outbox ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER NOT NULL REFERENCES orgs(id),"
    "  channel_id INTEGER NOT NULL REFERENCES channels(id) ON DELETE CASCADE,"
    "  alert_id INTEGER, event_id INTEGER," /* NULL for a test message */
    "  idempotency_key TEXT NOT NULL UNIQUE,"
    "  message TEXT NOT NULL," /* JSON: all that rendering needs, as it was then */
    "  state TEXT NOT NULL,"   /* queued, delivered, failed */
    "  attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL, finished_ms INTEGER,"
    "  last_answer TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX outbox_due ON outbox (state, next_ms);"
    "CREATE INDEX outbox_by_channel ON outbox (channel_id, state, id);"
    "CREATE INDEX outbox_by_alert ON outbox (alert_id);",

    /* What is over, in the order in which it is forgotten. */
    "CREATE INDEX alerts_by_end ON alerts (resolved_ms) WHERE resolved_ms IS NOT NULL;"
    "CREATE INDEX outages_by_end ON outages (cleared_ms) WHERE cleared_ms IS NOT NULL;"
    "CREATE INDEX outbox_by_end ON outbox (finished_ms) WHERE finished_ms IS NOT NULL;"
    "CREATE INDEX tokens_by_end ON tokens (revoked_ms) WHERE revoked_ms IS NOT NULL;",

    /* A receiver that asked for patience gets nothing before this, whatever is queued meanwhile. */
    "ALTER TABLE channels ADD COLUMN held_until_ms INTEGER NOT NULL DEFAULT 0;",

    /* The row of the digest that a message is told in. */
    ("ALTER TABLE outbox ADD COLUMN digest_id INTEGER;"
     "CREATE INDEX outbox_by_digest ON outbox (digest_id) WHERE digest_id IS NOT NULL;"),
};

const size_t schema_migrations_count = ARRAY_LEN(schema_migrations);
