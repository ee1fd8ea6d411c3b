import { existsSync } from 'node:fs';
import { type Browser, chromium, type Locator, type Page, type Route } from 'playwright-core';

const windowed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
/** The same browser without what draws windows does a fifth less for the same pages. */
const windowless = ['/usr/bin/chromium-headless-shell'].find(existsSync) ?? windowed;

/** Why tests in a browser cannot run here; false where they can. */
export const noBrowser =
  windowless === undefined ? 'there is no Chromium: apt-get install chromium, and they run' : false;

/** The same of pictures that are compared. */
export const noPictures =
  windowed === undefined ? 'there is no Chromium that has windows: apt-get install chromium, and they run' : false;

/** @param isForPictures it sets letters as the browsers that people have, which the other one does not quite */
export async function openBrowser({ isForPictures = false } = {}): Promise<Browser> {
  const executablePath = isForPictures ? windowed : windowless;
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
  });
}

/** A page in a context of its own: another person, or another browser of the same one. */
export async function openPage(
  browser: Browser,
  { width = 1440, height = 900, colours = 'light' as 'light' | 'dark', address = '' } = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: colours,
    reducedMotion: 'reduce',
    ...(address === '' ? {} : { baseURL: address }),
  });
  context.setDefaultTimeout(60_000);
  return context.newPage();
}

/** The Owner sets a password with the first link, and is on the overview. */
export async function signInFirst(page: Page, link: string, password = 'a long password'): Promise<void> {
  await page.goto(link);
  await page.getByRole('textbox', { name: 'New password' }).fill(password);
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Default' }).waitFor();
}

/**
 * Has requests of a page answered by `handle`, until the function that comes back is called. That one waits for what is under way: to let
 * a request go on that nobody holds any more fails, after the test as well.
 */
export async function intercept(
  page: Page,
  pattern: string,
  handle: (route: Route) => Promise<void>,
): Promise<() => Promise<void>> {
  await page.route(pattern, handle);
  return () => page.unrouteAll({ behavior: 'wait' });
}

/**
 * The texts of all that is found. The first is waited for: what an act brings is seldom there when the act has ended.
 *
 * @param as `source` is what the page holds, also where it is folded away
 */
export async function textsOf(found: Locator, as: 'shown' | 'source' = 'shown'): Promise<string[]> {
  await found.first().waitFor({ state: as === 'shown' ? 'visible' : 'attached' });
  return as === 'shown' ? found.allInnerTexts() : found.allTextContents();
}
