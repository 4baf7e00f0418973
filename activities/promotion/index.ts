import type { PlannedPromotion, PromoteVersionInput, PromoteVersionOutput } from '../../schemas/promote-version';
import { failure } from '../errors';
import type { Registry } from '../stores/registry';
import { findVersion } from '../stores/find-version';
import { guardModelName, type RegisteredGuard } from '../stores/registry-guards';

export interface PlannedMove extends PlannedPromotion {
  /** Hash of the artifact that goes live. */
  sha256: string;
  /** Number of the move after which this one is made: the same state and the same version are the same work. */
  after: number;
  /** Why nobody should promote it unasked; null where nothing speaks against it. */
  objection: string | null;
}

type Wanted = Pick<PromoteVersionInput, 'kind' | 'name' | 'version'>;

/** The name in the ledger: guards are models there. */
const ledgerName = ({ kind, name }: Pick<Wanted, 'kind' | 'name'>): string =>
  kind === 'guard' ? guardModelName(name) : name;

/** The activities of `promoteVersion`. */
export function createPromotionActivities({ registry }: { registry: Registry }) {
  return {
    /** Finds what is to go live, what is, and what the ledger says of it. @throws `ModelVersionNotFound`, `GuardNotFound`, `NothingToUndo` */
    async planPromotion(wanted: Wanted): Promise<PlannedMove> {
      const name = ledgerName(wanted);
      const moves = await registry.promotions({ kind: 'model', name, limit: 2 });
      const [live] = moves;
      const asked = wanted.version === 'previous' ? live?.previous : wanted.version;
      if (asked === undefined || asked === null) {
        throw failure('NothingToUndo', `Nothing was live under "${wanted.name}" before.`);
      }
      const { version, artifact } = await findVersion<RegisteredGuard>(
        wanted.kind,
        `${wanted.name}@${asked}`,
        (...named) => (wanted.kind === 'guard' ? registry.guard(...named) : registry.model(...named)),
      );
      // Where it is live already, the state that it was moved from: the same work as then.
      const before = live?.version === version ? moves[1] : live;
      const [decision] = await registry.decisions({ kind: 'model', name, version, limit: 1 });
      return {
        version,
        previous: before?.version ?? null,
        decision: decision ? { id: decision.id, verdict: decision.verdict, gate: decision.gate } : null,
        sha256: artifact.sha256,
        after: before?.id ?? 0,
        objection: wanted.version === 'previous' ? null : objectionTo(wanted.name, version, decision),
      };
    },

    /** Moves the pointer, once. @throws `Superseded` where another version went live meanwhile */
    recordPromotion(move: {
      workKey: string;
      input: PromoteVersionInput;
      planned: PlannedPromotion;
      after: number;
      approval?: { by: string; note: string };
    }): Promise<PromoteVersionOutput> {
      const { workKey, input, planned, after, approval } = move;
      const name = ledgerName(input);
      const { version, decision } = planned;
      return registry.finishWork<PromoteVersionOutput>(workKey, async (transaction) => {
        const approvedBy = approval?.by ?? input.by;
        const reason = approval?.note ? `${input.reason} (${approval.note})` : input.reason;
        const followed = decision?.verdict === 'promote' ? { decision: decision.id } : {};
        await transaction.promoteModel({ name, version, reason, approvedBy, ...followed, after });
        const told = approval ? { approval } : {};
        return { outcome: 'published', workKey, counts: { moved: 1 }, name: input.name, ...planned, ...told };
      });
    },
  };
}

function objectionTo(
  name: string,
  version: number,
  decision: { verdict: string; reasons: readonly string[] } | undefined,
): string | null {
  if (decision?.verdict === 'promote') return null;
  if (!decision) return `nothing was decided of ${name}@${version} yet`;
  return `the last verdict on ${name}@${version} is ${decision.verdict}: ${decision.reasons.join('; ')}`;
}
