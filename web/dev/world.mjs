// SPDX-License-Identifier: MIT
// The API of dev/mock.mjs, over the data of dev/data.mjs.
import { METRICS, NAMES, alertOf, createData, detailOf, vitals } from './data.mjs';

/** A limit of one or less is broken at once. */
function raise(alerts, host, key) {
  const change = { summary: `${host.name}: ${key} is 41 %, over 1 %`, value: 41, limit: 1, raised: key, rule_key: key };
  const alert = { ...alertOf(alerts.length + 1, host, change, Date.now()), fired_ms: Date.now() };
  alerts.push(alert);
  return alert;
}

function hostsRoutes({ hosts, thresholds, own, alerts }) {
  return [
    ['GET', /^\/hosts$/, () => ({ body: { hosts, now_ms: Date.now() } })],
    ['GET', /^\/hosts\/(\d+)$/, ([id]) => {
      const host = hosts.find((one) => one.id === Number(id));
      return host ? { body: detailOf(host, Date.now()) } : { status: 404, detail: `There is no host ${id}.` };
    }],
    ['DELETE', /^\/hosts\/(\d+)$/, ([id]) => {
      hosts.splice(hosts.findIndex((one) => one.id === Number(id)), 1);
      return { status: 204, events: [['host_removed', { id: Number(id) }]] };
    }],
    ['GET', /^\/hosts\/\d+\/thresholds$/, () => ({ body: { thresholds: thresholds.map((one) => ({ ...one, source: 'default', ...own.get(one.key) })) } })],
    ['PUT', /^\/hosts\/(\d+)\/thresholds\/(\w+)$/, ([id, key], _, body) => {
      own.set(key, { ...own.get(key), ...body, source: 'host' });
      const events = body.limit <= 1 ? [['alert', raise(alerts, hosts.find((one) => one.id === Number(id)), key)]] : [];
      return { body: { ...thresholds.find((one) => one.key === key), ...own.get(key) }, events };
    }],
    ['DELETE', /^\/hosts\/\d+\/thresholds\/(\w+)$/, ([key]) => {
      own.delete(key);
      const over = alerts.filter((one) => one.raised === key);
      for (const alert of over) Object.assign(alert, { state: 'resolved', resolved_ms: Date.now() });
      return {
        body: { ...thresholds.find((one) => one.key === key), source: 'default' },
        events: over.map((alert) => ['alert', alert]),
      };
    }],
  ];
}

function alertsRoutes({ alerts }) {
  return [
    ['GET', /^\/alerts$/, (_, search) => ({ body: { alerts: search.get('state') === 'all' ? alerts : alerts.filter((one) => one.state === 'firing') } })],
    ['GET', /^\/alerts\/(\d+)$/, ([id]) => {
      const alert = alerts.find((one) => one.id === Number(id));
      if (!alert) return { status: 404, detail: `There is no alert ${id}.` };
      return { body: { ...alert, events: [{ at_ms: alert.fired_ms, transition: 'fired', value: alert.value, actor: null, detail: null }], deliveries: [{ channel: 'Mail to operations', state: 'delivered', attempts: 1, next_ms: null, finished_ms: alert.fired_ms + 700, answer: '250 2.0.0 Ok: queued as 4XYZ' }, { channel: 'Chat', state: 'queued', attempts: 3, next_ms: Date.now() + 60_000, finished_ms: null, answer: 'connection refused' }] } };
    }],
    ['POST', /^\/alerts\/(\d+)\/acknowledge$/, ([id], _, body) => {
      const alert = alerts.find((one) => one.id === Number(id));
      Object.assign(alert, { acked_ms: Date.now(), acked_by: 'Ada', ack_comment: body.comment });
      return { body: alert, events: [['alert', alert]] };
    }],
  ];
}

function outagesRoutes({ outages }) {
  return [
    ['GET', /^\/outages$/, (_, search) => ({ body: { outages: outages.filter((one) => (one.cleared_ms !== null) === (search.get('cleared') === 'true')) } })],
    ['POST', /^\/outages\/(\d+)\/clear$/, ([id]) => {
      const outage = outages.find((one) => one.id === Number(id));
      if (outage.ended_ms === null) return { status: 409, detail: 'Cannot clear report about an ongoing outage!' };
      Object.assign(outage, { cleared_ms: Date.now(), cleared_by: 'Ada' });
      return { body: outage, events: [['outage', outage]] };
    }],
  ];
}

function thresholdsRoutes({ thresholds }) {
  return [
    ['GET', /^\/thresholds$/, () => ({ body: { thresholds } })],
    ['PUT', /^\/thresholds\/(\w+)$/, ([key], _, body) => ({ body: Object.assign(thresholds.find((one) => one.key === key), body) })],
  ];
}

