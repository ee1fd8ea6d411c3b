import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestServer } from '@raffia/server/testing/test-server.ts';
import { noBrowser, openBrowser, openPage, signInFirst } from './browser.ts';
import { buildPages, entrances, furnish, tour, visit } from './dashboard-tour.ts';

const folder = join(import.meta.dirname, '..', 'screenshots');

/** Pictures of every page, wide and narrow, light and dark, into an ignored folder: to be looked at. */
async function main(): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser);
  buildPages();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const server = await TestServer.start();
  const browser = await openBrowser();
  try {
    const { url, ownerLink = '' } = server.server;
    const ids = await furnish(server);
    const first = await openPage(browser);
    await signInFirst(first, ownerLink);
    const state = await first.context().storageState();
    for (const [suffix, width, height, colours] of [
      ['1440', 1440, 900, 'light'],
      ['390', 390, 844, 'light'],
      ['1440-dark', 1440, 900, 'dark'],
    ] as const) {
      const outside = await openPage(browser, { width, height, colours });
      const inside = await openPage(browser, { width, height, colours });
      await inside.context().addCookies(state.cookies);
      for (const [page, stops] of [
        [outside, entrances],
        [inside, tour(ids)],
      ] as const) {
        for (const stop of stops) {
          await visit(page, url, stop);
          await page.screenshot({ path: join(folder, `${stop.name}-${suffix}.png`), fullPage: true });
        }
      }
    }
    process.stdout.write(`The pictures are in ${folder}\n`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

await main();
