// SPDX-License-Identifier: MIT
// Runs steps one after another, says how each went, and writes JUnit XML when asked.
import { writeFileSync } from 'node:fs';

const escape = (text) =>
  text
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/"/g, '&quot;');

export class Results {
  constructor(suite) {
    this.suite = suite;
    this.steps = [];
  }

  async run(name, step) {
    const started = Date.now();
    let failure = null;
    try {
      await step();
    } catch (error) {
      failure = error.message;
    }
    const seconds = (Date.now() - started) / 1000;
    this.steps.push({ name, seconds, failure });
    console.log(`${failure === null ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
    if (failure !== null) console.log(failure.replace(/^/gm, '         '));
  }

  finish(junitFile) {
    const failed = this.steps.filter(({ failure }) => failure !== null).length;
    if (junitFile) writeFileSync(junitFile, this.junit(failed));
    console.log(`${this.steps.length - failed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && this.steps.length > 0 ? 0 : 1;
  }

  junit(failed) {
    const cases = this.steps.map(({ name, seconds, failure }) => {
      const inner = failure === null ? '' : `<failure message="${escape(failure)}"/>`;
      return `<testcase classname="${this.suite}" name="${escape(name)}" time="${seconds}">${inner}</testcase>`;
    });
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="${this.suite}" tests="${this.steps.length}" failures="${failed}" skipped="0">\n${cases.join('\n')}\n</testsuite></testsuites>\n`;
  }
}
