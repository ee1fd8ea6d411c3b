import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { noPictures, openBrowser } from './browser.ts';
import { differenceOf, mainPages, type Picture, takePictures } from './pictures.ts';

const skip = noPictures;
let browser: Browser;
let pictures: Picture[] = [];

before(async () => {
  if (skip) return;
  browser = await openBrowser({ isForPictures: true });
  pictures = await takePictures(browser);
});
after(async () => await browser?.close());

test('the main pages look as they did, at a desk, in the dark and on a phone', { skip }, () => {
  assert.equal(pictures.length, mainPages.length * 3);
  const different = pictures.map(differenceOf).filter((one) => one !== undefined);
  assert.deepEqual(different, [], 'where that is meant: npm run pictures, look at each, and commit them');
});

test('a page that looks otherwise is found', { skip }, () => {
  const [first, second] = pictures as [Picture, Picture];
  assert.match(differenceOf({ ...first, name: second.name }) ?? '', /differs in [\d.]+ % of its pixels/);
});
