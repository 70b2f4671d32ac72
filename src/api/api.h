/* SPDX-License-Identifier: MIT */
/*
 * api - everything that is answered over HTTP: the JSON API, the live stream, the dashboard.
 *
 * api_handle() is the HTTP server's handler: it finds the route, learns who asks, checks what they
 * may do, and calls the resource, one file each (docs/manual/api.md lists them).  Resources answer
 * at once, or hand slow work to the workers.
 */
#pragma once

#include "account/account.h"
#include "alert/engine.h"
#include "api/live.h"
#include "api/workers.h"
#include "ingest/door.h"
#include "net/http_server.h"
#include "notify/notify.h"
#include "state/db.h"
#include "store/store.h"

struct api;

/* What the API works on; all borrowed from the server, and outliving the API. */
struct api_parts {
    struct db *db;
    struct store *store;
    struct account *account;
    struct alert_engine *alerts;
    struct notify *notify;
    struct live *live;
    struct door *door;
    struct directory *directory;
    struct workers *workers;
    const char *fingerprint;    /* of the certificate; "" without TLS */
    int tls_port;               /* 0 without TLS */
    struct http_server *server; /* for its own figures; may be set late */
};

struct api *api_new(const struct api_parts *parts);
void api_free(struct api *api);

/* Once the listeners are there; tls_port 0 = without TLS.  Before the loops run. */
void api_set_listeners(struct api *api, struct http_server *server, int tls_port);

/* Queries under way end as cancelled; to be called before the workers are freed. */
void api_stop(struct api *api);

/* The HTTP server's handler and body limit; arg is the struct api. */
void api_handle(struct http_exchange *exchange, void *arg);
size_t api_body_limit(const struct http_request *head, void *arg);

/* The class of a series, for store_options.classify: which vital it is, whether charts show it. */
uint8_t api_series_tag(const struct labels *labels);

/* The number of a vital by its metric's name, or by the class of one of its series: 1 to 15,
 * 0 = no vital. */
uint8_t api_vital_by_name(const char *metric);
uint8_t api_vital_by_tag(uint8_t tag);

/* What the server's other parts tell the API; any thread. */
void api_host_arrived(struct api *api, const struct arrival *arrival);
void api_alert_changed(struct api *api, const struct alert_event *event);
void api_outage_changed(struct api *api, const struct outage *outage);
void api_host_changed(struct api *api, org_id org, int64_t host_id);

/* Fills the vitals of all hosts from what the store has of the last minutes. */
void api_load_vitals(struct api *api, msec_t now);
