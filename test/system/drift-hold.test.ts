import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowFailedError } from '@temporalio/client';
import { type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanDatasetStage, type CleanDatasetOutput } from '../../schemas/clean-dataset';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { run as runCli } from '../../workers/cli/run';
import { Cli } from '../../workers/cli/cli';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const note = (n: number) => `Note ${n}. ${`word${n} `.repeat(12)}`;
const record = (text: string) => `${JSON.stringify({ text })}\n`;

/** The tests follow one another, as the versions of a dataset do. */
describe('a run whose drop rates moved against the last version', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers());
    await mkdir(join(pack.projectDir, 'notes'));
    const texts = Array.from({ length: 20 }, (_, n) => record(note(n)));
    await writeFile(join(pack.projectDir, 'notes', 'first.jsonl'), texts.join(''));
  });
  afterAll(() => pack.stop());

  // The notes are alike: only what can not be read is to move.
  const input = { source: 'notes', name: 'drifting', recipe: 'minimal', overrides: { dropNearDuplicates: false } };
  const start = (id: string, more: object = {}) => pack.start('cleanDataset', { ...input, ...more }, id);
  const resultOf = async (handle: WorkflowHandle): Promise<CleanDatasetOutput> =>
    cleanDatasetStage.output.parse(await handle.result());
  const progressOf = (handle: WorkflowHandle) => handle.query<StageProgress>(MESSAGES.progress);
  const untilHeld = async (handle: WorkflowHandle) => {
    await vi.waitFor(async () => expect((await progressOf(handle)).status).toBe('holding'), { timeout: 60_000 });
    return progressOf(handle);
  };

  it('is not held as the first version: there is nothing to compare it with', async () => {
    const output = await resultOf(await start('drift-first', { maxDrift: 0 }));
    expect(output).toMatchObject({ outcome: 'published', counts: { kept: 20 }, dataset: { version: 1 } });
    expect(output.approval).toBeUndefined();
  });

  it('is held, says which rule moved and how far, and shows its report before anyone decides', async () => {
    const broken = Array.from({ length: 5 }, () => '{"text": broken}\n');
    await writeFile(join(pack.projectDir, 'notes', 'second.jsonl'), broken.join(''));
    const handle = await start('drift-rejected');
    const { hold, links } = await untilHeld(handle);
    expect(hold).toBe('invalid_json drops 20.0% of the documents, 0.0% in version 1 (+20.0 points); maxDrift is 10');
    expect((await handle.describe()).searchAttributes).toMatchObject({ LlmStatus: ['holding'] });
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('Waits for a person: invalid_json drops 20.0%');
    expect(currentDetails).toContain('llm-pack report drift-rejected');

    // Steering a held run does not make it look as if it ran.
    await handle.executeUpdate(MESSAGES.setConcurrency, { args: [2] });
    expect((await progressOf(handle)).hold).toBe(hold);

    const [link] = links;
    const page = await openReport(link?.uri ?? '');
    expect(page).toContain('Held for a person.');
    expect(page).toContain('invalid_json drops 20.0%');
  });

  it('ends without publishing when a person rejects it', async () => {
    const handle = pack.client.workflow.getHandle('drift-rejected');
    await handle.executeUpdate(MESSAGES.reject, { args: [{ by: 'Ada', note: 'the export is broken' }] });
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    const failure = (error as WorkflowFailedError).cause as ApplicationFailure;
    expect(failure.type).toBe('Rejected');
    expect(failure.message).toContain('Rejected by Ada: the export is broken. It was held because invalid_json drops');
    expect(await pack.dependencies.registry.dataset('drifting')).toMatchObject({ version: 1 });
  });

  it('is paused, resumed and decided at the command line, which says what can not be', async () => {
    const handle = await start('drift-told');
    expect(await cli('pause', 'drift-told')).toEqual({ code: 0, said: 'Paused: units in flight will finish.\n' });
    expect((await cli('pause', 'drift-told')).said).toContain('The run is paused already.');
    expect(await cli('resume', 'drift-told')).toEqual({ code: 0, said: 'Running.\n' });
    await untilHeld(handle);
    expect(await cli('reject', 'drift-told', '--note', 'seen')).toEqual({ code: 0, said: 'Rejected.\n' });
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    expect(((error as WorkflowFailedError).cause as ApplicationFailure).message).toContain('Rejected by eve: seen');
    expect(await cli('approve', 'drift-told')).toMatchObject({ code: 1 });
    expect((await cli('approve', 'never-started')).said).toContain('There is no open run "never-started".');
  });

  it('publishes when a person approves it, and records who', async () => {
    const handle = await start('drift-approved');
    await untilHeld(handle);
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Bob', note: 'known' }] });
    const output = await resultOf(handle);
    expect(output).toMatchObject({ dataset: { version: 2 }, approval: { by: 'Bob', note: 'known' } });
    expect(output.counts).toMatchObject({ read: 25, kept: 20, reasons: { invalid_json: 5 } });
  });

  it('is not held where what moved is within the points allowed, or where the hold is off', async () => {
    await writeFile(join(pack.projectDir, 'notes', 'second.jsonl'), '');
    const far = await resultOf(await start('drift-allowed', { maxDrift: 20 }));
    expect(far).toMatchObject({ dataset: { version: 3 } });
    await writeFile(join(pack.projectDir, 'notes', 'second.jsonl'), 'broken\n'.repeat(20));
    const off = await resultOf(await start('drift-off', { maxDrift: null }));
    expect(off).toMatchObject({ dataset: { version: 4 }, counts: { reasons: { invalid_json: 20 } } });
  });

  async function cli(...argv: string[]): Promise<{ code: number; said: string }> {
    let said = '';
    const stream = { write: (text: string) => ((said += text), true) };
    const env = { TEMPORAL_ADDRESS: sharedServers().temporalAddress, USER: 'eve' };
    return { code: await runCli(argv, new Cli(pack.projectDir, env, stream, stream)), said };
  }

  /** What a person reads who runs `llm-pack report` in the project. */
  async function openReport(uri: string): Promise<string> {
    let printed = '';
    const stream = { write: (text: string) => ((printed += text), true) };
    const code = await runCli(['report', uri], new Cli(pack.projectDir, {}, stream, stream));
    expect(code, printed).toBe(0);
    return readFile(fileURLToPath(printed.trim()), 'utf8');
  }
});
