import { DefaultLogger, Runtime } from '@temporalio/worker';

let isQuiet = false;

/** Keeps the SDK's own chatter, which would bury a test's output, to errors: what goes wrong is asserted. */
export function quietRuntime(): void {
  // The SDK takes its options once a process.
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  isQuiet = true;
}
