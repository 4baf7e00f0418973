import { extname, join } from 'node:path';
import { startDebugReplayer } from '@temporalio/worker';
import { dataConverterOf } from './codec/data-converter';
import { loadSettings } from './settings';

/**
 * The entry that Temporal's extension for VS Code runs under its debugger (`temporal.replayerEntrypoint`): it fetches the history from
 * the address in TEMPORAL_DEBUGGER_PLUGIN_URL, replays it, and halts where the extension says. Encrypted ones take the project's keys.
 */
async function main(): Promise<void> {
  const { config, env } = await loadSettings(process.cwd());
  const dataConverter = dataConverterOf(config, env);
  startDebugReplayer({
    workflowsPath: join(__dirname, '..', 'workflows', `index${extname(__filename)}`),
    ...(dataConverter ? { dataConverter } : {}),
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
