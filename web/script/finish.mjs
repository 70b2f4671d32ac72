// SPDX-License-Identifier: MIT
// After the bundler: weigh what each page loads against the budget, then store every text
// file also as .br and .gz, so that the server only has to pick one.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const FIRST_PAGE_MAX_BYTES = 60 * 1024;
const dist = resolve(dirname(fileURLToPath(import.meta.url)), '../dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));

const gzip = (bytes) => gzipSync(bytes, { level: 9 });
const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });

// Every chunk that must be there before `key` runs, itself included.
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const other of manifest[key].imports ?? []) closure(other, seen);
  return seen;
}

function gzippedJs(keys) {
  let total = 0;
  for (const key of keys) total += gzip(readFileSync(join(dist, manifest[key].file))).length;
  return total;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const pages = Object.keys(manifest).filter((key) => /^src\/features\/.*Page\.tsx$/.test(key));
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`.padStart(9);
let over = 0;

console.log('JavaScript a page needs, gzipped:');
for (const page of pages) {
  const bytes = gzippedJs(closure(page, closure(entry)));
  const first = !page.includes('/host/');
  const verdict = first && bytes > FIRST_PAGE_MAX_BYTES ? '  OVER BUDGET' : '';
  if (verdict) over++;
  console.log(`  ${page.replace('src/features/', '').padEnd(36)}${kib(bytes)}${verdict}`);
}
rmSync(join(dist, '.vite'), { recursive: true });

let files = 0;
for (const item of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!item.isFile() || !/\.(html|js|css|svg|json|webmanifest|txt)$/.test(item.name)) continue;
  const path = join(item.parentPath, item.name);
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzip(bytes));
  writeFileSync(`${path}.br`, brotli(bytes));
  files++;
}
console.log(`${files} files stored plain, .gz and .br; index.html ${statSync(join(dist, 'index.html')).size} bytes`);
if (over > 0) {
  console.error(`${over} pages need more than ${kib(FIRST_PAGE_MAX_BYTES).trim()} of JavaScript`);
  process.exit(1);
}
