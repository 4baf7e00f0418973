import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { quietRuntime } from './quiet-runtime';

/** A worker on a queue of its own, unless one is named, and a client; `stop` ends both. */
export async function startTestWorker(
  address: string,
  workflowBundle: WorkflowBundleOption | undefined,
  activities?: object,
  taskQueue = `test-${randomUUID()}`,
  /** Activities at once. */
  slots = 100,
) {
  quietRuntime();
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    // Nothing is traced here.
    sinks: { llmPackTraces: { run: { fn: () => undefined } } },
    maxConcurrentActivityTaskExecutions: slots,
    ...(workflowBundle ? { workflowBundle } : {}),
    ...(activities ? { activities } : {}),
  });
  const running = worker.run();
  return {
    taskQueue,
    client: new Client({ connection }),
    async stop() {
      worker.shutdown();
      await running;
      await native.close();
      await connection.close();
    },
  };
}
