import { noPictures, openBrowser } from './browser.ts';
import { keepPictures, takePictures } from './pictures.ts';

/** Pictures of the main pages as they are now, into checks/pictures: what the tests compare with. Look at them before they are committed. */
async function main(): Promise<void> {
  if (noPictures !== false) throw new Error(noPictures);
  const browser = await openBrowser({ isForPictures: true });
  try {
    const pictures = await takePictures(browser);
    keepPictures(pictures);
    process.stdout.write(`${pictures.length} pictures are in checks/pictures: look at each\n`);
  } finally {
    await browser.close();
  }
}

await main();
