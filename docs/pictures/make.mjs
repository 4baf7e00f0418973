/**
 * Takes the README's pictures from a running stack, the way a user comes to these pages: `npm start` in one terminal,
 * then `node docs/pictures/make.mjs` in another. It needs a Chromium or Chrome on the PATH, or its path in CHROMIUM.
 */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', '..', 'dist', 'workers', 'cli', 'main.js');
const llmPack = (...args) =>
  JSON.parse(execFileSync(process.execPath, [main, ...args, '--json'], { encoding: 'utf8' }));

const browserPath = () => {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return execFileSync('sh', ['-c', names.map((name) => `command -v ${name}`).join(' || ')], {
    encoding: 'utf8',
  }).trim();
};

const forms = Object.fromEntries(llmPack('examples').map(({ workflow, form }) => [workflow, form]));
if (!forms.cleanDataset) throw new Error('No stack runs here. Remedy: `npm start` in another terminal, then again.');
const runs = forms.cleanDataset.split('/start-workflow')[0];

// Root may not use Chromium's sandbox; the pages are this machine's own.
const browser = await chromium.launch({ executablePath: browserPath(), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1.5 });
const shot = (name, clip) => page.screenshot({ path: join(here, `${name}.png`), ...(clip ? { clip } : {}) });

/** Replaces the JSON in the form's editor. */
const typeInput = async (json) => {
  await page.locator('.cm-content').first().click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(json);
  // Left, the editor sets the JSON out in lines, and the button below it moves.
  await page.getByRole('heading').first().click();
};

/** Opens the run that has that id, through the list of runs. */
const openRun = async (id) => {
  const link = page.getByRole('link', { name: id, exact: true });
  // The list is a little behind the server.
  for (let seen = false; !seen; seen = await link.first().isVisible()) {
    await page.goto(`${runs}?query=${encodeURIComponent(`WorkflowId="${id}"`)}`);
    await page.waitForLoadState('networkidle');
  }
  await link.first().click();
  await page.waitForURL(/\/history|\/timeline/);
};

try {
  await page.goto(forms.cleanDataset);
  await page.locator('.cm-content').first().waitFor();
  await page.waitForLoadState('networkidle');
  await shot('start-form');

  const wrong = 'clean-with-a-typo';
  await page.goto(`${forms.cleanDataset}&workflowId=${wrong}`);
  await page.locator('.cm-content').first().waitFor();
  await page.waitForLoadState('networkidle');
  await typeInput('{ "sourc": "docs", "recipe": "finewebb" }');
  await page.getByRole('button', { name: 'Start Workflow' }).click();
  await openRun(wrong);
  await page.getByText('is not a field of this input').first().waitFor();
  await page.waitForLoadState('networkidle');
  await shot('invalid-input');

  // The index of the demo once more, in units so small that the bar moves.
  const again = { dataset: 'demo', index: 'pictures', unitDocuments: 16, force: true };
  const { link } = llmPack('start', 'rebuildIndex', '--input', JSON.stringify(again));
  await page.goto(link.replace(/history$/, 'user-metadata'));
  // The page shows Markdown in frames of its own, and fetches it anew when asked.
  const inFrames = async (text) => {
    const seen = await Promise.all(
      page.frames().map((frame) =>
        frame
          .getByText(text)
          .first()
          .isVisible()
          .catch(() => false),
      ),
    );
    return seen.includes(true);
  };
  while (!(await inFrames(/^[2-9] \/ 13$/))) {
    await page.waitForTimeout(2000);
    await page.keyboard.press('r');
  }
  await shot('progress');

  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send an Update' }).click();
  await page.locator('dialog[open] [aria-haspopup]').click();
  await page.locator('dialog[open] [role=option]').first().waitFor();
  await shot('messages');
} finally {
  await browser.close();
}
