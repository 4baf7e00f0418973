import { getClient } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { MESSAGES, SEARCH_ATTRIBUTES } from '../../schemas/names';
import type { StageProgress } from '../../schemas/common';
import { percent } from '../../schemas/percent';
import { hashOfStrategy } from '../rollout/strategy-hash';
import type { Registry } from '../stores/registry';
import type { EndedRollout, OpenRollout } from '../stores/registry-rollouts';

const STATUS = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');

/** How the rollouts of a name stand when a night comes to them. */
export interface RolloutsOfName {
  /** The one that has the pointer; null where none has. */
  open: {
    workflowId: string;
    /** As name@version; null where no version of it is on record. */
    made: string | null;
    /** Whether it tries the strategy that was asked for. */
    isWanted: boolean;
    /** False where Temporal knows of no such run any more: it was terminated, and the pointer is still its own. */
    isThere: boolean;
    /** For people: at what share, since when, and what it waits for. */
    says: string;
  } | null;
  /** For people: what came of the one that ended last; null where none has. */
  last: string | null;
}

/**
 * Says who has the pointer of a strategy's name, and what came of the rollout before. Whether the one that has it is still there
 * and what it waits for, its run is asked; all else is on record.
 */
export async function findRollouts(
  { strategies }: Pick<Registry, 'strategies'>,
  { name, strategy }: { name: string; strategy: Record<string, unknown> },
): Promise<RolloutsOfName> {
  const [open, last] = await Promise.all([strategies.openRollout(name), strategies.lastRollout(name)]);
  const told = last ? lastOf(name, last) : null;
  if (!open) return { open: null, last: told };
  const workflowId = open.rollout.replace(/\/[^/]*$/, '');
  const run = await stateOf(getClient(), workflowId);
  // It may have come to its end between the two answers.
  if (run === null && (await strategies.openRollout(name))?.rollout !== open.rollout) {
    return findRollouts({ strategies }, { name, strategy });
  }
  return {
    open: {
      workflowId,
      made: open.version === null ? null : `${name}@${open.version}`,
      isWanted: open.sha256 === hashOfStrategy(strategy),
      isThere: run !== null,
      says: openOf(name, open, run ?? 'no longer there'),
    },
    last: told,
  };
}

/** What a run waits for, or an empty text; null where it is not open. */
async function stateOf(client: Client, workflowId: string): Promise<string | null> {
  const handle = client.workflow.getHandle(workflowId);
  const described = await handle.describe().catch((error: unknown) => {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  });
  if (described?.status.name !== 'RUNNING') return null;
  const status = described.typedSearchAttributes.get(STATUS);
  if (status === 'paused') return 'paused';
  if (status !== 'holding') return '';
  // Whose worker is away can not say why, and that it holds is what counts.
  const progress = await handle.query<StageProgress>(MESSAGES.progress).catch(() => null);
  return `holds for a person${progress?.hold ? `: ${progress.hold}` : ''}`;
}

const openOf = (name: string, { version, share, since }: OpenRollout, state: string): string =>
  [
    `${version === null ? name : `${name}@${version}`} ${since === null ? 'for no user yet' : `for ${percent(share)} of the users, since ${minute(since)}`}`,
    ...(state ? [state] : []),
  ].join(', ');

const lastOf = (name: string, { version, wentLive, reason, at }: EndedRollout): string =>
  `${version === null ? name : `${name}@${version}`} ${wentLive ? 'went live' : 'was taken back'}, ${minute(at)}: ${reason}`;

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
