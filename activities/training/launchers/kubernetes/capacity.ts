import type { V1Node } from '@kubernetes/client-node';
import type { NodeRequest } from '../launcher';

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';

/** Of the amounts of nodes: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const SUFFIXES: Readonly<Record<string, number>> = {
  ...{ '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
};

/** NaN for what is no quantity. */
export function quantity(text: string): number {
  const [, number, suffix = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(number) * (SUFFIXES[suffix] ?? NaN);
}

/** How many nodes take jobs, and the most that one of them gives, taken or free. */
export function capacityOf(nodes: readonly V1Node[]): { nodes: number; perNode: NodeRequest } {
  const ready = nodes.filter(
    ({ spec, status }) =>
      !spec?.unschedulable &&
      !spec?.taints?.some(({ key }) => key === CONTROL_PLANE) &&
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  const most = (name: string): number =>
    ready.reduce((found, { status }) => Math.max(found, quantity(status?.allocatable?.[name] ?? '0')), 0);
  const perNode = { cpus: Math.floor(most('cpu')), gpus: most('nvidia.com/gpu'), memoryBytes: most('memory') };
  return { nodes: ready.length, perNode };
}
