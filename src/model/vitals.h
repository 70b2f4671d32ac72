/* SPDX-License-Identifier: MIT */
/*
 * vitals - the small set of gauges that every host has, whatever reports it.
 *
 * Overview, thresholds and the compatibility APIs read only these.  All percents are 0..100.
 */
#pragma once

#define VITAL_CPU          "sentora_cpu_usage_percent"
#define VITAL_CORE         "sentora_cpu_core_usage_percent" /* {core} */
#define VITAL_MEMORY       "sentora_memory_usage_percent"
#define VITAL_SWAP         "sentora_swap_usage_percent"
#define VITAL_DISK         "sentora_disk_usage_percent"                /* {mountpoint} */
#define VITAL_INODES       "sentora_disk_inodes_usage_percent"         /* {mountpoint} */
#define VITAL_NET_RECEIVE  "sentora_network_receive_bytes_per_second"  /* {device} */
#define VITAL_NET_TRANSMIT "sentora_network_transmit_bytes_per_second" /* {device} */
#define VITAL_DISK_READ    "sentora_disk_read_bytes_per_second"        /* {device} */
#define VITAL_DISK_WRITE   "sentora_disk_write_bytes_per_second"       /* {device} */
#define VITAL_SERVICE_UP   "sentora_service_up"          /* {service}: 1 active, 0 not */
#define VITAL_SSH_FAILED   "sentora_ssh_failed_logins"   /* in the sliding window */
#define VITAL_TEMPERATURE  "sentora_temperature_celsius" /* {sensor} */
#define VITAL_UPTIME       "sentora_uptime_seconds"
#define VITAL_LOAD1        "node_load1"
#define VITAL_LOAD5        "node_load5"
#define VITAL_LOAD15       "node_load15"
