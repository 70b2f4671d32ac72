// SPDX-License-Identifier: MIT
// Imports point one way: types, lib → components → features → app, and no feature reads
// another feature.  Prints every import that does not, and fails.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../src');
const rank = { types: 0, lib: 1, components: 2, features: 3, app: 4 };

function place(file) {
  const [layer, feature] = relative(root, file).split(sep);
  return { layer, feature: layer === 'features' ? feature : null };
}

function target(from, specifier) {
  if (specifier.startsWith('@/')) return join(root, specifier.slice(2));
  return specifier.startsWith('.') ? resolve(dirname(from), specifier) : null;
}

function complaint(from, specifier) {
  const file = target(from, specifier);
  if (file === null) return null;
  const here = place(from);
  const there = place(file);
  if (!(there.layer in rank)) return `leaves src/`;
  if (rank[there.layer] > rank[here.layer]) return `${here.layer} may not import ${there.layer}`;
  if (here.feature && there.feature && here.feature !== there.feature)
    return `feature ${here.feature} may not import feature ${there.feature}`;
  return null;
}

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

let wrong = 0;
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  if (!text.startsWith('// SPDX-License-Identifier: MIT')) {
    console.error(`${relative(root, file)}: no SPDX line at the top`);
    wrong++;
  }
  for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    const why = complaint(file, specifier);
    if (why === null) continue;
    console.error(`${relative(root, file)}: imports '${specifier}': ${why}`);
    wrong++;
  }
}
console.log(`layers: ${files.length} files, ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
