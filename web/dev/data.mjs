// SPDX-License-Identifier: MIT
// The made-up hosts behind dev/mock.mjs, and what is known about them.
const MIN = 60_000;
const HOUR = 60 * MIN;
const GIB = 1024 ** 3;
const STATES = ['up', 'up', 'late', 'down', 'up', 'waiting'];
export const NAMES = ['web-1', 'db-primary.internal.example.org', 'backup', 'mail', 'build-runner-17', 'new-box'];

const wave = (seed, t, period) => 0.5 + 0.5 * Math.sin((t / period + seed) * 2 * Math.PI);

export const METRICS = {
  sentora_cpu_usage_percent: (t, s) => [[{}, 15 + 40 * wave(s, t, 900) + 8 * wave(s, t, 37)]],
  sentora_cpu_core_usage_percent: (t, s) =>
    [0, 1, 2, 3].map((core) => [{ core: String(core) }, 10 + 60 * wave(s + core / 3, t, 700 + core * 50)]),
  node_memory_MemTotal_bytes: () => [[{}, 16 * GIB]],
  node_memory_MemAvailable_bytes: (t, s) => [[{}, (7 + 2 * wave(s, t, 4000)) * GIB]],
  node_memory_MemFree_bytes: (t, s) => [[{}, (2 + wave(s, t, 3000)) * GIB]],
  node_memory_SwapTotal_bytes: () => [[{}, 0]],
  node_memory_SwapFree_bytes: () => [[{}, 0]],
  node_load1: (t, s) => [[{}, 1 + wave(s, t, 600)]],
  node_load5: (t, s) => [[{}, 1.1 + 0.6 * wave(s, t, 1200)]],
  node_load15: (t, s) => [[{}, 1.2 + 0.3 * wave(s, t, 3600)]],
  sentora_disk_usage_percent: (t, s) => [
    [{ mountpoint: '/' }, 61 + wave(s, t, 9000)],
    [{ mountpoint: '/var/lib/postgresql' }, 91 + wave(s, t, 9000)],
  ],
  sentora_disk_read_bytes_per_second: (t, s) => [[{ device: 'nvme0n1' }, 4e5 * wave(s, t, 240)]],
  sentora_disk_write_bytes_per_second: (t, s) => [[{ device: 'nvme0n1' }, 3e6 * wave(s, t, 480)]],
  sentora_network_receive_bytes_per_second: (t, s) => [[{ device: 'eth0' }, 8e5 * wave(s, t, 700)]],
  sentora_network_transmit_bytes_per_second: (t, s) => [[{ device: 'eth0' }, 2e5 * wave(s, t, 500)]],
};

export function vitals(i, t) {
  return {
    cpu: METRICS.sentora_cpu_usage_percent(t, i)[0][1],
    memory: 41 + i * 7,
    disk: { mountpoint: '/var/lib/postgresql', value: 91.4 },
    load1: 1.24 + i,
    receive: 812_345 / (i + 1),
    transmit: 99_120,
    ssh_failed: 0,
    uptime_s: 864_000,
    services_down: i === 1 ? 1 : 0,
  };
}

const UNKNOWN = { cpu: null, memory: null, disk: null, load1: null, receive: null, transmit: null, ssh_failed: null, uptime_s: null, services_down: null };

function hostAt(i, now) {
  const state = STATES[i];
  const seen = { up: now - 800, late: now - 27_000, down: now - 14 * MIN, waiting: null }[state];
  return {
    id: i + 1,
    name: NAMES[i],
    source: 'agent',
    state,
    interval_ms: state === 'waiting' ? null : 1000,
    created_ms: now - 40 * HOUR,
    last_seen_ms: seen,
    down_since_ms: state === 'down' ? now - 13 * MIN : null,
    open_alerts: i === 1 ? 2 : i === 3 ? 1 : 0,
    worst: i === 1 || i === 3 ? 'critical' : null,
    vitals: state === 'waiting' ? UNKNOWN : vitals(i, now / 1000),
  };
}

export function detailOf(host, now) {
  const services = ['ssh', 'cron', 'nginx', 'postgresql@15-main', 'systemd-journald', 'rsyslog', 'dbus', 'chrony'].map(
    (name) => ({ name: `${name}.service`, state: 'active', description: `The ${name} service of this machine` }),
  );
  services.push({ name: 'certbot.service', state: 'failed', description: 'Renews certificates' });
  return {
    ...host,
    facts: { hostname: host.name, os: 'Debian GNU/Linux 12 (bookworm)', kernel: '6.1.0-28-amd64', architecture: 'x86_64', cpu_model: 'AMD EPYC 7763 64-Core Processor', cores: 4, memory_bytes: 16 * GIB, virtualization: 'kvm', agent_version: '0.1.0', boot_ms: now - 10 * 24 * HOUR, interval_s: 1 },
    report: {
      services,
      ssh: { window_s: 600, failed: 9, sources: [{ address: '192.0.2.7', users: ['root', 'admin', 'test', 'oracle', 'pi'], count: 7, last_ms: now - 40_000 }, { address: '2001:db8::8a2e:370:7334', users: ['root'], count: 2, last_ms: now - 4 * MIN }] },
      at_ms: now - 3000,
    },
  };
}

