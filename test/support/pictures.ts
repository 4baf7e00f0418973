import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

const fileOf = (name: string): string => path.join(__dirname, '..', '..', 'docs', 'pictures', `${name}.png`);
export const keptPicture = (name: string): Promise<Buffer> => readFile(fileOf(name));

/**
 * How unlike two pictures of one page may be: the mean difference of their brightness over a coarse grid, 0 to 1. Other times and ids come to
 * 0.003; a dialog that is not there to 0.09, a blank page or another one to 0.02 and more (measured on the kept pictures).
 */
export const MOST_UNLIKE = 0.018;
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const GRID = { width: 64, height: 40 };

/**
 * Takes a picture of what the page shows and says how unlike the kept one in docs/pictures it is, 0 to 1, but for its frames: what they hold is
 * set in whatever fonts a machine has. `UI_PICTURES=1` keeps the new one in its place, which is how the pictures of the documentation are made.
 */
export async function unlikeKept(browser: Browser, page: Page, name: string): Promise<number> {
  const taken = await page.screenshot();
  if (process.env['UI_PICTURES']) await writeFile(fileOf(name), taken);
  const frames = await Promise.all((await page.locator('iframe').all()).map((frame) => frame.boundingBox()));
  return unlikeness(
    browser,
    taken,
    await keptPicture(name),
    frames.filter((box) => box !== null),
  );
}

/** In the page, which can decode PNGs; as text, for this project's types know no DOM. */
const COMPARE = `async ({ one, other, ignored, width, height }) => {
  const brightness = async (png) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + png;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, width, height);
    const [sx, sy] = [width / image.width, height / image.height];
    for (const box of ignored) context.fillRect(box.x * sx, box.y * sy, box.width * sx, box.height * sy);
    const { data } = context.getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, at) => (data[4 * at] + data[4 * at + 1] + data[4 * at + 2]) / 765);
  };
  const [a, b] = [await brightness(one), await brightness(other)];
  return a.reduce((sum, value, at) => sum + Math.abs(value - b[at]), 0) / a.length;
}`;

/** Mean difference in brightness of two PNGs over a coarse grid, 0 to 1, but for boxes (pixels) that are ignored; the browser decodes them. */
export async function unlikeness(
  browser: Browser,
  one: Buffer,
  other: Buffer,
  ignored: readonly Box[] = [],
): Promise<number> {
  const page = await browser.newPage();
  try {
    const pictures = { one: one.toString('base64'), other: other.toString('base64'), ignored };
    return await page.evaluate<number>(`(${COMPARE})(${JSON.stringify({ ...pictures, ...GRID })})`);
  } finally {
    await page.close();
  }
}
