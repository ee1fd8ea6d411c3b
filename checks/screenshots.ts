import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { noBrowser, openBrowser, openPage } from './browser.ts';
import { buildPages, furnish, tourSettings, visit } from './dashboard-tour.ts';

const folder = join(import.meta.dirname, '..', 'screenshots');

/** Pictures of every page, wide and narrow, light and dark, into an ignored folder: to be looked at. */
async function main(): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser);
  buildPages();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const server = await TestServer.start(tourSettings);
  const browser = await openBrowser();
  try {
    const { outside, owner, newcomer } = await furnish(server);
    for (const [suffix, width, height, colours] of [
      ['1440', 1440, 900, 'light'],
      ['390', 390, 844, 'light'],
      ['1440-dark', 1440, 900, 'dark'],
    ] as const) {
      for (const { cookies, stops } of [outside, owner, newcomer]) {
        const page = await openPage(browser, { width, height, colours });
        await page.context().addCookies(cookies);
        for (const stop of stops) {
          await visit(page, server.server.url, stop);
          await page.evaluate(() => scrollTo(0, 0));
          await page.screenshot({ path: join(folder, `${stop.name}-${suffix}.png`), fullPage: true });
        }
        await page.context().close();
      }
    }
    process.stdout.write(`The pictures are in ${folder}\n`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

await main();
