// SPDX-License-Identifier: MIT
// What every page owes to people who do not look at it: one heading, names for everything
// that can be operated, a language, ids that are unique.

/** Runs in the page; returns complaints. */
export function findFaults() {
  const faults = [];
  const shown = (element) => element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const nameOf = (element) =>
    element.getAttribute('aria-label') ||
    [...(element.labels ?? [])].map((label) => label.textContent.trim()).join(' ') ||
    element.textContent.trim();
  const short = (element) => element.outerHTML.slice(0, 120);

  if (document.documentElement.lang === '') faults.push('the page has no language');
  if (document.title === '') faults.push('the page has no title');
  if (all('h1').length !== 1) faults.push(`${all('h1').length} headings of level 1`);
  if (all('main').length !== 1) faults.push(`${all('main').length} main landmarks`);
  for (const element of all('button, a[href]'))
    if (nameOf(element) === '') faults.push(`no name: ${short(element)}`);
  for (const element of all('input, select, textarea'))
    if (!element.getAttribute('aria-label') && (element.labels?.length ?? 0) === 0)
      faults.push(`no label: ${short(element)}`);
  for (const element of all('[tabindex]'))
    if (element.tabIndex > 0) faults.push(`positive tabindex: ${short(element)}`);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids.filter((one, i) => ids.indexOf(one) !== i))) faults.push(`id twice: ${id}`);
  for (const element of document.querySelectorAll('[aria-describedby]'))
    for (const id of element.getAttribute('aria-describedby').split(' '))
      if (!document.getElementById(id)) faults.push(`describes nothing: ${id}`);
  return faults;
}

/** True when everything in the tab order shows where the focus is. */
export async function focusIsVisible(page, steps) {
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press('Tab');
    const visible = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return document.activeElement === document.body || style.outlineStyle !== 'none';
    });
    if (!visible) return false;
  }
  return true;
}
