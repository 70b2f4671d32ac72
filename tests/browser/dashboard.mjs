// SPDX-License-Identifier: MIT
// The dashboard against a running server with at least one host that reports, by clicking:
//   BASE_URL=… SIGNIN_LINK=… [AGENT_PID=…] node dashboard.mjs [JUNIT_FILE]
// With AGENT_PID, the agent of the only host, the outage is provoked by stopping it for a
// while; without it these steps are left out.  Ends with "N passed, N failed".
import { createServer } from 'node:http';
import { findFaults, focusIsVisible } from './a11y.mjs';
import { openBrowser, setting, watch } from './lib.mjs';
import { openProxy } from './proxy.mjs';
import { Results } from './results.mjs';

const upstream = setting('BASE_URL');
const EMAIL = 'tester@example.org';
const PASSWORD = 'a long enough password';
const results = new Results('dashboard');
const agentPid = Number(process.env.AGENT_PID ?? 0);

/* Browsers log what the test provokes: refused calls, and connections while they are cut. */
const EXCUSED = [/status of (401|409|422|429)/, /net::ERR_/];

const proxy = await openProxy(upstream);
const { base } = proxy;
const link = new URL(setting('SIGNIN_LINK'));
const browser = await openBrowser();
const page = await browser.context.newPage();
const faults = watch(page, base, EXCUSED);
const main = page.locator('main');
const button = (name) => main.getByRole('button', { name });
const open = async (name) => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await main.getByRole('heading', { level: 1 }).waitFor();
};
const expect = (condition, words) => {
  if (!condition) throw new Error(words);
};

async function signInByLink() {
  await page.goto(base + link.pathname + link.search);
  await main.getByRole('heading', { level: 1 }).waitFor();
  const email = page.getByLabel('E-mail');
  const overview = page.getByRole('heading', { level: 1, name: 'Overview' });
  await email.or(overview).first().waitFor();
  expect(!page.url().includes('link='), 'the secret is still in the address bar');
  if (await overview.count()) return;
  await email.fill(EMAIL);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill('something else');
  await page.getByRole('button', { name: /Save/ }).click();
  await page.getByText('The two passwords differ.').waitFor();
  await page.getByLabel('Password again').fill(PASSWORD);
  await page.getByRole('button', { name: /Save/ }).click();
  await overview.waitFor();
}

async function seeHost() {
  await main.getByRole('link').filter({ hasText: /Up/ }).first().waitFor({ timeout: 20_000 });
  const search = page.getByLabel('Search hosts by name');
  await search.fill('there is no such host');
  await page.getByText('No host matches').waitFor();
  expect(page.url().includes('q='), 'the filter is not in the URL');
  await button('Show all hosts').click();
}

async function openHost() {
  await open('Overview');
  await main.locator('a[href^="/hosts/"]').filter({ hasText: /Up/ }).first().click();
  await main.getByRole('heading', { name: 'Charts' }).waitFor();
  await main.locator('canvas').first().waitFor({ timeout: 15_000 });
}

async function livePoint() {
  await button('Show CPU as a table').click();
  const newest = main.getByRole('region', { name: 'CPU as a table' }).locator('tbody th').first();
  const before = await newest.textContent();
  await page.waitForFunction(
    (old) => document.querySelector('[aria-label="CPU as a table"] tbody th')?.textContent !== old,
    before,
    { timeout: 25_000 },
  );
  await button('Show CPU as a chart').click();
}

async function ranges() {
  for (const range of ['1 h', '6 h', '24 h', '7 d', '15 min']) {
    await button(range).click();
    await main.locator('canvas').first().waitFor({ timeout: 15_000 });
  }
  await button('1 h').click();
  expect(page.url().endsWith('?range=1h'), 'the range is not in the URL');
  await page.reload();
  await main.locator('button[aria-pressed=true]').filter({ hasText: '1 h' }).waitFor();
}

const memoryAlert = () =>
  page.getByRole('region', { name: 'Open alerts' }).getByRole('listitem').filter({ hasText: /memory/i });
const memoryRow = () => main.getByRole('listitem').filter({ hasText: 'Memory usage' });

async function raiseAlert() {
  await memoryRow().getByRole('button', { name: /Edit/ }).click();
  await memoryRow().getByLabel(/^Limit/).fill('-1');
  await memoryRow().getByRole('button', { name: 'Save' }).click();
  await page.getByText('A number, zero or more.').waitFor();
  await memoryRow().getByLabel(/^Limit/).fill('0.5');
  await memoryRow().getByLabel(/^For/).fill('0');
  await memoryRow().getByRole('button', { name: 'Save' }).click();
  await memoryRow().getByText('own value').waitFor();
  await memoryAlert().waitFor({ timeout: 25_000 });
}

