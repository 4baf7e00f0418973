import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import {
  bundleWorkflowCode,
  NativeConnection,
  Runtime,
  Worker,
  DefaultLogger,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';

// The SDK's own chatter would bury a test's output; what goes wrong is asserted.
Runtime.install({ logger: new DefaultLogger('ERROR') });

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The test workflows, bundled once a test file. */
const testBundle = () => (bundle ??= bundleWorkflowCode({ workflowsPath: join(__dirname, 'kit-workflows.ts') }));

/** A worker with the given activities on a queue of its own, and a client; `stop` ends both. */
export async function startKitWorker(address: string, activities: object) {
  const taskQueue = `kit-${randomUUID()}`;
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: await testBundle(), activities });
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
