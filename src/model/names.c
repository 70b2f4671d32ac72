/* SPDX-License-Identifier: MIT */
/* names - what the enums of the model are called in JSON and in the database. */
#include "base/macros.h"
#include "model/alert.h"
#include "model/host.h"
#include "model/metadata.h"

const char *const host_state_names[] = {"waiting", "up", "late", "down"};
_Static_assert(ARRAY_LEN(host_state_names) == HOST_STATE_COUNT, "a name for each state");

const char *const alert_state_names[] = {"pending", "firing", "resolved"};
_Static_assert(ARRAY_LEN(alert_state_names) == ALERT_STATE_COUNT, "a name for each state");

const char *const alert_severity_names[] = {"info", "warning", "critical"};
_Static_assert(ARRAY_LEN(alert_severity_names) == SEVERITY_COUNT, "a name for each severity");

const char *const alert_transition_names[] = {"fired", "resolved", "acknowledged"};
_Static_assert(ARRAY_LEN(alert_transition_names) == TRANSITION_COUNT, "a name for each");

const char *const metadata_type_names[] = {"unknown",        "counter", "gauge", "histogram",
                                           "gaugehistogram", "summary", "info",  "stateset"};
_Static_assert(ARRAY_LEN(metadata_type_names) == METADATA_TYPE_COUNT, "a name for each type");
