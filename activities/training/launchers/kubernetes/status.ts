import type { V1Pod } from '@kubernetes/client-node';
import type { KubernetesConfig } from '../../../../schemas/training-config';
import type { JobStatus } from '../launcher';
import { type NodeEnd, statusOfEnd } from '../launch-folder';
import { hasEnded, stateOf } from '../states';
import type { Condition, JobObject } from './api';

/** A pod that should have gone by then has a node of which nothing is heard; beyond what its kubelet may take. */
const GONE_MS = 30_000;

/** Of containers that wait: they may do so for ever, and a person has to see why. */
const STUCK = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer\w*Error|CrashLoopBackOff)$/;

export interface Seen {
  object: JobObject;
  pods: readonly V1Pod[];
  /** Of nodes that have told one. */
  ends: readonly NodeEnd[];
  nodes: number;
}

/**
 * How a job stands by the conditions of its object, by its pods, and by what its nodes have left in its folder.
 * The cluster knows best why a pod was taken away, the nodes why a program ended.
 */
export function statusOf(kind: KubernetesConfig['job'], seen: Seen, now = Date.now()): JobStatus {
  const { object, pods, ends, nodes } = seen;
  const told = latest(object.status?.conditions ?? []);
  const native = told?.type ?? 'Created';
  const state = stateOf(kind, native);
  const away = pods.find(({ metadata }) => Number(metadata?.deletionTimestamp ?? Infinity) + GONE_MS < now);
  // What still runs would be in the way of the next attempt, and has not said yet why it ends.
  const isEnding = away === undefined && pods.some(({ status }) => status?.phase === 'Running');
  if (hasEnded(state) && isEnding) return { state: 'running', native, reason: 'it has ended but for some pods' };
  if (state === 'failed') return { ...whyFailed(kind, told, seen), native };
  if (hasEnded(state) || state === 'unknown') return { state, native, ...reasonOf(told) };
  // Its operator is behind, or starts pods again that will not run.
  if (ends.length === nodes) return statusOfEnd(ends);
  if (away && !object.metadata.deletionTimestamp) {
    const reason = `nothing is heard of ${nodeOf(away)}, which has pod ${away.metadata?.name}`;
    return { state: 'lost', native, reason };
  }
  if (state !== 'queued' && state !== 'running') return { state, native, ...reasonOf(told) };
  const waiting = pods.filter(({ status }) => status?.phase === 'Pending');
  if (pods.length < nodes || waiting.length > 0) {
    const reason = waiting.map(whyWaiting).find((why) => why !== undefined);
    return { state: 'queued', native, ...(reason === undefined ? {} : { reason }) };
  }
  return { state: 'running', native: native === 'Created' ? 'Running' : native };
}

/** The last condition that is true; those of an end outrank the others. */
function latest(conditions: readonly Condition[]): Condition | undefined {
  const ended = /^(Succeeded|Complete|Completed|Failed)$/;
  const isTrue = conditions.filter(({ status }) => status === 'True');
  const time = ({ lastTransitionTime }: Condition): number => Date.parse(lastTransitionTime ?? '') || 0;
  // Times are whole seconds; of the same one, what stands last is newest.
  const newest = isTrue.reduce<Condition | undefined>((a, b) => (a && time(a) > time(b) ? a : b), undefined);
  return isTrue.find(({ type }) => ended.test(type)) ?? newest;
}

function whyFailed(
  kind: KubernetesConfig['job'],
  told: Condition | undefined,
  { pods, ends, nodes }: Seen,
): Omit<JobStatus, 'native'> {
  for (const pod of pods) {
    const reason = takenAway(pod);
    if (reason !== undefined && stateOf(kind, 'Failed', reason) === 'lost')
      return { state: 'lost', reason: `${reason}: ${pod.status?.message ?? nodeOf(pod)}` };
  }
  for (const pod of pods) {
    const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
    if (ended?.reason === 'OOMKilled')
      return { state: 'failed', reason: `OOMKilled: pod ${pod.metadata?.name}`, exitCode: ended.exitCode };
  }
  // A node whose pod was ended says that it was asked to, whoever did.
  if (ends.length > 0) {
    const { state, reason = told?.message, exitCode } = statusOfEnd(ends);
    const isKnown = state === 'failed' || (state === 'done' && ends.length === nodes);
    return {
      state: isKnown ? state : 'lost',
      ...(reason === undefined ? {} : { reason }),
      ...(exitCode === undefined ? {} : { exitCode }),
    };
  }
  const ended = pods
    .map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated)
    .find((end) => end?.exitCode);
  return { state: 'failed', ...reasonOf(told), ...(ended ? { exitCode: ended.exitCode } : {}) };
}

/** The cluster's word for why it ended a pod. */
function takenAway({ status }: V1Pod): string | undefined {
  const disruption = status?.conditions?.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True');
  return disruption?.reason ?? status?.reason;
}

function whyWaiting({ metadata, status }: V1Pod): string | undefined {
  const unplaced = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unplaced) return `${metadata?.name}: ${unplaced.message ?? unplaced.reason}`;
  const container = status?.containerStatuses?.[0]?.state?.waiting;
  if (!container?.reason || !STUCK.test(container.reason)) return undefined;
  return `${metadata?.name}: ${container.reason}: ${container.message ?? ''}`;
}

const nodeOf = ({ spec }: V1Pod): string => `node ${spec?.nodeName ?? '(none)'}`;

const reasonOf = (told: Condition | undefined): { reason?: string } => {
  const words = [told?.reason, told?.message].filter(Boolean).join(': ');
  return words ? { reason: words } : {};
};
