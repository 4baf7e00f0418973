import type { Command } from 'commander';
import type { Client } from '@temporalio/client';
import type { Settings } from '../../settings';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { fetchHistories, type RunsWanted } from '../fetch-histories';
import { fetchHistory, isOnDisk, type KeptHistory, readHistories, workflowTypeOf } from '../histories';
import { describePassed, type LastPassed, lastPassed } from '../last-passed';
import { collect, timeSpan } from '../options';
import { type Output, table } from '../output';
import type { Mismatch } from '../mismatch';
import { projectCode } from '../project-code';
import { type ReplayedCode, replayHistory } from '../replay-history';
import { type Replayed, replayMany } from '../replay-many';
import { commandAt, tracedBundle } from '../traced/command-stack';

interface ReplayOptions {
  since?: number;
  workflow?: string[];
  json?: boolean;
}

/** The outcome of one replay, without the events; what `--json` prints. */
interface Row {
  name: string;
  workflowId: string;
  runId?: string;
  workflow: string;
  events: number;
  fits: boolean;
  mismatch: Mismatch | null;
  /** The commit at which a kept history of that workflow last passed; null where it fits, or where none is kept. */
  lastPassed: LastPassed | null;
  /** Why it could not be replayed. */
  unreadable: { eventId: number; keyId: string; message: string; remedy: string } | null;
}

export function replayCommand(cli: Cli): Command {
  return cli
    .command('replay', 'Replay histories against the workflow code as it is now.', [
      'llm-pack replay cleanDataset-demo             the latest run of that id, from the server',
      'llm-pack replay test/histories                every .json file of a folder',
      'llm-pack replay run.json --json               a file that the UI or "temporal workflow show" exported',
      'llm-pack replay --since 7d                    every run that is open, or ended in the last seven days',
    ])
    .argument('[what...]', 'files, folders of files, or workflow ids')
    .option('--since <span>', 'every run of the namespace that is open or ended within it: 12h, 7d, 2w', timeSpan)
    .option('--workflow <type>', 'with --since: only runs of this workflow; may be given again', collect)
    .addHelpText(
      'after',
      '\nEnds with 1 where a history does not fit the code or can not be read, with 2 where there was nothing to replay.',
    )
    .action(async (what: string[], options: ReplayOptions) => {
      cli.exitCode = await replay(cli, what, options);
    });
}

async function replay(cli: Cli, what: readonly string[], options: ReplayOptions): Promise<ExitCode> {
  const out = cli.output(options);
  if (what.length === 0 && options.since === undefined)
    throw new CliError(
      EXIT.wrongUse,
      'Nothing was named to replay.',
      'Name a file, a folder or a run, or add --since 7d.',
    );
  if (options.workflow && options.since === undefined)
    throw new CliError(EXIT.wrongUse, '--workflow narrows --since, which is not there.', 'Add --since 7d.');
  const settings = await projectSettings(cli);
  const wanted =
    options.since === undefined
      ? undefined
      : { since: new Date(Date.now() - options.since), ...(options.workflow ? { workflows: options.workflow } : {}) };
  const { files, ids } = await apart(cli.cwd, what);
  const rows =
    ids.length === 0 && !wanted
      ? await replayAll(settings, files, out)
      : await withTemporal(settings, ({ client }) => replayAll(settings, withFetched(files, client, ids, wanted), out));
  if (rows.length === 0) {
    const where = [...what, ...(wanted ? ['the runs of that time'] : [])].join(', ');
    throw new CliError(EXIT.wrongUse, `There is no history in ${where}.`, 'Keep one: llm-pack record WORKFLOW_ID NAME');
  }
  show(out, rows);
  return rows.every(({ fits }) => fits) ? EXIT.done : EXIT.failed;
}

/** What names something on this disk, read; and the rest, which are ids of runs. */
async function apart(cwd: string, what: readonly string[]): Promise<{ files: KeptHistory[]; ids: string[] }> {
  const files: KeptHistory[] = [];
  const ids: string[] = [];
  for (const each of what) {
    if (await isOnDisk(cwd, each)) files.push(...(await readHistories(cwd, each)));
    else ids.push(each);
  }
  return { files, ids };
}

