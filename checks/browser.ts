import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = paths.find((path) => existsSync(path));

/** Why tests in a browser cannot run here; false where they can. */
export const noBrowser =
  executablePath === undefined ? 'there is no Chromium: apt-get install chromium, and they run' : false;

export async function openBrowser(): Promise<Browser> {
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
