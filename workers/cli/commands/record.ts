import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { slug } from '../../../schemas/common';
import { MAX_PAYLOAD_BYTES } from '../../payload-guard';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { fetchHistory, HISTORIES, historyText, type History } from '../histories';
import { cleanCommit } from '../git';
import { payloadsOf } from '../../codec/readable';
import type { Output } from '../output';

export function recordCommand(cli: Cli): Command {
  return cli
    .command('record', 'Keep the history of a run in test/histories, where "npm test" replays it from then on.', [
      'llm-pack record cleanDataset-demo clean-dataset-first',
    ])
    .argument('<workflow-id>', 'run to keep; the latest of that id')
    .argument('<name>', 'name of the file, without .json; an existing one is never replaced')
    .action(async (workflowId: string, name: string, options: { json?: boolean }) => {
      cli.exitCode = await record(cli, workflowId, name, cli.output(options));
    });
}

async function record(cli: Cli, workflowId: string, name: string, out: Output): Promise<ExitCode> {
  if (!slug.safeParse(name).success)
    throw new CliError(EXIT.wrongUse, `"${name}" can not be the name of a history.`, 'Use a-z, 0-9, ".", "_" and "-".');
  const settings = await projectSettings(cli);
  const kept = await withTemporal(settings, ({ client }) => fetchHistory(client, workflowId));
  refuseLargePayloads(kept.history);
  const folder = join(settings.projectDir, HISTORIES);
  const file = join(folder, `${name}.json`);
  await mkdir(folder, { recursive: true });
  // So that a later mismatch can say at which commit the workflow last took this way.
  const recorded = await cleanCommit(settings.projectDir);
  await writeFile(file, historyText({ ...kept, ...(recorded ? { recorded } : {}) }), { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      throw new CliError(
        EXIT.wrongUse,
        `${file} is there already.`,
        'Kept histories stand for open runs and are never replaced: choose another name.',
      );
    },
  );
  const events = kept.history.events?.length ?? 0;
  out.print(`Kept ${events} events of ${workflowId} in ${relative(cli.cwd, file)}.`);
  out.data({ file, workflowId, events });
  return EXIT.done;
}

/** A history with a large payload breaks the stage contract; keeping it would make that the norm. */
function refuseLargePayloads(history: History): void {
  for (const event of history.events ?? []) {
    const largest = Math.max(0, ...payloadsOf(event).map(({ data }) => data?.length ?? 0));
    if (largest > MAX_PAYLOAD_BYTES) {
      throw new CliError(
        EXIT.failed,
        `Event ${Number(event.eventId)} holds a payload of ${largest} bytes; ${MAX_PAYLOAD_BYTES} are the limit.`,
        'Let the stage return an ArtifactRef instead of the data.',
      );
    }
  }
}