async function* withFetched(
  files: readonly KeptHistory[],
  client: Client,
  ids: readonly string[],
  wanted: RunsWanted | undefined,
): AsyncIterable<KeptHistory> {
  yield* files;
  for (const id of ids) yield await fetchHistory(client, id);
  if (wanted) yield* fetchHistories(client, wanted);
}

/** Replays one history after the other as they come; only their outcomes are held. */
async function replayAll(
  settings: Settings,
  histories: Iterable<KeptHistory> | AsyncIterable<KeptHistory>,
  out: Output,
): Promise<Row[]> {
  const { code, codecs } = await projectCode(settings);
  const rows: Row[] = [];
  for await (const replayed of replayMany(code, histories, codecs)) {
    rows.push(await rowOf(replayed, code, settings));
    // Every hundredth: a person sees that it goes on, and a log is not filled.
    if (rows.length % 100 === 0) out.note(`${rows.length} histories replayed …`);
  }
  return rows;
}

async function rowOf(replayed: Replayed, code: ReplayedCode, settings: Settings): Promise<Row> {
  const { kept } = replayed;
  const { name, workflowId, runId, history } = kept;
  const row: Row = {
    name,
    workflowId,
    ...(runId === undefined ? {} : { runId }),
    workflow: workflowTypeOf(history),
    events: history.events?.length ?? 0,
    fits: replayed.outcome === 'fits',
    mismatch: null,
    lastPassed: null,
    unreadable: null,
  };
  if (replayed.outcome === 'unreadable') {
    const { eventId, keyId, message, remedy } = replayed.problem;
    return { ...row, unreadable: { eventId, keyId, message, remedy } };
  }
  if (replayed.outcome === 'fits') return row;
  return {
    ...row,
    mismatch: { ...replayed.mismatch, ...(await whereOf(kept, replayed.mismatch, code)) },
    lastPassed: await lastPassed(
      settings.projectDir,
      row.workflow,
      async (other) => (await replayHistory(code, other)) === null,
    ),
  };
}

/** The command that the code makes in place of the event, and where it makes it. */
async function whereOf(
  kept: KeptHistory,
  { eventId, code: said }: Mismatch,
  code: ReplayedCode,
): Promise<Pick<Mismatch, 'code' | 'stack'>> {
  const made =
    eventId === null
      ? undefined
      : await commandAt(
          { ...code, workflowBundle: await tracedBundle(code.dataConverter?.failureConverterPath) },
          kept,
          eventId,
        );
  if (!made) return { code: said, stack: [] };
  return { code: said.includes(made.command) ? said : `${said}: ${made.command}`, stack: made.stack };
}

function show(out: Output, rows: readonly Row[]): void {
  const { good, bad, bold } = out.style;
  const word = ({ fits, unreadable }: Row) => (fits ? good('fits') : bad(unreadable ? 'can not be read' : 'differs'));
  out.print(table(rows.map((row) => [word(row), row.name, row.workflow, `${row.events} events`])));
  for (const { name, workflow, mismatch, lastPassed: passed, unreadable } of rows) {
    if (unreadable) out.print(`\n${bold(name)}\n  ${unreadable.message}\n  ${unreadable.remedy}`);
    if (!mismatch) continue;
    const { eventId, eventType, history, code, stack, remedy } = mismatch;
    out.print(`\n${bold(name)}${eventId === null ? '' : `, at event ${eventId}${eventType ? ` (${eventType})` : ''}`}`);
    out.print(`  history: ${history}`);
    out.print(`  code:    ${code}`);
    for (const frame of stack) out.print(`           ${frame}`);
    out.print(`  passed:  ${describePassed(passed, workflow)}`);
    out.print(remedy.replace(/^/gm, '  '));
  }
  const failed = rows.filter(({ fits }) => !fits).length;
  if (rows.length > 1) out.print(`\n${rows.length - failed} of ${rows.length} fit.`);
  out.data(rows);
}
