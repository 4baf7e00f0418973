import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { kubernetesLauncher } from '../../activities/training/launchers/kubernetes';
import { KINDS, objectName } from '../../activities/training/launchers/kubernetes/kinds';
import type { Launcher } from '../../activities/training/launchers/launcher';
import { hasEnded } from '../../activities/training/launchers/states';
import { launcherConfig } from '../../schemas/training-config';
import { KubernetesStandIn } from '../support/kubernetes-api';
import { processesOf, runningRanks, stubJob, type StubParameters, stubTrainer } from '../support/stub-job';

const KIND = KINDS.PyTorchJob;

let base: string;
let api: KubernetesStandIn;
let launcher: Launcher;
let pods: ChildProcess[];

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'training-kubernetes-'));
  api = await KubernetesStandIn.start();
  api.known.add(KIND.plural);
  pods = [];
  const config = launcherConfig.parse({
    ...{ kind: 'kubernetes', image: 'none', volumeClaim: 'shared', nodeTimeoutSeconds: 3, graceSeconds: 5 },
  });
  if (config.kind !== 'kubernetes') throw new Error('not of that kind');
  const kubeconfig = await api.kubeconfig(path.join(base, 'kubeconfig'));
  const { torchrun, program } = stubTrainer('python3');
  launcher = kubernetesLauncher({ config, trainingDir: base, kubeconfig, torchrun, program });
});
afterEach(async () => {
  pods.forEach((pod) => pod.kill('SIGKILL'));
  api.stop();
  await rm(base, { recursive: true, force: true });
});

interface Replica {
  template: { spec: { containers: { command: string[] }[] } };
}

/** Submits a job of two nodes, and runs its pods as an operator and a kubelet would: the addresses are known to the pods alone. */
async function run(id: string, parameters: StubParameters): Promise<void> {
  const job = { ...(await stubJob(path.join(base, id), id, parameters)), nodes: 2 };
  await launcher.submit(job);
  const object = api.objects.get(pathOf(id));
  const { Master, Worker } = (object?.['spec'] as { pytorchReplicaSpecs: Record<'Master' | 'Worker', Replica> })
    .pytorchReplicaSpecs;
  [Master, Worker].forEach(({ template }, node) => startPod(id, node, template.spec.containers[0]?.command ?? []));
}

// Leftovers of another run of this test would be taken for its own.
const idOf = (name: string): string => `${name}-${process.pid}`;

const pathOf = (id: string): string =>
  `/apis/${KIND.group}/${KIND.version}/namespaces/default/${KIND.plural}/${objectName(id)}`;

/** A process and all below it: in a container the end of the first one is that of all. */
function withChildren(id: string, pid: number): number[] {
  const children = processesOf(id).filter(({ parent }) => parent === pid);
  return [pid, ...children.flatMap((child) => withChildren(id, child.pid))];
}

function startPod(id: string, node: number, command: string[]): void {
  const env: Record<string, string> = {
    RANK: String(node),
    POD_IP: `127.0.0.${node + 1}`,
    PATH: process.env['PATH'] ?? '',
  };
  const [program = '', ...argv] = command.map((word) =>
    word.replace(/\$\$|\$\((\w+)\)/g, (all, name?: string) => (name === undefined ? '$' : (env[name] ?? all))),
  );
  const name = `${objectName(id)}-${node}`;
  const status: Record<string, unknown> = { phase: 'Running' };
  api.objects.set(`/api/v1/namespaces/default/pods/${name}`, {
    metadata: { name, labels: { [KIND.podLabel]: objectName(id) } },
    status,
  });
  const pod = spawn(program, argv, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  pod.on('exit', (code) => {
    status['phase'] = code === 0 ? 'Succeeded' : 'Failed';
  });
  pods.push(pod);
}

const ended = (id: string) =>
  vi.waitUntil(
    async () => {
      const status = await launcher.status(id);
      return status && hasEnded(status.state) ? status : undefined;
    },
    { timeout: 60_000, interval: 200 },
  );

it('runs two pods that find one another by the folder of their job, and says how they ended and what they wrote', async () => {
  await run(idOf('good'), { seconds: 0.5, says: 'größe ✓' });
  expect(await ended(idOf('good'))).toMatchObject({ state: 'done' });
  const { text } = await launcher.logs(idOf('good'), 0);
  expect(text).toContain('größe ✓');
  await run(idOf('bad'), { seconds: 0, exitCode: 3 });
  expect(await ended(idOf('bad'))).toMatchObject({ state: 'failed' });
});

it('ends the ranks of all pods where one is killed, and calls that a loss', async () => {
  await run(idOf('cut'), { seconds: 60 });
  await runningRanks(idOf('cut'), 4);
  for (const pid of withChildren(idOf('cut'), pods[1]?.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await vi.waitUntil(() => processesOf(idOf('cut')).length === 0, { timeout: 30_000 });
  Object.assign(api.objects.get(pathOf(idOf('cut'))) ?? {}, {
    status: { conditions: [{ type: 'Failed', status: 'True' }] },
  });
  expect(await ended(idOf('cut'))).toMatchObject({ state: 'lost' });
});

it('stops pods as Kubernetes does, by SIGTERM', async () => {
  await run(idOf('long'), { seconds: 60 });
  await runningRanks(idOf('long'), 4);
  api.onDelete = (at) => {
    pods.forEach((pod) => pod.kill('SIGTERM'));
    api.objects.delete(at);
  };
  await launcher.stop(idOf('long'));
  expect(processesOf(idOf('long'))).toEqual([]);
  expect(await launcher.status(idOf('long'))).toMatchObject({ state: 'cancelled' });
});
