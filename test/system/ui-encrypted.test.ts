import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporal } from '@temporalio/proto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanDatasetStage } from '../../schemas/clean-dataset';
import { type CodecServer, startCodecServer } from '../../workers/codec/codec-server';
import { dataConverterOf } from '../../workers/codec/data-converter';
import { startFormLink } from '../../workers/cli/links';
import { launchBrowser, mayBrowse } from '../support/browser';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const ID = 'ui-encrypted';
/** Of the page, on a loaded machine. */
const PATIENCE = 60_000;
const input = {
  source: 'confidential-notes',
  name: 'sealed',
  recipe: 'minimal',
  overrides: { dropNearDuplicates: false },
};

const config = { encryption: { keys: [{ id: 'k1', variable: 'KEY' }] } };
const env = { KEY: randomBytes(32).toString('base64') };

describe.runIf(mayBrowse())('the Temporal UI of encrypted runs', () => {
  const ui = sharedServers().temporalUi;
  let pack: Awaited<ReturnType<typeof startPack>>;
  let codecServer: CodecServer;
  let browser: Browser;
  beforeAll(async () => {
    pack = await startPack(sharedServers(), config, env);
    await mkdir(path.join(pack.projectDir, input.source));
    await writeFile(
      path.join(pack.projectDir, input.source, 'a.jsonl'),
      '{"text": "A note on what nobody else may read."}\n',
    );
    const [codec] = dataConverterOf(pack.settings.config, env)?.payloadCodecs ?? [];
    if (!codec) throw new Error('There is no codec.');
    codecServer = await startCodecServer({ codec, host: '127.0.0.1', port: 0, origins: [new URL(ui).origin] });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await codecServer.close();
    await pack.stop();
  });

  /** A page of the UI; with the codec server as its "Data Encoder" settings would name it. */
  async function openUi(dataEncoder: boolean): Promise<Page> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    if (dataEncoder) {
      const settings = { endpoint: JSON.stringify(codecServer.url), overrideRemoteCodecConfiguration: 'true' };
      // As text: this project has no types of what a page has.
      await page.addInitScript(`Object.assign(localStorage, ${JSON.stringify(settings)})`);
    }
    return page;
  }
  const history = `${ui}/namespaces/default/workflows/${ID}`;

  it('starts one from the form, and shows its input and its result', async () => {
    const page = await openUi(true);
    await page.goto(`${startFormLink({ uiUrl: ui, namespace: 'default' }, 'cleanDataset')}&workflowId=${ID}`);
    await page.locator('.cm-content').first().click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(JSON.stringify(input));
    await page.getByRole('heading', { name: 'Start a Workflow' }).click();
    await page.getByText('Task Queue is Active').first().waitFor();
    await page.getByRole('button', { name: 'Start Workflow' }).click();
    await vi.waitFor(() => pack.client.workflow.getHandle(ID).describe(), { timeout: PATIENCE, interval: 200 });
    const output = cleanDatasetStage.output.parse(await pack.client.workflow.getHandle(ID).result());
    expect(output).toMatchObject({ outcome: 'published', counts: { read: 1 } });
    await page.goto(history);
    await page.getByText(`"${input.source}"`).first().waitFor();
    await page.getByText(output.workKey).first().waitFor();
  });

  it('keeps all of it from the server, and from a page without the codec server', async () => {
    const kept = await pack.client.workflow.getHandle(ID).fetchHistory();
    const bytes = Buffer.from(temporal.api.history.v1.History.encode(kept).finish());
    expect(bytes.includes('binary/encrypted')).toBe(true);
    expect(bytes.includes(input.source)).toBe(false);
    const page = await openUi(false);
    await page.goto(history);
    // It shows payloads as they are kept: in base64, their encoding too.
    await page.getByText(Buffer.from('binary/encrypted').toString('base64')).first().waitFor();
    expect(await page.getByText(`"${input.source}"`).count()).toBe(0);
  });
});