function channelsRoutes({ channels }) {
  return [
    ['GET', /^\/channels$/, () => ({ body: { channels } })],
    ['POST', /^\/channels$/, (_, __, { secrets, ...body }) => {
      const channel = { id: channels.length + 1, ...body, has_secrets: Object.keys(secrets ?? {}), last_delivered_ms: null, last_failed_ms: null, last_error: null, queued: 0, failed: 0 };
      channels.push(channel);
      return { status: 201, body: channel };
    }],
    ['PUT', /^\/channels\/(\d+)$/, ([id], _, { secrets: _secrets, ...body }) => ({ body: Object.assign(channels.find((one) => one.id === Number(id)), body) })],
    ['DELETE', /^\/channels\/(\d+)$/, ([id]) => {
      channels.splice(channels.findIndex((one) => one.id === Number(id)), 1);
      return { status: 204 };
    }],
    ['POST', /^\/channels\/(\d+)\/test$/, ([id]) => ({ body: id === '2' /* the one that is broken */ ? { delivered: false, answer: 'connection refused', took_ms: 3 } : { delivered: true, answer: '250 2.0.0 Ok: queued as 4XYZ', took_ms: 120 } })],
  ];
}

function tokensRoutes({ tokens }) {
  return [
    ['GET', /^\/tokens$/, () => ({ body: { tokens } })],
    ['POST', /^\/tokens$/, (_, __, body) => {
      const token = { id: tokens.length + 1, host_id: null, created_ms: Date.now(), last_used_ms: null, ...body };
      tokens.push(token);
      return { status: 201, body: { ...token, token: 'snt_9f2b7c41d0e84a6f8b3c5d7e9f1a2b3c4d5e6f70' } };
    }],
    ['DELETE', /^\/tokens\/(\d+)$/, ([id]) => {
      tokens.splice(tokens.findIndex((one) => one.id === Number(id)), 1);
      return { status: 204 };
    }],
    ['GET', /^\/install$/, () => ({ body: { server_url: 'https://192.0.2.10:8443', fingerprint: 'SHA256:9f:2b:7c:41:d0:e8:4a:6f', command: 'curl -fsS --pinnedpubkey sha256//n1t8Q= https://192.0.2.10:8443/install.sh | sh -s -- --server https://192.0.2.10:8443 --token TOKEN' } })],
    ['GET', /^\/health$/, () => ({ body: { status: 'ok' } })],
  ];
}

function queryRange({ query, start, end, step }) {
  const [, metric, instance] = /\((\w+)\{instance="([^"]*)"/.exec(query) ?? [];
  const seed = NAMES.indexOf(instance);
  const series = new Map();
  for (let t = Number(start); t <= Number(end); t += Number(step)) {
    if (t > Number(end) - 400 && t < Number(end) - 330) continue; /* a gap to look at */
    for (const [labels, value] of METRICS[metric]?.(t, seed) ?? []) {
      const key = JSON.stringify(labels);
      if (!series.has(key)) series.set(key, { metric: { instance, ...labels }, values: [] });
      series.get(key).values.push([t, String(value)]);
    }
  }
  return { status: 'success', data: { resultType: 'matrix', result: [...series.values()] } };
}

function tick({ hosts }) {
  const at = Date.now();
  return hosts.filter((host) => host.state === 'up').map((host) => {
    const i = host.id - 1;
    Object.assign(host, { last_seen_ms: at, vitals: vitals(i, at / 1000) });
    const series = Object.entries(METRICS).flatMap(([name, make]) => make(at / 1000, i).map(([labels, value]) => ({ name, labels, value })));
    return { host, samples: { host_id: host.id, at_ms: at, series } };
  });
}

export function createWorld(empty) {
  const data = createData(empty);
  const routes = [hostsRoutes, alertsRoutes, outagesRoutes, thresholdsRoutes, channelsRoutes, tokensRoutes].flatMap(
    (make) => make(data),
  );
  function answer(method, path, search, body) {
    for (const [verb, pattern, handler] of routes) {
      const found = pattern.exec(path);
      if (verb === method && found) return handler(found.slice(1), search, body);
    }
    return { status: 404, detail: `There is no ${path}.` };
  }
  /** Where a test message goes, when that is this machine. */
  const hookOf = (path) => {
    const url = data.channels.find((one) => path === `/channels/${one.id}/test`)?.config.url;
    return url?.startsWith('http://127.0.0.1:') ? url : null;
  };
  return { answer, hookOf, queryRange, tick: () => tick(data) };
}
