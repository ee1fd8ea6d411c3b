// timeout: 25m
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages, furnish, type Tour, tourSettings, visit } from './dashboard-tour.ts';
import { manyVms, scriptsOf } from './sizes.ts';

/** What keeps people out: contrast, names for readers of screens, the keyboard. */
const skip = noBrowser;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let server: TestServer;
let browser: Browser;
let tour: Tour;

before(async () => {
  if (skip) return;
  buildPages();
  server = await TestServer.start(tourSettings);
  browser = await openBrowser();
  tour = await furnish(server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** The rules of axe that colours decide; all others read names, roles and the order of what is there. */
const rulesOfColours = ['color-contrast', 'link-in-text-block'];

/** @param rules those of axe that are tried: all that are on, where it is left out */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const { found, tried } = await page.evaluate(async (values) => {
    interface Results {
      violations: Violation[];
      passes: { id: string }[];
      incomplete: { id: string }[];
    }
    const { axe: checker } = globalThis as unknown as { axe: { run: (options: object) => Promise<Results> } };
    const {
      violations: found,
      passes,
      incomplete,
    } = await checker.run({
      // The rest is said in short.
      resultTypes: ['violations'],
      // What would be read ahead, styles and sounds, is for rules that are off or not serious.
      preload: false,
      ...(values === undefined ? {} : { runOnly: { type: 'rule', values } }),
    });
    return { found, tried: [...found, ...passes, ...incomplete].map(({ id }) => id) };
  }, rules);
  assert.ok(tried.includes('color-contrast'), `tried: ${tried}`);
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map((n) => `${n.html} ${n.failureSummary}`).join('; ')}`,
    );
}

/** As somebody whose system turns dark meanwhile: the page is the same, and changes its colours, at once. */
async function turnDark(page: Page): Promise<void> {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('*, ::before, ::after { transition: none !important; }');
    document.adoptedStyleSheets.push(sheet);
  });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark');
  const ground = await page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    return getComputedStyle(document.body).backgroundColor;
  });
  const [, ...parts] = /(\d+), (\d+), (\d+)/.exec(ground) ?? [];
  assert.ok(parts.length === 3 && parts.every((part) => Number(part) < 128), `dark is ${ground}`);
}

const window = { width: 1440, height: 900 };
/** From a large screen to the smallest phone. */
const widths = [2560, 390, 320];

/** How far the page, or a list in it, stays wider than the window: of what scrolls sideways, the actions would be out of sight. */
async function tooWide(page: Page): Promise<number> {
  return page.evaluate(async (patienceMs) => {
    const all = [document.documentElement, ...document.querySelectorAll('.data-table, table')];
    const over = () => Math.max(...all.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
    // A table leaves its place to cards once it has seen how wide that is.
    const until = performance.now() + patienceMs;
    do await new Promise(requestAnimationFrame);
    while (over() > 0 && performance.now() < until);
    return over();
  }, 2000);
}

test('no page has a serious or critical violation, in light and in dark, and none is wider than its window', {
  skip,
}, async () => {
  const found: string[] = [];
  let count = 0;
  for (const { cookies, stops } of [tour.outside, tour.owner, tour.newcomer]) {
    const page = await openPage(browser, window);
    await page.context().addCookies(cookies);
    for (const stop of stops) {
      await visit(page, server.server.url, stop);
      // Given to the page by the test, past the content policy that forbids it to everybody else.
      await page.evaluate(axe);
      for (const violation of await violations(page)) found.push(`${stop.name}: ${violation}`);
      await turnDark(page);
      for (const violation of await violations(page, rulesOfColours)) found.push(`${stop.name}, dark: ${violation}`);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 844 });
        const over = await tooWide(page);
        if (over > 0) found.push(`${stop.name} is ${over} px wider than ${width}`);
      }
      await page.setViewportSize(window);
      await page.emulateMedia({ colorScheme: 'light' });
      count++;
    }
    await page.context().close();
  }
  assert.deepEqual(found, []);
  assert.ok(count >= 150, `${count} pages and dialogs`);
  console.log(`${count} pages and dialogs`);
});

test('a key is made with the keyboard alone', { skip }, async () => {
  const page = await openPage(browser);
  await page.context().addCookies(tour.owner.cookies);
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  await visit(page, server.server.url, { name: 'keys', path: '/api-keys' });
  const started = Date.now();
  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.innerText ?? '');
  for (let tabs = 0; (await focused()).trim() !== 'Create API key'; tabs++) {
    assert.ok(tabs < 40, 'the button is reached with Tab');
    await press('Tab');
  }
  await press('Enter');
  await page.getByRole('heading', { name: 'Create API key' }).waitFor();
  const isField = (label: string) =>
    page.evaluate((text) => {
      const { activeElement } = document;
      return (
        activeElement instanceof HTMLInputElement && activeElement.labels?.[0]?.textContent?.startsWith(text) === true
      );
    }, label);
  const reach = async (label: string) => {
    for (let tabs = 0; !(await isField(label)); tabs++) {
      assert.ok(tabs < 40, `${label} is reached with Tab`);
      await press('Tab');
    }
  };
  await reach('Name');
  await page.keyboard.type('By keyboard');
  await reach('Default');
  await press('Space');
  await reach('Project role');
  await press('ArrowDown');
  await page.getByRole('option').first().waitFor();
  await press('ArrowDown');
  // Enter means the form until the list has one marked.
  await page.waitForFunction(() => document.querySelector('[role=option][data-combobox-selected]') !== null);
  await press('Enter');
  await page.getByRole('option').first().waitFor({ state: 'hidden' });
  for (let tabs = 0; (await focused()).trim() !== 'Create API key'; tabs++) {
    assert.ok(tabs < 30, 'the button that creates is reached with Tab');
    await press('Tab');
  }
  await press('Enter');
  const isSent = page.getByTestId('secret');
  await isSent.waitFor();
  assert.match(await isSent.innerText(), /^raff_[0-9a-f]{64}$/);
  for (let tabs = 0; ; tabs++) {
    assert.ok(tabs < 30, 'the box is reached with Tab');
    await press('Tab');
    if (await page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.type === 'checkbox')) break;
  }
  await press('Space', 'Tab', 'Enter');
  await isSent.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'By keyboard' }).waitFor();
  const seconds = (Date.now() - started) / 1000;
  console.log(`made with the keyboard in ${seconds.toFixed(1)} s`);
  assert.ok(seconds < 20);
});

test('the first visit loads less than 200 kB of scripts to sign in, and less than 450 kB for a page with charts', {
  skip,
}, async () => {
  const load = async (name: string, path: string) => {
    const page = await openPage(browser);
    if (name !== 'sign-in') await page.context().addCookies(tour.owner.cookies);
    const size = await scriptsOf(page, server.server.url, { name, path });
    await page.context().close();
    return size;
  };
  const signIn = await load('sign-in', '/sign-in');
  const largest = await load('api-key', `/api-keys/${tour.keyId}`);
  console.log(`sign-in ${signIn.toFixed(0)} kB, a key with its charts ${largest.toFixed(0)} kB`);
  assert.ok(signIn > 50 && signIn < 200);
  assert.ok(largest > signIn && largest < 450);
});

test('of two thousand machines only the rows that can be seen exist, and a filter finds one of them', {
  skip,
}, async () => {
  await manyVms(server, 2000);
  const page = await openPage(browser);
  await page.context().addCookies(tour.owner.cookies);
  await visit(page, server.server.url, { name: 'vms', path: '/vms' });
  await page.getByRole('heading', { name: 'Virtual machines 2004' }).waitFor();
  const rows = await page.getByRole('row').count();
  assert.ok(rows > 10 && rows < 70, `${rows} rows`);
  // Whoever looks at one of them comes back to where he was.
  await page.evaluate(() => scrollTo(0, 30_000));
  await page.waitForFunction(() =>
    [...document.querySelectorAll('tbody a')].some((link) => link.getBoundingClientRect().top > 300),
  );
  const there = await page.evaluate(() => {
    const link = [...document.querySelectorAll<HTMLAnchorElement>('tbody a')].find((one) => {
      const { top } = one.getBoundingClientRect();
      return top > 300 && top < 700;
    });
    link?.click();
    return { y: scrollY, name: link?.textContent ?? '' };
  });
  assert.ok(there.y > 29_000 && there.name !== '', JSON.stringify(there));
  await page.getByRole('heading', { level: 1, name: there.name, exact: true }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: there.name, exact: true }).waitFor();
  await page.waitForFunction((y) => Math.abs(scrollY - y) < 2, there.y);
  await page.evaluate(() => scrollTo(0, 0));

  await page.getByRole('textbox', { name: 'Search name, address or ID' }).fill('m-1999');
  await page.getByRole('heading', { name: 'Virtual machines 1 of 2004' }).waitFor();
  await page.getByRole('link', { name: 'm-1999' }).waitFor();
});
