import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { STAGES, workflowId, type StageDefinition } from '../../../schemas';
import { examplesDir, type Settings } from '../../settings';
import type { TemporalClient } from '../client';
import { startStage, waitForRun } from '../runs';
import { checkInput } from '../stages';

/** The folder that the stages' examples name. A project that has one of that name uses its own. */
const FOLDER = 'docs';

const DOCUMENTS: Record<string, string> = {
  'pause.md': `# Pausing a run

Send the update \`pause\` to a run and it starts no further unit of work. Units that are in flight finish, so nothing is
lost. Send \`resume\` and the run goes on where it stood, whether that is a minute or a week later.
`,
  'retry.md': `# What is retried

A part that is away is waited for: the activity is tried again after one second, then two, then four, up to half a
minute. A failure that waiting can not mend, such as a wrong input, ends the run at once and says what to do.
`,
  'reuse.md': `# Work is done once

The same source, recipe and code make the same work key. A run that finds its key in the ledger answers \`reused\` and
does nothing. Set \`force\` to do the work again.
`,
};

/** What evaluateModel's example asks of them. It lies beside the folder, which is cleaned whole. */
const CASES_FILE = 'cases.jsonl';
const CASES: readonly { question: string; document: string; expected: string }[] = [
  {
    question: 'What happens to units that are in flight when a run is paused?',
    document: 'pause.md',
    expected: 'Units that are in flight finish',
  },
  { question: 'When does a wrong input end the run?', document: 'retry.md', expected: 'at once' },
  { question: 'What makes the same work key?', document: 'reuse.md', expected: 'The same source, recipe and code' },
];

/** Writes a few tiny documents where the stages' examples look for them, so that every example works in any project. */
export async function writeExampleDocuments(settings: Pick<Settings, 'stateDir'>): Promise<void> {
  const folder = join(examplesDir(settings), FOLDER);
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(DOCUMENTS).map(([name, text]) => writeFile(join(folder, name), text)));
  const cases = CASES.map(({ question, document, expected }, at) => {
    const context = [{ document, text: DOCUMENTS[document] }];
    return `${JSON.stringify({ id: `example-${at + 1}`, question, context, expected })}\n`;
  });
  await writeFile(join(examplesDir(settings), CASES_FILE), cases.join(''));
}

/**
 * Runs each stage's example once, in the order in which stages follow each other. The UI's start form fills itself in
 * from the latest run of a type; without one it is blank. Stages that have a run of their example already are left alone.
 */
export async function seedExamples(temporal: TemporalClient, signal: AbortSignal): Promise<void> {
  for (const stage of STAGES) {
    if (await hasExampleRun(temporal, stage)) continue;
    const input = stage.needs === 'trainers' ? { ...stage.example, dryRun: true } : stage.example;
    const run = await startStage(temporal.client, { stage, input });
    await waitForRun(temporal.client, run, { onProgress: () => undefined, onSilence: () => undefined, signal });
  }
}

async function hasExampleRun({ client }: TemporalClient, stage: StageDefinition): Promise<boolean> {
  const id = workflowId(stage.name, stage.subject(checkInput(stage, stage.example)));
  try {
    const { status } = await client.workflow.getHandle(id).describe();
    return status.name === 'COMPLETED' || status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
