import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Command } from 'commander';
import { startCodecServer } from '../../codec/codec-server';
import { KEY_BYTES } from '../../codec/encryption-codec';
import type { Cli } from '../cli';
import { projectSettings, settingsConverter } from '../client';
import { CliError, EXIT } from '../exit';
import { catchInterrupts } from '../interrupts';
import { collect, wholeNumber } from '../options';

const DEFAULT_PORT = 8081;
/** Where the embedded server has its UI. */
const DEFAULT_ORIGIN = 'http://127.0.0.1:8233';

interface ServeOptions {
  host: string;
  port: number;
  origin?: string[];
}

export function codecCommand(cli: Cli): Command {
  const serve = cli
    .command('serve', 'Decode payloads for the UI and for `temporal --codec-endpoint`, until SIGTERM or Ctrl-C.', [
      'llm-pack codec serve --origin https://temporal.example.org',
    ])
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', wholeNumber(0, 65_535), DEFAULT_PORT)
    .option('--origin <url>', `page that may ask, the UI's; may be repeated (default ${DEFAULT_ORIGIN})`, collect)
    .addHelpText(
      'after',
      `
Whoever reaches it can read every payload: beyond this machine put it behind a proxy that asks who it is. "llm-pack up" has
one of its own. In the UI set the address under "Data Encoder".`,
    )
    .action(async (options: ServeOptions, chosen: Command) => {
      const out = cli.output(chosen.optsWithGlobals());
      const converter = settingsConverter(await projectSettings(cli));
      if (!converter) {
        throw new CliError(
          EXIT.wrongUse,
          'Payloads are not encrypted here.',
          'Name keys: encryption.keys in temporal.config.ts.',
        );
      }
      const { signal } = catchInterrupts();
      const { host, port, origin: origins = [DEFAULT_ORIGIN] } = options;
      const server = await startCodecServer({ codec: converter.payloadCodecs[0], host, port, origins }).catch(
        (error: NodeJS.ErrnoException) => {
          throw new CliError(
            EXIT.failed,
            `Nothing can listen on ${host}:${port}: ${error.message}`,
            'Choose another --port.',
          );
        },
      );
      out.print(`Decodes at ${server.url} for ${origins.join(', ')}. Ctrl-C stops it.`);
      out.data({ url: server.url, origins });
      if (!signal.aborted) await once(signal, 'abort');
      await server.close();
      cli.exitCode = EXIT.done;
    });
  const newKey = cli
    .command(
      'new-key',
      'Write a new key: 32 random bytes in base64, for the variable of a key in temporal.config.ts.',
      ['export LLM_PACK_KEY=$(llm-pack codec new-key)'],
    )
    .action((_options: unknown, chosen: Command) => {
      const out = cli.output(chosen.optsWithGlobals());
      const key = randomBytes(KEY_BYTES).toString('base64');
      out.print(key);
      out.data({ key });
      cli.exitCode = EXIT.done;
    });
  return cli
    .command('codec', 'Read and make what payloads are encrypted with.', [
      'llm-pack codec new-key',
      'llm-pack codec serve',
    ])
    .addCommand(serve)
    .addCommand(newKey);
}
