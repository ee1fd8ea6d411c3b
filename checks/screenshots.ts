import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages, furnish, tourSettings, visit } from './dashboard-tour.ts';

const folder = join(import.meta.dirname, '..', 'screenshots');
const sizes = [
  { width: 1440, height: 900 },
  { width: 800, height: 1000 },
  { width: 390, height: 844 },
];

/**
 * Pictures of every page, dialog and state, at three widths, light and dark, from a furnished server into an ignored folder: to be looked at.
 *
 * @param wanted names of stops of the tour, such as `vms`; all where none is named
 */
async function main(wanted: readonly string[]): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser);
  buildPages();
  if (wanted.length === 0) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const server = await TestServer.start(tourSettings);
  const browser = await openBrowser();
  let count = 0;
  try {
    const { outside, owner, newcomer } = await furnish(server);
    for (const { cookies, stops } of [outside, owner, newcomer]) {
      const chosen = stops.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
      for (const size of sizes) {
        for (const colours of ['light', 'dark'] as const) {
          const page = await openPage(browser, { ...size, colours });
          await page.context().addCookies(cookies);
          for (const stop of chosen) {
            await visit(page, server.server.url, stop);
            await page.evaluate(() => scrollTo(0, 0));
            const path = join(folder, `${stop.name}-${size.width}-${colours}.png`);
            await page.screenshot({ path, fullPage: true });
            count++;
          }
          await page.context().close();
        }
      }
    }
    if (count === 0) throw new Error(`no page is called ${wanted.join(' or ')}`);
    process.stdout.write(`${count} pictures are in ${folder}\n`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

await main(process.argv.slice(2));