async function acknowledge() {
  await open('Alerts');
  const row = main.getByRole('listitem').filter({ hasText: 'over' }).filter({ hasText: /[Mm]emory/ }).first();
  await row.getByRole('button', { name: /Acknowledge/ }).click();
  await page.getByLabel(/Comment/).fill('seen by the test');
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
  await row.getByText('Acknowledged').waitFor();
  await row.getByRole('link').click();
  await main.getByText('seen by the test').first().waitFor();
  await main.getByRole('heading', { name: 'What happened' }).waitFor();
}

async function recover() {
  await openHost();
  await memoryRow().getByRole('button', { name: 'Use default' }).click();
  await memoryAlert().waitFor({ state: 'detached', timeout: 30_000 });
}

async function defaults() {
  await open('Thresholds');
  const row = main.getByRole('listitem').filter({ hasText: 'CPU usage' });
  await row.getByRole('button', { name: /Edit/ }).click();
  await row.getByLabel(/^Limit/).fill('81');
  await row.getByRole('button', { name: 'Save' }).click();
  await row.getByText('> 81 %').waitFor();
  await row.getByRole('button', { name: /Edit/ }).click();
  await row.getByLabel(/^Limit/).fill('80');
  await row.getByRole('button', { name: 'Save' }).click();
  await row.getByText('> 80 %').waitFor();
}

