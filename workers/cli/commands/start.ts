import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { runAgentStage } from '../../../schemas/run-agent';
import { printAgentAnswer } from '../agent-answer';
import type { Cli } from '../cli';
import { projectSettings, withTemporal, type TemporalClient } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { catchInterrupts, Interrupted } from '../interrupts';
import { runLink } from '../links';
import type { Output } from '../output';
import { ProgressLine, progressText } from '../progress-line';
import { startStage, waitForRun, type StageRunHandle } from '../runs';
import { checkInput, findStage } from '../stages';

interface StartOptions {
  input?: string;
  id?: string;
  wait?: boolean;
  force?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export function startCommand(cli: Cli): Command {
  return cli
    .command('start', 'Start a workflow, or attach to the run of its subject that is going on.', [
      `llm-pack start cleanDataset --input '{"source": "docs", "name": "documents"}' --wait`,
      'llm-pack start rebuildIndex --input @rebuild.json',
      'llm-pack examples               every workflow with an input that works',
    ])
    .argument('<workflow>', 'workflow type, such as cleanDataset')
    .option('-i, --input <json>', 'input as JSON, or @FILE that holds it')
    .option('--id <id>', 'workflow id (default: <workflow>-<subject>, one run at a time for a subject)')
    .option('-w, --wait', 'wait for the end and show progress; Ctrl-C leaves the run alone')
    .option('--force', 'do the work again although it was done before')
    .option('--dry-run', 'only say what would be done')
    .action(async (workflow: string, options: StartOptions) => {
      cli.exitCode = await start(cli, workflow, options);
    });
}

async function start(cli: Cli, workflow: string, options: StartOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const stage = findStage(workflow);
  const input = {
    ...(await readInput(cli.cwd, options.input)),
    ...(options.force ? { force: true } : {}),
    ...(options.dryRun ? { dryRun: true } : {}),
  };
  // Before a server is sought: a wrong input is wrong whether or not one runs.
  checkInput(stage, input);
  return withTemporal(await projectSettings(cli), async (temporal) => {
    const run = await startStage(temporal.client, { stage, input, ...(options.id ? { workflowId: options.id } : {}) });
    const { workflowId, runId, attached } = run;
    out.note(
      attached
        ? `${workflowId} is running already: attached to it, nothing new was started.`
        : `Started ${workflowId}.`,
    );
    const link = runLink(temporal, run);
    if (link) out.note(out.style.dim(link));
    if (!options.wait) {
      out.print(workflowId);
      out.data({ workflowId, runId, attached, link });
      return EXIT.done;
    }
    const result = await waitAndShow(temporal, run, out, workflow, options);
    const answered = stage.name === runAgentStage.name ? runAgentStage.output.safeParse(result) : null;
    // A worker of another version may say more or less than this one knows.
    if (answered?.success) printAgentAnswer(out, answered.data);
    else out.print(JSON.stringify(result, null, 2));
    out.data({ workflowId, runId, attached, link, result });
    return EXIT.done;
  });
}

async function waitAndShow(
  temporal: TemporalClient,
  run: StageRunHandle,
  out: Output,
  workflow: string,
  options: StartOptions,
): Promise<unknown> {
  const line = new ProgressLine(out.stderr);
  const interrupts = catchInterrupts();
  try {
    return await waitForRun(temporal.client, run, {
      onProgress: (progress, trouble) => line.show(progressText(progress, trouble)),
      onSilence: () => line.show(`${run.workflowId} waits for a worker: "llm-pack worker --pool all" starts one`),
      signal: interrupts.signal,
    });
  } catch (error) {
    if (error instanceof Interrupted) {
      const input = options.input === undefined ? '' : ` --input '${options.input}'`;
      const id = options.id === undefined ? '' : ` --id ${options.id}`;
      line.end(
        `Detached: ${run.workflowId} goes on. Come back with:\n  llm-pack start ${workflow}${input}${id} --wait`,
      );
    }
    throw error;
  } finally {
    line.end();
    interrupts.release();
  }
}

async function readInput(cwd: string, text = '{}'): Promise<Record<string, unknown>> {
  const file = text.startsWith('@') ? resolve(cwd, text.slice(1)) : undefined;
  const json = file === undefined ? text : await readInputFile(file);
  const where = file ? `The input in ${file}` : 'The input';
  const remedy = file
    ? 'The file holds one JSON object, as "llm-pack examples" prints it.'
    : `In a shell, quote it: --input '{"source": "docs"}'; or use --input @FILE.`;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new CliError(EXIT.wrongUse, `${where} is not JSON: ${(error as Error).message}`, remedy);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CliError(EXIT.wrongUse, `${where} is not one JSON object.`, remedy);
  return value as Record<string, unknown>;
}

async function readInputFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? `There is no file ${file}.` : `The input can not be read: ${message}`;
    throw new CliError(EXIT.wrongUse, what, 'After "@" comes the path of a file, from this folder on.');
  }
}
