import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { workflowBundle } from '../../workers/bundle';

/** A worker with every workflow of the pack on a queue of its own, and a client. */
export async function startWorkflowWorker(address: string) {
  // The SDK's own chatter would bury a test's output; what goes wrong is asserted.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const taskQueue = `llm-${randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: await workflowBundle() });
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
