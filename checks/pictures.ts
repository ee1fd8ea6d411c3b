import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import pixelmatch from 'pixelmatch';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { openPage } from './browser.ts';
import { buildPages, furnish, type Stop, tourSettings, visit } from './dashboard-tour.ts';

/** The main pages, by the names of their stops. */
export const mainPages = [
  'sign-in',
  'overview',
  'vms',
  'create-vm',
  'vm',
  'volumes',
  'networks',
  'api-keys',
  'members',
  'audit',
] as const;

const views = [
  { width: 1440, height: 900, colours: 'light' },
  { width: 1440, height: 900, colours: 'dark' },
  { width: 390, height: 844, colours: 'light' },
] as const;

/** Of a picture's pixels, so many may differ: letters are drawn a little differently by each version of a browser. */
const tolerance = 0.01;

const kept = join(import.meta.dirname, 'pictures');
/** Where those that differ are put, with what differs in red; ignored by Git. */
const told = join(import.meta.dirname, '..', 'screenshots', 'differ');

export interface Picture {
  readonly name: string;
  readonly png: Buffer;
}

/** The main pages of a furnished server, each in every view, without what differs from one server to the next. */
export async function takePictures(browser: Browser): Promise<Picture[]> {
  buildPages();
  const server = await TestServer.start(tourSettings);
  const pictures: Picture[] = [];
  try {
    const { outside, owner } = await furnish(server);
    for (const view of views) {
      for (const { cookies, stops } of [outside, owner]) {
        const page = await openPage(browser, view);
        await page.context().addCookies(cookies);
        for (const stop of stops.filter(isMain)) {
          await visit(page, server.server.url, stop);
          await makeEqual(page);
          pictures.push({ name: `${stop.name}-${view.width}-${view.colours}`, png: await page.screenshot() });
        }
        await page.context().close();
      }
    }
  } finally {
    await server.stop();
  }
  const missing = mainPages.filter((name) => !pictures.some((one) => one.name.startsWith(`${name}-`)));
  if (missing.length > 0) throw new Error(`no stop of the tour is called ${missing.join(' or ')}`);
  return pictures;
}

function isMain({ name }: Stop): boolean {
  return (mainPages as readonly string[]).includes(name);
}

/** Ids, secrets' beginnings, times and what machines used are the same in every picture; the rest is the page's own. */
async function makeEqual(page: Page): Promise<void> {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('.recharts-surface, canvas { visibility: hidden } * { caret-color: transparent !important }');
    document.adoptedStyleSheets.push(sheet);
    for (const time of document.querySelectorAll('time'))
      time.textContent = /^(now|\d+ \w+)$/.test(time.firstChild?.textContent ?? '') ? '5 min' : '5 min ago';
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const changing: readonly (readonly [RegExp, string])[] = [
      [/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '00000000-0000-7000-8000-000000000000'],
      [/(?:[\da-f]{2}:){5}[\da-f]{2}/g, '00:00:00:00:00:00'],
      [/\braff_\w+/g, 'raff_0000'],
      [/\b\d{1,2}:\d\d(?::\d\d)?\b/g, '10:00'],
      [/\b\d{1,2} [A-Z][a-z]{2}(?: \d{4})?\b/g, '1 Nov'],
    ];
    while (texts.nextNode()) {
      const text = texts.currentNode;
      const before = text.textContent ?? '';
      const after = changing.reduce((value, [pattern, instead]) => value.replaceAll(pattern, instead), before);
      if (after !== before) text.textContent = after;
    }
  });
}

export function keepPictures(pictures: readonly Picture[]): void {
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  for (const { name, png } of pictures) {
    // As small as it can be had: they are in the history for ever.
    const small = PNG.sync.write(PNG.sync.read(png), { colorType: 2, deflateLevel: 9, filterType: -1 });
    writeFileSync(join(kept, `${name}.png`), small);
  }
}

/** What a picture differs in from the one that is kept, in words; undefined where it is the same, within the tolerance. */
export function differenceOf({ name, png }: Picture): string | undefined {
  const now = PNG.sync.read(png);
  let before: PNG;
  try {
    before = PNG.sync.read(readFileSync(join(kept, `${name}.png`)));
  } catch (error) {
    return `${name} has no picture: ${error instanceof Error ? error.message : error}`;
  }
  if (now.width !== before.width || now.height !== before.height)
    return `${name} is ${now.width} × ${now.height}, not ${before.width} × ${before.height}`;
  const changes = new PNG({ width: now.width, height: now.height });
  const differing = pixelmatch(before.data, now.data, changes.data, now.width, now.height, { threshold: 0.2 });
  const share = differing / (now.width * now.height);
  if (share <= tolerance) return undefined;
  mkdirSync(told, { recursive: true });
  writeFileSync(join(told, `${name}-changes.png`), PNG.sync.write(changes));
  writeFileSync(join(told, `${name}.png`), png);
  return `${name} differs in ${(100 * share).toFixed(2)} % of its pixels: look at screenshots/differ/${name}-changes.png`;
}