async function webhook() {
  const requests = [];
  const receiver = createServer((request, response) => {
    requests.push(request.headers);
    request.resume().on('end', () => response.writeHead(200).end('taken'));
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    await open('Channels');
    await button('Webhook').click();
    await button('Save').click();
    await page.getByText('A name to know it by.').waitFor();
    await page.getByLabel('Name').fill('Test receiver');
    await page.getByLabel('Address').fill(`http://127.0.0.1:${receiver.address().port}/hook`);
    await page.getByLabel(/Signing key/).fill('secret');
    await button('Save').click();
    const card = page.getByRole('region', { name: 'Test receiver' });
    await card.getByRole('button', { name: 'Send a test' }).click();
    await card.getByText('Accepted').waitFor({ timeout: 20_000 });
    await card.getByRole('button', { name: 'Yes' }).click();
    expect(requests.length === 1, `the receiver got ${requests.length} requests`);
    expect(requests[0]['x-sentora-signature']?.startsWith('sha256='), 'the request is not signed');
    await card.getByRole('button', { name: /Edit/ }).click();
    await card.getByText('One is stored.').waitFor();
    await card.getByRole('button', { name: 'Cancel' }).click();
    await card.getByRole('button', { name: /Delete/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await card.waitFor({ state: 'detached' });
  } finally {
    receiver.close();
  }
}

const limitCpu = (limit) =>
  page.evaluate(
    async (body) => (await fetch('/api/v1/thresholds/cpu', { method: 'PUT', body, headers: { 'Content-Type': 'application/json', 'X-Sentora-Request': '1' } })).status,
    JSON.stringify({ limit, clear: limit, for_s: 0 }),
  );

/** An alert that the receiver refuses is shown on its channel, and sent again. */
async function deadLetter(card, answerWith) {
  answerWith(404);
  expect((await limitCpu(0)) === 200, 'the limit was not taken');
  await card.getByText('1 message failed for good.').waitFor({ timeout: 20_000 });
  await card.getByRole('button', { name: 'Show' }).click();
  await card.getByText(/after 1 attempt: HTTP 404/).waitFor();
  answerWith(200);
  await card.getByRole('button', { name: 'Send again' }).click();
  await card.getByText('failed for good').waitFor({ state: 'detached' });
  expect((await limitCpu(80)) === 200, 'the limit was not taken back');
}

async function chat() {
  const messages = [];
  let status = 200;
  const receiver = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part)).on('end', () => {
      messages.push({ path: request.url, ...JSON.parse(Buffer.concat(parts)) });
      response.writeHead(status).end('{"ok":true}');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    await open('Channels');
    await button('ntfy').click();
    await page.getByLabel('Name').fill('Phone');
    await button('Save').click();
    await page.getByText('This is needed.').waitFor();
    await page.getByLabel('Topic').fill('our/alerts');
    await button('Save').click();
    await page.getByText('topic must be letters, digits, _ and -.').first().waitFor();
    await page.getByLabel('Topic').fill('our-alerts');
    await page.getByLabel(/Server/).fill(`http://127.0.0.1:${receiver.address().port}`);
    await button('Save').click();
    const card = page.getByRole('region', { name: 'Phone' });
    await card.getByText('ntfy to our-alerts').waitFor();
    await card.getByRole('button', { name: 'Send a test' }).click();
    await card.getByText('Accepted').waitFor({ timeout: 20_000 });
    await card.getByRole('button', { name: 'Yes' }).click();
    expect(messages[0]?.topic === 'our-alerts', `the receiver got ${JSON.stringify(messages)}`);
    await deadLetter(card, (next) => {
      status = next;
    });
    await card.getByRole('button', { name: /Delete/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await card.waitFor({ state: 'detached' });
  } finally {
    receiver.close();
  }
}

async function outage() {
  await open('Outages');
  process.kill(agentPid, 'SIGSTOP');
  const row = main.getByRole('listitem').filter({ hasText: 'Ongoing' });
  try {
    await row.waitFor({ timeout: 60_000 });
    await row.getByRole('button', { name: /Clear/ }).click();
    await page.getByText('Cannot clear report about an ongoing outage!').waitFor();
  } finally {
    process.kill(agentPid, 'SIGCONT');
  }
  const over = main.getByRole('listitem').filter({ hasText: 'Over' });
  await over.first().waitFor({ timeout: 60_000 });
  await over.first().getByRole('button', { name: /Clear/ }).click();
  await page.getByText('No outages').waitFor();
}

async function cutStream() {
  await open('Overview');
  await page.getByText('Live', { exact: true }).waitFor();
  const banner = main.getByText('Live updates interrupted');
  proxy.cut();
  await banner.waitFor({ timeout: 5_000 });
  proxy.mend();
  await banner.waitFor({ state: 'detached', timeout: 20_000 });
}

async function pages() {
  for (const name of ['Overview', 'Alerts', 'Outages', 'Thresholds', 'Channels', 'Settings']) {
    await open(name);
    await page.waitForFunction(() => !document.querySelector('[role=status][aria-label^=Loading]'));
    const found = await page.evaluate(findFaults);
    expect(found.length === 0, `${name}: ${found.join('; ')}`);
    expect(await focusIsVisible(page, 12), `${name}: a focus that cannot be seen`);
  }
}

async function phone() {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/', '/alerts', '/outages', '/thresholds', '/channels', '/settings', '/hosts/new']) {
    await page.goto(base + path);
    await main.getByRole('heading', { level: 1 }).waitFor();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over <= 0, `${path} scrolls ${over} px sideways`);
  }
  await page.getByRole('button', { name: 'Menu' }).click();
  await open('Overview');
  await page.setViewportSize({ width: 1280, height: 900 });
}

async function theme() {
  const read = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const before = await read();
  await page.getByRole('button', { name: /Switch to the .* theme/ }).click();
  expect((await read()) !== before, 'the background did not change');
  const chosen = await read();
  await page.reload();
  await main.getByRole('heading', { level: 1 }).waitFor();
  expect((await read()) === chosen, 'the choice was forgotten');
}

async function signOutAndIn() {
  await open('Settings');
  await button('Sign out').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(`${base}/alerts?view=history`);
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('E-mail or password is wrong.').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor();
  expect(page.url().endsWith('/alerts?view=history'), 'sign-in forgot where it was wanted');
}

try {
  await results.run('the link signs in, and asks for e-mail and password', signInByLink);
  await results.run('the overview shows the host and filters', seeHost);
  await results.run('the host page draws its charts', openHost);
  await results.run('a live point arrives', livePoint);
  await results.run('the time range lives in the URL', ranges);
  await results.run('a limit changed in place raises an alert', raiseAlert);
  await results.run('the alert is acknowledged with a comment', acknowledge);
  await results.run('back at the default, the alert is over', recover);
  await results.run('defaults can be changed', defaults);
  await results.run('a webhook is made, tested and deleted', webhook);
  await results.run('a phone is told through ntfy', chat);
  if (agentPid > 0) await results.run('an outage is refused while ongoing, then cleared', outage);
  await results.run('a cut stream is said within 5 s, and mends', cutStream);
  await results.run('every page names what it holds', pages);
  await results.run('nothing scrolls sideways at 360 px', phone);
  await results.run('the theme is remembered', theme);
  await results.run('signing out and in again leads back', signOutAndIn);
  await results.run('no error, violation or outside request was seen', async () =>
    expect(faults.length === 0, faults.join('\n')),
  );
} finally {
  await browser.close();
  proxy.close();
  results.finish(process.argv[2]);
}
