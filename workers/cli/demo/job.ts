import type { WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import {
  cleanDatasetStage,
  rebuildIndexStage,
  type CleanDatasetOutput,
  type RebuildIndexOutput,
} from '../../../schemas';
import type { StageDefinition } from '../../../schemas/stage';
import { openIndexEncoder } from '../../dependencies';
import { openElasticsearch } from '../../elasticsearch';
import { resolveElasticsearch } from '../../settings';
import type { TemporalClient } from '../client';
import { CliError, EXIT } from '../exit';
import { searchError } from '../hits';
import { runLink } from '../links';
import type { Output } from '../output';
import { ProgressLine, progressText } from '../progress-line';
import { startStage, waitForRun } from '../runs';
import { askQuestions, FIXED_QUESTIONS, titlesAsQuestions, type Answered } from './questions';
import type { DemoSource } from './source';

/** Name of the demo's dataset and of its index. */
export const DEMO = 'demo';

// Longer ones under node_modules are change logs and collections of licences; leaving them out halves the time.
const MAX_DOCUMENT_BYTES = 64 * 1024;

// A few seconds of embedding each on two cores, so that the bar moves.
const UNIT_DOCUMENTS = 16;

/** A run of the demo, as the report names it. */
export interface DemoRun<T> {
  workflowId: string;
  runId: string;
  link: string | null;
  seconds: number;
  output: T;
}

export interface DemoResult {
  clean: DemoRun<CleanDatasetOutput>;
  rebuild: DemoRun<RebuildIndexOutput>;
  answers: Answered[];
}

/** The main job on the given source: clean it, index it, and ask the index three questions. */
export async function runDemoJob(
  temporal: TemporalClient,
  { source, isDefault, settings }: DemoSource,
  out: Output,
  signal: AbortSignal,
): Promise<DemoResult> {
  const run = <T>(stage: StageDefinition, input: Record<string, unknown>) =>
    runStage<T>(temporal, stage, input, out, signal);
  const clean = await run<CleanDatasetOutput>(cleanDatasetStage, {
    source,
    name: DEMO,
    recipe: 'documentation',
    formats: ['markdown', 'html', 'text'],
    maxDocumentBytes: MAX_DOCUMENT_BYTES,
    // The next demo may read other documents, and nobody is there to approve.
    maxDrift: null,
  });
  const rebuild = await run<RebuildIndexOutput>(rebuildIndexStage, {
    dataset: DEMO,
    index: DEMO,
    unitDocuments: UNIT_DOCUMENTS,
  });
  const search = openElasticsearch({ elasticsearch: await resolveElasticsearch(settings) });
  try {
    const encoder = await openIndexEncoder(settings, search, DEMO, (message) => out.note(message));
    try {
      const questions = isDefault ? FIXED_QUESTIONS : await titlesAsQuestions(search, DEMO);
      return { clean, rebuild, answers: await askQuestions(search, encoder, DEMO, questions) };
    } finally {
      await encoder.close();
    }
  } catch (error) {
    throw searchError(error);
  } finally {
    await search.close();
  }
}

async function runStage<T>(
  temporal: TemporalClient,
  stage: StageDefinition,
  input: Record<string, unknown>,
  out: Output,
  signal: AbortSignal,
): Promise<DemoRun<T>> {
  const began = Date.now();
  const run = await startStage(temporal.client, { stage, input });
  if (run.attached) await mustBeTheSame(run.handle, input);
  const link = runLink(temporal, run);
  const line = new ProgressLine(out.stderr);
  try {
    const output = (await waitForRun(temporal.client, run, {
      onProgress: (progress, trouble) => line.show(`  ${progressText(progress, trouble)}`),
      onSilence: () => line.show(`  ${run.workflowId} waits for a worker`),
      signal,
    })) as T;
    return { workflowId: run.workflowId, runId: run.runId, link, seconds: (Date.now() - began) / 1000, output };
  } catch (error) {
    if (link && error instanceof CliError && error.exitCode === EXIT.failed) out.note(`  ${link}`);
    throw error;
  } finally {
    line.end();
  }
}

/** A run of the demo that goes on already is taken over, unless it reads something else. */
async function mustBeTheSame(handle: WorkflowHandle, input: Record<string, unknown>): Promise<void> {
  const { events } = await handle.fetchHistory();
  const { payloads } = events?.[0]?.workflowExecutionStartedEventAttributes?.input ?? {};
  const { loadedDataConverter } = handle.client.options;
  const [before = {}] = (await decodeArrayFromPayloads(loadedDataConverter, payloads)) as [Record<string, unknown>?];
  if (before['source'] === input['source']) return;
  throw new CliError(
    EXIT.failed,
    `${handle.workflowId} is running on another source, ${JSON.stringify(before['source'])}.`,
    `Wait for it or cancel it: temporal workflow cancel --workflow-id ${handle.workflowId}`,
  );
}
