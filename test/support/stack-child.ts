import { startStack } from '../../workers/stack/stack';

/** Runs a stack in a process of its own, for tests to kill; says `ready` on its standard output once it stands. */
async function main(): Promise<void> {
  const [stateDir = '', cacheDir = ''] = process.argv.slice(2);
  const stack = await startStack({ stateDir, cacheDir, env: {}, log: () => undefined });
  process.on('SIGTERM', () => void stack.stop());
  process.stdout.write('ready\n');
}

void main();
