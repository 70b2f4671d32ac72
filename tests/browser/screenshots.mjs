// SPDX-License-Identifier: MIT
// Every page at 1280 and 360 px, light and dark, into a folder.
//   BASE_URL=… [SIGNIN_LINK=…] [EMAIL=… PASSWORD=…] node screenshots.mjs FOLDER
// Fails when a page can be scrolled sideways.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, setting } from './lib.mjs';

const base = setting('BASE_URL');
const folder = process.argv[2] ?? 'screenshots';
mkdirSync(folder, { recursive: true });

const PAGES = {
  overview: '/',
  'add-host': '/hosts/new',
  alerts: '/alerts',
  'alerts-history': '/alerts?view=history&hours=168',
  outages: '/outages',
  'outages-cleared': '/outages?view=cleared',
  thresholds: '/thresholds',
  channels: '/channels',
  settings: '/settings',
  'not-found': '/nowhere',
};

async function ask(page, path) {
  return page.evaluate(async (address) => (await fetch(address)).json(), path);
}

async function signIn(page) {
  const { EMAIL, PASSWORD, SIGNIN_LINK } = process.env;
  await page.goto(SIGNIN_LINK || `${base}/signin`);
  if (EMAIL && PASSWORD) {
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    const again = page.getByLabel('Password again');
    if (await again.count()) await again.fill(PASSWORD);
    await page.locator('button[type=submit]').click();
  }
  await page.locator('nav[aria-label=Pages]').waitFor({ state: 'attached' });
}

async function shoot(page, name, path) {
  let wide = 0;
  for (const width of [1280, 360])
    for (const theme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.goto(base + path);
      await page.locator('main h1, main h2').first().waitFor();
      await page.waitForFunction(() => !document.querySelector('[role=status][aria-label^=Loading]'));
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over <= 0) continue;
      console.error(`${name} at ${width} px can be scrolled ${over} px sideways`);
      wide++;
    }
  return wide;
}

/** What one sees without scrolling, for the README. */
async function shootWindow(page, name, path) {
  await page.setViewportSize({ width: 1280, height: 1000 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(base + path);
  await page.locator('canvas').first().waitFor();
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

const { context, close } = await openBrowser();
try {
  const page = await context.newPage();
  await page.goto(`${base}/signin`);
  let wide = await shoot(page, 'signin', '/signin');
  await signIn(page);
  const pages = { ...PAGES };
  const { hosts } = await ask(page, '/api/v1/hosts');
  if (hosts.length > 0) pages.host = `/hosts/${hosts[0].id}`;
  const { alerts } = await ask(page, '/api/v1/alerts?state=all&hours=168&limit=1');
  if (alerts.length > 0) pages.alert = `/alerts/${alerts[0].id}`;
  for (const [name, path] of Object.entries(pages)) wide += await shoot(page, name, path);
  if (pages.host) await shootWindow(page, 'readme', pages.host);
  console.log(`${Object.keys(pages).length + 1} pages in ${folder}`);
  process.exitCode = wide === 0 ? 0 : 1;
} finally {
  await close();
}
