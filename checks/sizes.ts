import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestServer } from '@raffia/server/testing/test-server.ts';
import type { Page } from 'playwright-core';
import { noBrowser, openBrowser, openPage, signInFirst } from './browser.ts';
import { buildPages, furnish, type Stop, tourSettings, visit } from './dashboard-tour.ts';

/** The compressed JavaScript that a first visit loads, in kB. */
export async function scriptsOf(page: Page, url: string, { name, path }: Stop): Promise<number> {
  const parts: Promise<number>[] = [];
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.endsWith('.js')) return;
    parts.push(response.headerValue('content-length').then(Number));
  });
  await visit(page, url, { name, path });
  await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => undefined);
  return (await Promise.all(parts)).reduce((sum, bytes) => sum + bytes, 0) / 1000;
}

/** What a first visit to each page loads, in kB of compressed JavaScript. */
async function firstLoads(server: TestServer): Promise<Record<string, number>> {
  const browser = await openBrowser();
  try {
    const { outside, owner } = await furnish(server);
    const sizes: Record<string, number> = {};
    for (const { cookies, stops } of [outside, owner]) {
      for (const stop of stops.filter(({ act }) => act === undefined)) {
        const page = await openPage(browser);
        await page.context().addCookies(cookies);
        sizes[stop.name] = await scriptsOf(page, server.server.url, stop);
        await page.context().close();
      }
    }
    return sizes;
  } finally {
    await browser.close();
  }
}

/** The longest time for which the page could not answer while it scrolls through all machines and filters them, in ms. */
async function longestStall(page: Page): Promise<{ stall: number; frames: number; rows: number }> {
  return page.evaluate(async () => {
    let stall = 0;
    let frames = 0;
    let before = performance.now();
    const frame = () =>
      new Promise<void>((done) =>
        requestAnimationFrame((now) => {
          stall = Math.max(stall, now - before);
          before = now;
          frames++;
          done();
        }),
      );
    await frame();
    stall = 0;
    for (let top = 0; top < document.documentElement.scrollHeight; top += 1500) {
      scrollTo(0, top);
      await frame();
    }
    const field = document.querySelector('[aria-label="Search name, address or ID"]') as HTMLInputElement;
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
    for (const text of ['m', 'm-', 'm-1', 'm-19', 'm-199', 'm-19', 'm-1', 'm-', '']) {
      set?.call(field, text);
      field.dispatchEvent(new Event('input', { bubbles: true }));
      await frame();
      await frame();
    }
    return { stall, frames, rows: document.querySelectorAll('tbody tr').length };
  });
}

/** Many machines at once, past the API: what is measured is the page. */
export async function manyVms(server: TestServer, count: number): Promise<void> {
  const id = await server.vm('model');
  await server.settled();
  const { pool } = server.server.services;
  const { rows } = await pool.query('select * from vms where id = $1', [id]);
  const columns = Object.keys(rows[0]).filter((name) => !['id', 'name'].includes(name));
  await pool.query('alter table vms disable trigger vms_use');
  await pool.query(
    `insert into vms (id, name, ${columns.join(', ')})
     select gen_random_uuid(), 'm-' || n, ${columns.join(', ')} from vms, generate_series(1, $1) as n where id = $2`,
    [count, id],
  );
  await pool.query('alter table vms enable trigger vms_use');
  server.server.services.vmPages.dropGroup(server.first.account_id);
}

async function main(): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser);
  const { TestServer: Server } = await import('@raffia/server/testing/test-server.ts');
  buildPages();
  const all = globSync(join(import.meta.dirname, '../dashboard/dist/assets/*.js.br'));
  const total = all.reduce((sum, file) => sum + statSync(file).size, 0);
  process.stdout.write(`All scripts: ${(total / 1000).toFixed(0)} kB with brotli, in ${all.length} files\n\n`);
  const server = await Server.start(tourSettings);
  try {
    const sizes = await firstLoads(server);
    for (const [name, size] of Object.entries(sizes)) {
      process.stdout.write(`${name.padEnd(22)} ${size.toFixed(0).padStart(5)} kB of JavaScript on the first visit\n`);
    }
  } finally {
    await server.stop();
  }
  const crowded = await Server.start();
  const browser = await openBrowser();
  try {
    await manyVms(crowded, 2000);
    const page = await openPage(browser);
    await signInFirst(page, crowded.server.ownerLink ?? '');
    const started = performance.now();
    await page.goto(`${crowded.server.url}/vms`);
    await page.getByRole('heading', { name: 'Virtual machines 2001' }).waitFor();
    const loaded = performance.now() - started;
    const { stall, frames, rows } = await longestStall(page);
    process.stdout.write(
      `\n2,001 VMs: all there after ${(loaded / 1000).toFixed(1)} s; ${rows} rows exist; scrolled and filtered in ${frames} frames, the longest ${stall.toFixed(0)} ms\n`,
    );
  } finally {
    await browser.close();
    await crowded.stop();
  }
}

if (process.argv[1] === import.meta.filename) await main();
