// SPDX-License-Identifier: MIT
// What the server's JSON API sends, as docs/manual/api.md describes it.  Times are
// milliseconds since 1970; null is "not known" or "not yet", never zero.

export type Millis = number;

export interface Session {
  user: { id: number; email: string | null; name: string | null; role: string };
  needs_password: boolean;
  org: { id: number; name: string };
  version: string;
}

export type HostState = 'up' | 'late' | 'down' | 'waiting';
export type Severity = 'info' | 'warning' | 'critical';

export interface Vitals {
  cpu: number | null;
  memory: number | null;
  disk: { mountpoint: string; value: number } | null;
  load1: number | null;
  receive: number | null;
  transmit: number | null;
  ssh_failed: number | null;
  uptime_s: number | null;
  services_down: number | null;
}

export interface Host {
  id: number;
  name: string;
  source: string;
  state: HostState;
  interval_ms: number | null;
  created_ms: Millis;
  last_seen_ms: Millis | null;
  down_since_ms: Millis | null;
  open_alerts: number;
  worst: Severity | null;
  vitals: Vitals;
}

export interface Facts {
  hostname?: string;
  os?: string;
  kernel?: string;
  architecture?: string;
  cpu_model?: string;
  cores?: number;
  memory_bytes?: number;
  virtualization?: string;
  agent_version?: string;
  boot_ms?: Millis;
  interval_s?: number;
}

export interface Service {
  name: string;
  state: string;
  description?: string;
}

export interface SshSource {
  address: string;
  users: string[];
  count: number;
  last_ms: Millis | null;
}

export interface Report {
  services?: Service[];
  ssh?: null | { window_s: number; failed: number; sources: SshSource[] };
  at_ms: Millis | null;
}

export interface HostDetail extends Host {
  facts: Facts | null;
  report: Report | null;
}

export type AlertState = 'pending' | 'firing' | 'resolved';

export interface Alert {
  id: number;
  rule_key: string;
  host_id: number;
  host_name: string;
  labels: Record<string, string>;
  state: AlertState;
  severity: Severity;
  summary: string;
  unit: string;
  value: number | null;
  limit: number | null;
  since_ms: Millis | null;
  fired_ms: Millis | null;
  resolved_ms: Millis | null;
  acked_ms: Millis | null;
  acked_by: string | null;
  ack_comment: string | null;
}

export interface AlertEvent {
  at_ms: Millis;
  transition: string;
  value: number | null;
  actor: string | null;
  detail: string | null;
}

export interface Delivery {
  channel: string;
  state: string;
  attempts: number;
  next_ms: Millis | null;
  finished_ms: Millis | null;
  answer: string | null;
}

export interface AlertDetail extends Alert {
  events: AlertEvent[];
  deliveries: Delivery[];
}

export interface Outage {
  id: number;
  host_id: number;
  host_name: string;
  last_seen_ms: Millis | null;
  detected_ms: Millis;
  ended_ms: Millis | null;
  cleared_ms: Millis | null;
  cleared_by: string | null;
}

export interface Threshold {
  key: string;
  title: string;
  unit: string;
  comparison: string;
  limit: number | null;
  clear: number | null;
  for_s: number;
  severity: Severity;
  enabled: boolean;
  source?: 'default' | 'host';
}

export type ThresholdChange = Partial<
  Pick<Threshold, 'limit' | 'clear' | 'for_s' | 'severity' | 'enabled'>
>;

export interface EmailConfig {
  server: string;
  port: number;
  security: 'starttls' | 'tls' | 'none';
  username: string;
  from: string;
  to: string[];
}

export interface WebhookConfig {
  url: string;
  headers: Record<string, string>;
}

interface ChannelState {
  id: number;
  name: string;
  enabled: boolean;
  has_secrets: string[];
  last_delivered_ms: Millis | null;
  last_failed_ms: Millis | null;
  last_error: string | null;
  queued: number;
  failed: number;
}

export type EmailChannel = ChannelState & { kind: 'email'; config: EmailConfig };
export type WebhookChannel = ChannelState & { kind: 'webhook'; config: WebhookConfig };
export type ChatKind = 'telegram' | 'discord' | 'slack' | 'ntfy' | 'gotify' | 'pushover';
export type ChatConfig = Record<string, string | number>;
export type ChatChannel = ChannelState & { kind: ChatKind; config: ChatConfig };
export type Channel = EmailChannel | WebhookChannel | ChatChannel;
export type ChannelKind = Channel['kind'];

export interface ChannelChange {
  kind?: ChannelKind;
  name?: string;
  enabled?: boolean;
  config?: EmailConfig | WebhookConfig | ChatConfig;
  secrets?: Record<string, string>;
}

/** A message in a channel's outbox. */
export interface Letter {
  id: number;
  state: 'queued' | 'delivered' | 'failed';
  title: string;
  alert_id: number | null;
  digest_id: number | null;
  attempts: number;
  created_ms: Millis;
  next_ms: Millis | null;
  finished_ms: Millis | null;
  answer: string;
}

export interface TestResult {
  delivered: boolean;
  answer: string;
  took_ms: number;
}

export interface Token {
  id: number;
  kind: string;
  name: string;
  host_id: number | null;
  created_ms: Millis;
  last_used_ms: Millis | null;
}

export interface Install {
  server_url: string;
  fingerprint: string | null;
  command: string;
}

export interface LiveSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface LiveSamples {
  host_id: number;
  at_ms: Millis;
  series: LiveSample[];
}

/** One series of a range query: [seconds, "value"] pairs, as Prometheus answers. */
export interface MatrixSeries {
  metric: Record<string, string>;
  values: [number, string][];
}
