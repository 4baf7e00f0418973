import { createRequire } from 'node:module';
import path from 'node:path';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import type * as Dependencies from '../../workers/dependencies';
import type * as Pools from '../../workers/pools';
import type * as Settings from '../../workers/settings';
import type * as Worker from '@temporalio/worker';
import type { Pool } from '../../schemas/names';

/**
 * The workers of the pools that its arguments name, for the project in the working folder, compiled as they are published, on servers that
 * the environment names. Tells each attempt of an activity as it begins and as it ends, a JSON object a line.
 */
async function main(): Promise<void> {
  const load = createRequire(path.join(__dirname, '../../dist/workers/index.js'));
  const { loadSettings, resolveEndpoints } = load('./settings.js') as typeof Settings;
  const { openDependencies } = load('./dependencies.js') as typeof Dependencies;
  const { createPoolWorkers } = load('./pools.js') as typeof Pools;
  const { DefaultLogger, NativeConnection, Runtime } = load('@temporalio/worker') as typeof Worker;

  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const settings = await loadSettings(process.cwd());
  const endpoints = await resolveEndpoints(settings);
  const dependencies = openDependencies(settings, endpoints, console.error);
  await dependencies.registry.migrate();
  const { namespace, connection: options } = endpoints.temporal;
  const connection = await NativeConnection.connect(options);
  const context = { connection, namespace, config: settings.config, dependencies };
  const pools = process.argv.slice(2) as Pool[];
  const made = pools.map((pool) => createPoolWorkers(pool, { ...context, interceptors: { activity: [teller] } }));
  const workers = (await Promise.all(made)).flat();
  // It ends with whoever started it, also where that was killed.
  process.stdin.resume().on('end', () => process.exit());
  tell({ what: 'ready' });
  await Promise.all(workers.map((worker) => worker.run()));
}

const teller: Worker.ActivityInterceptorsFactory = ({ info }) => {
  const { activityType: activity, activityId: id, attempt, workflowExecution } = info;
  const about = { activity, id, attempt, workflowId: workflowExecution?.workflowId ?? '' };
  const inbound: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      tell({ what: 'begin', ...about });
      const result = await next(input);
      tell({ what: 'end', ...about });
      return result;
    },
  };
  return { inbound };
};

const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

void main();
