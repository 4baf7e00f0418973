import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanDatasetStage } from '../../schemas/clean-dataset';
import { SCHEDULE_PREFIX } from '../../schemas/names';
import { Cli } from '../../workers/cli/cli';
import { startFormLink } from '../../workers/cli/links';
import { run as runCli } from '../../workers/cli/run';
import { launchBrowser, mayBrowse } from '../support/browser';
import { startPack } from '../support/pack';
import { keptPicture, MOST_UNLIKE, unlikeKept, unlikeness } from '../support/pictures';
import { sharedServers } from '../support/shared-servers';
import { stubTraining, writeRows } from '../support/training';

const note = (n: number) => `${JSON.stringify({ text: `Note ${n}. ${`word${n} `.repeat(12)}` })}\n`;
/** Of the page, on a loaded machine. */
const PATIENCE = 30_000;

/** What a platform team does in the Temporal UI, click by click; docs/ui.md tells it with these pictures. */
describe.runIf(mayBrowse())('the Temporal UI', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  let browser: Browser;
  let page: Page;
  const ui = sharedServers().temporalUi;
  beforeAll(async () => {
    pack = await startPack(sharedServers(), stubTraining);
    await mkdir(path.join(pack.projectDir, 'notes'));
    await writeFile(
      path.join(pack.projectDir, 'notes', 'first.jsonl'),
      Array.from({ length: 20 }, (_, n) => note(n)).join(''),
    );
    await writeRows(pack.projectDir, 'rows.jsonl', { stepSeconds: 0.3 });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 860 }, timezoneId: 'UTC', locale: 'en-GB' });
    page.setDefaultTimeout(PATIENCE);
  });
  afterAll(async () => {
    await browser.close();
    await pack.stop();
  });

  const looksAsKept = async (name: string) => {
    expect(await unlikeKept(browser, page, name), name).toBeLessThan(MOST_UNLIKE);
  };
  const seen = (locator: Locator) => locator.first().waitFor();

  /** The start form of a stage, filled in. */
  async function fillIn(stage: string, id: string, input: unknown): Promise<void> {
    const form = startFormLink({ uiUrl: ui, namespace: 'default' }, stage);
    await page.goto(`${form}&workflowId=${id}`);
    await page.locator('.cm-content').first().click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(JSON.stringify(input));
    // Left, the editor sets the JSON out in lines, and the button below it moves.
    await page.getByRole('heading', { name: 'Start a Workflow' }).click();
    await seen(page.getByText('Task Queue is Active'));
  }
  async function startFilledIn(id: string): Promise<void> {
    await page.getByRole('button', { name: 'Start Workflow' }).click();
    await vi.waitFor(() => pack.client.workflow.getHandle(id).describe(), { timeout: PATIENCE, interval: 200 });
  }
  /** The details of a run, which the page shows in a frame of its own. */
  async function openDetails(id: string): Promise<void> {
    const { runId } = await pack.client.workflow.getHandle(id).describe();
    await page.goto(`${ui}/namespaces/default/workflows/${id}/${runId}/user-metadata`);
  }
  const details = (text: string | RegExp) => page.frameLocator('iframe').getByText(text);
  /** Fetched anew by the key that the page names. */
  async function untilDetails(text: string | RegExp): Promise<void> {
    await expect
      .poll(
        async () => {
          await page.keyboard.press('r');
          return (await details(text).count()) > 0;
        },
        { timeout: PATIENCE, interval: 500 },
      )
      .toBe(true);
  }
  /** Opens the list of the run's updates, each with what it does. */
  async function chooseUpdate(): Promise<void> {
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Send an Update' }).click();
    await page.locator('dialog[open] [aria-haspopup]').click();
    await seen(page.locator('dialog[open] [role=option]'));
  }
  async function sendChosen(name: string, input?: unknown): Promise<void> {
    await page
      .locator('dialog[open]')
      .getByRole('option', { name: new RegExp(`^${name}`) })
      .click();
    if (input !== undefined) {
      await page.locator('dialog[open] .cm-content').first().click();
      await page.keyboard.insertText(JSON.stringify(input));
    }
    const submit = page.locator('dialog[open]').getByRole('button', { name: 'Submit' });
    // As in the start form: left, the editor moves the button.
    await submit.focus();
    await submit.click();
  }

  const cleaning = { source: 'notes', name: 'ui-walk', recipe: 'minimal', overrides: { dropNearDuplicates: false } };

  it('starts a run from the form of its stage, and shows each phase to the end', async () => {
    await fillIn('cleanDataset', 'ui-clean', cleaning);
    await looksAsKept('start-form');
    await startFilledIn('ui-clean');
    await pack.client.workflow.getHandle('ui-clean').result();
    await openDetails('ui-clean');
    await untilDetails('done');
    await looksAsKept('done');
  });

  it('names each wrong field where people look first', async () => {
    await fillIn('cleanDataset', 'ui-typo', { sourc: 'notes', name: 'ui-walk', recipe: 'finewebb' });
    await startFilledIn('ui-typo');
    await expect(pack.client.workflow.getHandle('ui-typo').result()).rejects.toThrow();
    await openDetails('ui-typo');
    await untilDetails(/sourc: is not a field/);
    await looksAsKept('invalid-input');
  });

  it('shows how far a run is, and pauses and resumes it', async () => {
    const parameters = { steps: 200, checkpointEverySteps: 5, batchSize: 8, microBatchSize: 4, architecture: {} };
    const input = { name: 'ui-train', data: { source: 'rows.jsonl' }, parameters, processesPerNode: 2 };
    await fillIn('trainModel', 'ui-train', input);
    await startFilledIn('ui-train');
    await openDetails('ui-train');
    await untilDetails(/\d+ \/ 200/);
    await looksAsKept('progress');
    await chooseUpdate();
    await looksAsKept('messages');
    await sendChosen('pause');
    await untilDetails('paused');
    await looksAsKept('paused');
    await chooseUpdate();
    await sendChosen('resume');
    await untilDetails('running');
    await pack.client.workflow.getHandle('ui-train').cancel();
    await expect(pack.client.workflow.getHandle('ui-train').result()).rejects.toThrow();
  });

  it('shows why a run is held, and lets a person approve it', async () => {
    const broken = '{"text": broken}\n'.repeat(5);
    await writeFile(path.join(pack.projectDir, 'notes', 'second.jsonl'), broken);
    await fillIn('cleanDataset', 'ui-held', { ...cleaning, maxDrift: 10 });
    await startFilledIn('ui-held');
    await openDetails('ui-held');
    await untilDetails(/Waits for a person: invalid_json drops 20.0%/);
    await looksAsKept('held');
    await chooseUpdate();
    await sendChosen('approve', { by: 'Ada', note: 'a known export' });
    const output = cleanDatasetStage.output.parse(await pack.client.workflow.getHandle('ui-held').result());
    expect(output).toMatchObject({ outcome: 'published', approval: { by: 'Ada', note: 'a known export' } });
  });

  it('shows the schedules that the configuration makes', async () => {
    const schedule = { id: 'ui-walk', workflow: 'cleanDataset', cron: '30 2 * * *', input: cleaning };
    const config = `export default ${JSON.stringify({ schedules: [schedule] })};`;
    await writeFile(path.join(pack.projectDir, 'temporal.config.ts'), config);
    const quiet = { write: () => true };
    const env = { TEMPORAL_ADDRESS: sharedServers().temporalAddress };
    expect(await runCli(['schedules', 'apply', '--yes'], new Cli(pack.projectDir, env, quiet, quiet))).toBe(0);
    try {
      await page.goto(`${ui}/namespaces/default/schedules`);
      await seen(page.getByRole('link', { name: `${SCHEDULE_PREFIX}ui-walk` }));
      await page.getByRole('link', { name: `${SCHEDULE_PREFIX}ui-walk` }).click();
      await seen(page.getByText('Upcoming Runs'));
      await looksAsKept('schedule');
    } finally {
      await pack.client.schedule.getHandle(`${SCHEDULE_PREFIX}ui-walk`).delete();
    }
  });

  it('would notice a page that looks otherwise', async () => {
    const form = await keptPicture('start-form');
    expect(await unlikeness(browser, form, await keptPicture('held'))).toBeGreaterThan(MOST_UNLIKE);
    await page.goto('about:blank');
    expect(await unlikeness(browser, form, await page.screenshot())).toBeGreaterThan(MOST_UNLIKE);
  });
});