export function alertOf(id, host, change, now) {
  return { id, rule_key: 'disk', host_id: host.id, host_name: host.name, labels: {}, state: 'firing', severity: 'warning', summary: '', unit: '%', value: 91.4, limit: 90, since_ms: now - 12 * MIN, fired_ms: now - 11 * MIN, resolved_ms: null, acked_ms: null, acked_by: null, ack_comment: null, ...change };
}

function threshold(key, title, unit, limit, more = {}) {
  return { key, title, unit, comparison: '>', limit, clear: limit === null ? null : limit - 5, for_s: 60, severity: 'warning', enabled: true, ...more };
}


function alertsOf(hosts, now) {
  return [
  alertOf(1, hosts[1], { summary: 'db-primary.internal.example.org: disk /var/lib/postgresql is 91.4 % full, over 90 %', severity: 'critical', labels: { mountpoint: '/var/lib/postgresql' } }, now),
  alertOf(2, hosts[1], { rule_key: 'service', summary: 'db-primary.internal.example.org: certbot.service is failed', unit: '', value: 0, limit: null, labels: { service: 'certbot.service' } }, now),
  alertOf(3, hosts[3], { rule_key: 'host_down', summary: 'mail: no report for 14 min', severity: 'critical', unit: '', value: null, limit: null }, now),
  alertOf(4, hosts[0], { summary: 'web-1: CPU is 93 %, over 80 %', value: 93, limit: 80, state: 'resolved', resolved_ms: now - HOUR, fired_ms: now - 2 * HOUR, acked_ms: now - HOUR, acked_by: 'Ada', ack_comment: 'the nightly build' }, now),
];
}

function outagesAt(now) {
  return [
  { id: 1, host_id: 4, host_name: 'mail', last_seen_ms: now - 14 * MIN, detected_ms: now - 13 * MIN, ended_ms: null, cleared_ms: null, cleared_by: null },
  { id: 2, host_id: 1, host_name: 'web-1', last_seen_ms: now - 30 * HOUR, detected_ms: now - 30 * HOUR + 35_000, ended_ms: now - 29 * HOUR, cleared_ms: null, cleared_by: null },
];
}

function thresholdDefaults() {
  return [
  threshold('cpu', 'CPU usage', '%', 80), threshold('memory', 'Memory usage', '%', 85), threshold('disk', 'Disk usage', '%', 90, { severity: 'critical' }),
  threshold('service', 'Service not active', '', null), threshold('ssh', 'SSH sign-in failures', '', 5, { for_s: 0 }), threshold('host_down', 'Host down', '', null, { for_s: 0, severity: 'critical' }),
];
}

function channelsAt(now) {
  return [
  { id: 1, kind: 'email', name: 'Mail to operations', enabled: true, config: { server: 'smtp.example.org', port: 587, security: 'starttls', username: 'monitor', from: 'monitor@example.org', to: ['ops@example.org', 'ada@example.org'] }, has_secrets: ['password'], last_delivered_ms: now - HOUR, last_failed_ms: null, last_error: null, queued: 0, failed: 0 },
  { id: 2, kind: 'webhook', name: 'Chat', enabled: true, config: { url: 'https://chat.example.org/hooks/8a1f', headers: {} }, has_secrets: ['signing_key'], last_delivered_ms: now - 3 * HOUR, last_failed_ms: now - 5 * MIN, last_error: 'connection refused', queued: 2, failed: 0 },
];
}

function tokensOf(hosts, now) {
  return hosts.slice(0, 3).map((host, i) => ({ id: i + 1, kind: 'host', name: '', host_id: host.id, created_ms: now - 30 * HOUR, last_used_ms: now }));
}

export function createData(empty) {
  const now = Date.now();
  const hosts = empty ? [] : NAMES.map((_, i) => hostAt(i, now));
  return {
    hosts,
    alerts: empty ? [] : alertsOf(hosts, now),
    outages: empty ? [] : outagesAt(now),
    thresholds: thresholdDefaults(),
    own: new Map(),
    channels: empty ? [] : channelsAt(now),
    tokens: empty ? [] : tokensOf(hosts, now),
  };
}
