import { copyFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Command } from 'commander';
import { artifactKey } from '../../../activities/stores/artifact-store';
import { openArtifactStore } from '../../../activities/stores/open-store';
import type { StageProgress } from '../../../schemas/common';
import { MESSAGES } from '../../../schemas/names';
import type { Settings } from '../../settings';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode, FIND_RUNS } from '../exit';

/** The page in a report artifact; `report.json` beside it holds the same as data. */
const PAGE = 'report.html';

interface ReportOptions {
  out?: string;
  json?: boolean;
}

export function reportCommand(cli: Cli): Command {
  return cli
    .command('report', 'Say where the report of a run can be opened: a page with what was dropped, and why.', [
      'llm-pack report cleanDataset-documents',
      'llm-pack report cleanDataset-documents --out report.html',
    ])
    .argument('<run>', 'workflow id of the run, also of one that waits for a decision; or the URI of a report')
    .option('-o, --out <file>', 'copy the page there')
    .action(async (run: string, options: ReportOptions) => {
      cli.exitCode = await report(cli, run, options);
    });
}

async function report(cli: Cli, run: string, options: ReportOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const settings = await projectSettings(cli);
  const uri = run.startsWith('artifact:') ? run : await reportOf(settings, run);
  const page = await pageFile(settings, uri);
  const file = options.out === undefined ? page : resolve(cli.cwd, options.out);
  if (file !== page) await copyFile(page, file);
  const url = pathToFileURL(file).href;
  out.print(url);
  out.data({ uri, url });
  return EXIT.done;
}

/** URI of the report of a run. @throws CliError where there is no such run, or no report yet. */
async function reportOf(settings: Settings, workflowId: string): Promise<string> {
  return withTemporal(settings, async ({ client }) => {
    const progress = await client.workflow
      .getHandle(workflowId)
      .query<StageProgress>(MESSAGES.progress)
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        throw new CliError(EXIT.wrongUse, `There is no run "${workflowId}".`, FIND_RUNS);
      });
    const uri = progress.links.find(({ name }) => name === 'report')?.uri;
    if (uri !== undefined) return uri;
    throw new CliError(EXIT.failed, `${workflowId} has no report yet.`, 'It is written when the run publishes.');
  });
}

/** The page as a file on this machine; one in a bucket is fetched into the cache first. */
async function pageFile({ config, projectDir, cacheDir }: Settings, uri: string): Promise<string> {
  const store = openArtifactStore(config.artifacts, { projectDir, cacheDir });
  return store.localFile(artifactKey({ uri }), PAGE).catch((error: unknown) => {
    throw error instanceof ApplicationFailure ? new CliError(EXIT.failed, error.message) : error;
  });
}
