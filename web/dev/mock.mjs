// SPDX-License-Identifier: MIT
// A stand-in for the server while working on pages without one: serves web/dist and answers
// the API from memory.  Never shipped.   node dev/mock.mjs [PORT]   (EMPTY=1: no hosts yet)
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWorld } from './world.mjs';

const dist = resolve(dirname(fileURLToPath(import.meta.url)), '../dist');
const world = createWorld(process.env.EMPTY === '1');
const streams = new Set();
let cut = false;
let signedIn = process.env.SIGNED_OUT !== '1';
let eventId = 0;

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

function json(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(status === 204 ? '' : JSON.stringify(body));
}

function problem(response, status, detail, field) {
  response.writeHead(status, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify({ type: 'about:blank', title: 'Problem', status, detail, field }));
}

function sendFile(response, path) {
  const file = join(dist, path);
  const found = path.startsWith('/assets/') && existsSync(file) ? file : join(dist, 'index.html');
  response.writeHead(200, { 'Content-Type': TYPES[extname(found)], 'Content-Security-Policy': CSP });
  response.end(readFileSync(found));
}

function emit(type, data, only = () => true) {
  eventId++;
  for (const stream of streams)
    if (only(stream)) stream.response.write(`id: ${eventId}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

function openStream(url, request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const stream = { response, host: Number(url.searchParams.get('host')) };
  streams.add(stream);
  response.write(`retry: 1000\nid: ${++eventId}\nevent: hello\ndata: {"now_ms":${Date.now()},"version":"0.1.0"}\n\n`);
  request.on('close', () => streams.delete(stream));
}

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text === '' ? null : JSON.parse(text);
}

const SESSION = {
  user: { id: 1, email: 'ada@example.org', name: 'Ada', role: 'admin' },
  needs_password: false,
  org: { id: 1, name: 'Example' },
  version: '0.1.0',
};

function session(method, path, body, response) {
  if (method === 'DELETE') {
    signedIn = false;
    return json(response, 204);
  }
  if (path === '/session/link') {
    if (body.link === 'used') return problem(response, 401, 'This link was used already, or is too old.');
    signedIn = true;
    return json(response, 200, { ...SESSION, needs_password: true });
  }
  if (method === 'POST' && path === '/session' && body.password !== 'a long enough password')
    return problem(response, 401, 'E-mail or password is wrong.');
  if (method === 'POST') signedIn = true;
  return signedIn ? json(response, 200, SESSION) : problem(response, 401, 'You are not signed in.');
}

async function api(method, url, request, response) {
  const path = url.pathname.slice('/api/v1'.length);
  if (path === '/dev/cut') {
    cut = url.searchParams.get('on') === '1';
    if (cut) for (const stream of streams) stream.response.destroy();
    return json(response, 200, {});
  }
  if (cut) return request.destroy();
  const body = await bodyOf(request);
  if (path.startsWith('/session')) return session(method, path, body, response);
  if (!signedIn) return problem(response, 401, 'You are not signed in.');
  if (path === '/live') return openStream(url, request, response);
  const hook = /^\/channels\/\d+\/test$/.test(path) ? world.hookOf(path) : null;
  if (hook) await fetch(hook, { method: 'POST', headers: { 'X-Sentora-Signature': 'sha256=00' } }).catch(() => null);
  const answer = world.answer(method, path, url.searchParams, body);
  for (const [type, data] of answer.events ?? []) emit(type, data);
  if (answer.status >= 400) return problem(response, answer.status, answer.detail, answer.field);
  return json(response, answer.status ?? 200, answer.body);
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://mock');
  if (url.pathname.startsWith('/api/v1/')) return void api(request.method, url, request, response);
  if (url.pathname.startsWith('/prometheus/'))
    return json(response, 200, world.queryRange(Object.fromEntries(url.searchParams)));
  return sendFile(response, url.pathname);
});

setInterval(() => {
  for (const { host, samples } of world.tick()) {
    emit('host', host);
    emit('samples', samples, (stream) => stream.host === host.id);
  }
}, 1000).unref();

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);
