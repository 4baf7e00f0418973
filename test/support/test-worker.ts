import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';

/** A worker on a queue of its own, and a client; `stop` ends both. */
export async function startTestWorker(address: string, workflowBundle: WorkflowBundleOption, activities?: object) {
  // The SDK's own chatter would bury a test's output; what goes wrong is asserted.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const taskQueue = `test-${randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle,
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
