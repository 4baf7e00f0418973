import type { Command } from 'commander';
import { Runtime } from '@temporalio/worker';
import { workflowBundle as findBundle } from '../../bundle';
import type { Cli } from '../cli';
import { projectSettings, settingsConverter, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { fetchHistory, isOnDisk, readHistories, workflowTypeOf, type KeptHistory } from '../histories';
import type { Mismatch } from '../mismatch';
import { table, type Output } from '../output';
import { replayHistory } from '../replay-history';

interface Replayed {
  kept: KeptHistory;
  mismatch: Mismatch | null;
}

export function replayCommand(cli: Cli): Command {
  return cli
    .command('replay', 'Replay histories against the workflow code as it is now.', [
      'llm-pack replay cleanDataset-demo             the latest run of that id, from the server',
      'llm-pack replay test/histories                every .json file of a folder',
      'llm-pack replay run.json --json               a file that the UI or "temporal workflow show" exported',
    ])
    .argument('<what...>', 'files, folders of files, or workflow ids')
    .addHelpText(
      'after',
      '\nEnds with 1 where a history does not fit the code, with 2 where there was nothing to replay.',
    )
    .action(async (what: string[], options: { json?: boolean }) => {
      cli.exitCode = await replay(cli, what, cli.output(options));
    });
}

async function replay(cli: Cli, what: readonly string[], out: Output): Promise<ExitCode> {
  const histories = await collectHistories(cli, what);
  if (histories.length === 0)
    throw new CliError(
      EXIT.wrongUse,
      `There is no history in ${what.join(', ')}.`,
      'Keep one: llm-pack record WORKFLOW_ID NAME',
    );
  quietRuntime();
  const dataConverter = settingsConverter(await projectSettings(cli));
  const workflowBundle = await findBundle(dataConverter?.failureConverterPath);
  const code = { workflowBundle, ...(dataConverter ? { dataConverter } : {}) };
  const replayed: Replayed[] = [];
  for (const kept of histories) replayed.push({ kept, mismatch: await replayHistory(code, kept) });
  show(out, replayed);
  return replayed.some(({ mismatch }) => mismatch) ? EXIT.failed : EXIT.done;
}

async function collectHistories(cli: Cli, what: readonly string[]): Promise<KeptHistory[]> {
  const found: KeptHistory[] = [];
  const ids: string[] = [];
  for (const each of what) {
    if (await isOnDisk(cli.cwd, each)) found.push(...(await readHistories(cli.cwd, each)));
    else ids.push(each);
  }
  // A server is only needed where a run was named.
  if (ids.length === 0) return found;
  const fetched = await withTemporal(await projectSettings(cli), ({ client }) =>
    Promise.all(ids.map((id) => fetchHistory(client, id))),
  );
  return [...found, ...fetched];
}

function show(out: Output, replayed: readonly Replayed[]): void {
  const { good, bad } = out.style;
  const rows = replayed.map(({ kept, mismatch }) => [
    mismatch ? bad('differs') : good('fits'),
    kept.name,
    workflowTypeOf(kept.history),
    `${kept.history.events?.length ?? 0} events`,
  ]);
  out.print(table(rows));
  for (const { kept, mismatch } of replayed) {
    if (!mismatch) continue;
    const { eventId, history, code, remedy } = mismatch;
    out.print(`\n${out.style.bold(kept.name)}${eventId === null ? '' : `, at event ${eventId}`}`);
    out.print(`  history: ${history}`);
    out.print(`  code:    ${code}`);
    out.print(remedy.replace(/^/gm, '  '));
  }
  out.data(
    replayed.map(({ kept, mismatch }) => ({
      name: kept.name,
      workflowId: kept.workflowId,
      workflow: workflowTypeOf(kept.history),
      events: kept.history.events?.length ?? 0,
      fits: mismatch === null,
      mismatch,
    })),
  );
}

/** The SDK would print each mismatch as well, in its own words. */
function quietRuntime(): void {
  const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
}
