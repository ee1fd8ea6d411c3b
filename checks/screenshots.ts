import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { noPictures, openBrowser, openPage } from './browser.ts';
import { buildPages, furnish, tourSettings, visit } from './dashboard-tour.ts';

const folder = join(import.meta.dirname, '..', 'screenshots');
const sizes = [
  { width: 1440, height: 900 },
  { width: 800, height: 1000 },
  { width: 390, height: 844 },
] as const;
/** A table leaves its place to cards once it has seen how wide that is. */
const settleMs = 150;

/**
 * Pictures of every page, dialog and state, at three widths, light and dark, from a furnished server into an ignored folder: to be looked at.
 *
 * @param wanted names of stops of the tour, such as `vms`; all where none is named
 */
async function main(wanted: readonly string[]): Promise<void> {
  if (noPictures !== false) throw new Error(noPictures);
  buildPages();
  if (wanted.length === 0) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const server = await TestServer.start(tourSettings);
  const browser = await openBrowser({ isForPictures: true });
  let count = 0;
  try {
    const { outside, owner, newcomer } = await furnish(server);
    for (const { cookies, stops } of [outside, owner, newcomer]) {
      const chosen = stops.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
      const page = await openPage(browser, sizes[0]);
      await page.context().addCookies(cookies);
      for (const stop of chosen) {
        await page.setViewportSize(sizes[0]);
        await page.emulateMedia({ colorScheme: 'light' });
        await visit(page, server.server.url, stop);
        // One visit, seen through six windows: what a page has to be without being read anew, too.
        for (const size of sizes) {
          await page.setViewportSize(size);
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme });
            await page.waitForTimeout(settleMs);
            await page.evaluate(() => scrollTo(0, 0));
            const path = join(folder, `${stop.name}-${size.width}-${colorScheme}.png`);
            await page.screenshot({ path, fullPage: true, animations: 'disabled' });
            count++;
          }
        }
      }
      await page.context().close();
    }
    if (count === 0) throw new Error(`no page is called ${wanted.join(' or ')}`);
    process.stdout.write(`${count} pictures are in ${folder}\n`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

await main(process.argv.slice(2));
