import type { Command } from 'commander';
import { POOLS, type Pool } from '../../../schemas/names';
import type { Cli } from '../cli';
import { projectSettings } from '../client';
import { CliError, EXIT } from '../exit';
import { catchInterrupts } from '../interrupts';
import { collect } from '../options';
import { runWorkers } from '../run-workers';

interface WorkerOptions {
  pool?: string[];
  unversioned?: boolean;
  json?: boolean;
}

export function workerCommand(cli: Cli): Command {
  const command = cli.command(
    'worker',
    'Run the workers of one or more pools in this process, until SIGTERM or Ctrl-C.',
    [
      'llm-pack worker --pool all',
      'TEMPORAL_ADDRESS=temporal:7233 DATABASE_URL=postgres://… ELASTICSEARCH_URL=http://… llm-pack worker --pool cpu',
    ],
  );
  command
    .option('-p, --pool <pool>', `pool to run: ${POOLS.join(', ')} or all; may be repeated`, collect)
    .option('--unversioned', 'as no version of the deployment that temporal.config.ts or the environment names');
  command.addHelpText(
    'after',
    `
Connects to TEMPORAL_ADDRESS (or a profile), DATABASE_URL and ELASTICSEARCH_URL, else to what "llm-pack up" runs in this
project; starts none of them. A server that is away is waited for. A graceful stop ends with 0. The llm pool of a deployment
gets runs when it is told to: llm-pack deploy.`,
  );
  return command.action(async (options: WorkerOptions) => {
    const out = cli.output(options);
    const pools = readPools(options.pool);
    const settings = await projectSettings(cli);
    await runWorkers({ pools, settings, out, versioned: !options.unversioned, stop: catchInterrupts().signal });
    cli.exitCode = EXIT.done;
  });
}

/** The pools of the command line, each once. @throws CliError (2) where there are none or one is unknown. */
export function readPools(names: readonly string[] | undefined): Pool[] {
  if (!names) throw new CliError(EXIT.wrongUse, 'Which pool?', `Add --pool with one of ${POOLS.join(', ')} or all.`);
  const pools = names.flatMap((name) => (name === 'all' ? [...POOLS] : [name]));
  const unknown = pools.filter((name) => !(POOLS as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new CliError(
      EXIT.wrongUse,
      `There is no pool "${unknown.join('", "')}".`,
      `Pools are ${POOLS.join(', ')}; all is every one.`,
    );
  }
  return POOLS.filter((pool) => pools.includes(pool));
}
