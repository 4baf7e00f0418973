import type { Command } from 'commander';
import { aliasHolders } from '../../../activities/indexing/alias';
import { slug } from '../../../schemas/common';
import { MESSAGES, windowId } from '../../../schemas/names';
import { openElasticsearch } from '../../elasticsearch';
import { resolveElasticsearch, type Settings } from '../../settings';
import type { Cli } from '../cli';
import { projectSettings, reachable, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { updateRefusal } from '../update-refusal';

interface RollbackOptions {
  by: string;
  note: string;
  json?: boolean;
}

export function indexCommand(cli: Cli): Command {
  const command = cli.command('index', 'Steer an index that is live.', ['llm-pack index rollback documents']);
  const rollback = cli
    .command('rollback', 'Make the index before live again, for as long as the window of the last rebuild is open.', [
      'llm-pack index rollback documents --note "answers got worse"',
    ])
    .argument('<index>', 'alias of the index')
    .option('--by <name>', 'who decides; on record with the reason', process.env['USER'] ?? 'unnamed')
    .option('--note <text>', 'why', '')
    .action(async (alias: string, _options: unknown, chosen: Command) => {
      // --json may have been read by the command above this one.
      cli.exitCode = await rollbackIndex(cli, alias, chosen.optsWithGlobals<RollbackOptions>());
    });
  return command.addCommand(rollback);
}

async function rollbackIndex(cli: Cli, alias: string, options: RollbackOptions): Promise<ExitCode> {
  const out = cli.output(options);
  if (!slug.safeParse(alias).success) throw new CliError(EXIT.wrongUse, `"${alias}" can not be an index.`);
  const settings = await projectSettings(cli);
  const physical = await liveIndexOf(settings, alias);
  const { by, note } = options;
  const said = await withTemporal(settings, ({ client }) =>
    client.workflow
      .getHandle(windowId(physical))
      .executeUpdate<string, [{ by: string; note: string }]>(MESSAGES.rollback, { args: [{ by, note }] })
      .catch((error: unknown) => {
        throw updateRefusal(error, closedWindow(physical));
      }),
  );
  out.print(said);
  out.data({ index: alias, from: physical });
  return EXIT.done;
}

/** The window is the run of a workflow: without one, or after its end, there is no way back. */
const closedWindow = (physical: string): CliError =>
  new CliError(
    EXIT.failed,
    `${physical} has no open window: its time is over, or it was the first of its name.`,
    'Rebuild from an earlier dataset version, as name@version, with `force`.',
  );

async function liveIndexOf(settings: Settings, alias: string): Promise<string> {
  const client = openElasticsearch({ elasticsearch: await reachable(resolveElasticsearch(settings)) });
  try {
    const [physical] = await aliasHolders(client, alias);
    if (physical) return physical;
    throw new CliError(EXIT.wrongUse, `No index answers to "${alias}".`, 'llm-pack start rebuildIndex makes one.');
  } finally {
    await client.close();
  }
}
