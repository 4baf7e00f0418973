import { once } from 'node:events';
import type { Command } from 'commander';
import { resolveTemporal } from '../../settings';
import type { Cli } from '../cli';
import { projectSettings } from '../client';
import { EXIT, type ExitCode } from '../exit';
import { catchInterrupts } from '../interrupts';
import { metricsUrls } from '../run-monitoring';
import { serve, serveError } from '../serve';

interface UpOptions {
  workers: boolean;
  json?: boolean;
}

export function upCommand(cli: Cli): Command {
  return cli
    .command(
      'up',
      'Start the parts that have no address of their own and the workers of all pools; serve until Ctrl-C.',
      ['llm-pack up', 'llm-pack up --no-workers        and run the workers in a debugger: llm-pack worker --pool all'],
    )
    .option('--no-workers', 'only Temporal, PostgreSQL and Elasticsearch')
    .addHelpText(
      'after',
      '\nOn a bare machine the first start builds the Temporal server, which takes about 4 minutes. Ctrl-C stops all of it and ends\nwith 0; a second Ctrl-C does not wait.',
    )
    .action(async (options: UpOptions) => {
      cli.exitCode = await up(cli, options);
    });
}

async function up(cli: Cli, options: UpOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const settings = await projectSettings(cli);
  const metrics = options.workers ? metricsUrls(settings) : [];
  const interrupts = catchInterrupts();
  const serving = await serve({ settings, out, workers: options.workers, signal: interrupts.signal }).catch(
    (error: unknown) => {
      throw serveError(error);
    },
  );
  try {
    const { uiUrl, connection } = await resolveTemporal(settings);
    out.print(
      `Up. Temporal ${connection.address ?? ''}${uiUrl ? `, its UI at ${uiUrl}` : ''}${serving.holds ? '. Ctrl-C stops it.' : '. It runs in another process.'}`,
    );
    if (metrics.length > 0) out.print(`Metrics of the pools: ${metrics.join(', ')}`);
    out.data({ up: true, temporal: connection.address ?? null, uiUrl, pid: process.pid, metrics });
    if (serving.holds && !interrupts.signal.aborted) await once(interrupts.signal, 'abort');
  } finally {
    if (serving.holds) out.note('Stopping …');
    await serving.stop();
  }
  return EXIT.done;
}
