import { once } from 'node:events';
import type { Command } from 'commander';
import { StrategyReader } from '../../../activities/rollout/reader';
import { resolveDatabase } from '../../settings';
import { startStrategyServer } from '../../strategies/strategy-server';
import type { Cli } from '../cli';
import { projectSettings, reachable } from '../client';
import { CliError, EXIT } from '../exit';
import { catchInterrupts } from '../interrupts';
import { wholeNumber } from '../options';

const DEFAULT_PORT = 8085;

interface ServeOptions {
  host: string;
  port: number;
  staleAfter: number;
}

export function strategiesCommand(cli: Cli): Command {
  const serve = cli
    .command('serve', 'Tell services over HTTP which strategy their users get, until SIGTERM or Ctrl-C.', [
      'llm-pack strategies serve',
      'llm-pack strategies serve ranking search --port 9000',
      'curl "http://127.0.0.1:8085/strategies/ranking?user=4711"',
    ])
    .argument('[names...]', 'strategies to follow; all of them where none is named')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', wholeNumber(0, 65_535), DEFAULT_PORT)
    .option(
      '--stale-after <seconds>',
      '/health says 503 once nothing was heard of the database for longer, 15 or more: it is asked every 10; what was known is served on',
      wholeNumber(15, 86_400),
      60,
    )
    .addHelpText(
      'after',
      `
GET /strategies/NAME answers with the live version, the candidate, its share and the knobs; "?user=ID" with what that user gets.
An ETag changes with each move: send it back as If-None-Match, with "?wait=30" to be told of the next move at once. It asks
nobody who they are: beyond this machine put it behind a proxy that does.`,
    )
    .action(async (names: string[], options: ServeOptions, chosen: Command) => {
      const out = cli.output(chosen.optsWithGlobals());
      const databaseUrl = await reachable(resolveDatabase(await projectSettings(cli)));
      const { signal } = catchInterrupts();
      const { host, port, staleAfter } = options;
      const followed = names.length > 0 ? { names } : {};
      const reader = new StrategyReader({ databaseUrl, ...followed, log: (message) => out.note(message) });
      try {
        const server = await startStrategyServer({ reader, host, port, staleAfterSeconds: staleAfter }).catch(
          (error: NodeJS.ErrnoException) => {
            throw new CliError(
              EXIT.failed,
              `Nothing can listen on ${host}:${port}: ${error.message}`,
              'Choose another --port.',
            );
          },
        );
        out.print(`Serves ${names.join(', ') || 'all strategies'} at ${server.url}/strategies. Ctrl-C stops it.`);
        out.data({ url: server.url, names });
        if (!signal.aborted) await once(signal, 'abort');
        await server.close();
        cli.exitCode = EXIT.done;
      } finally {
        await reader.close();
      }
    });
  return cli
    .command('strategies', 'Tell services which strategy their users get.', ['llm-pack strategies serve'])
    .addCommand(serve);
}
