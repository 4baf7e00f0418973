import { createHash } from 'node:crypto';
import type { GuardVerdict } from '../../../schemas/guard';
import { failure } from '../../errors';
import { GUARD_BUILD } from '../../guard/guard-files';
import { canonicalJson } from '../../kit/canonical-json';
import type { Subject } from '../interfaces';

/** What a guard says of a text; those of its decisions that keep a text from a model stand for an attack. */
export const GUARD_LABELS = ['attack', 'harmless'] as const;
const STOPPED: readonly GuardVerdict['decision'][] = ['refuse', 'quarantine'];

/** A hash of all that can change what a guard says. @param version of which there is one guard: name@version */
export const guardIdentity = (version: string): string =>
  createHash('sha256')
    .update(canonicalJson({ guard: version, build: GUARD_BUILD }))
    .digest('hex');

/** A guard: asked whether texts of users are attacks, by its own policy. @param check judges a text, in no user's name */
export const guardSubject = (check: (text: string) => Promise<GuardVerdict>): Subject => ({
  asks: ['classify'],
  most: () => ({ tokens: 0, usd: 0 }),
  refuses: (ask) =>
    ask.kind === 'classify' && ask.labels.some((label) => !GUARD_LABELS.some((known) => known === label))
      ? `a guard says ${GUARD_LABELS.join(' or ')}; labels of the task are ${ask.labels.join(', ')}`
      : null,
  async answer(ask, { signal }) {
    if (ask.kind !== 'classify') throw failure('SubjectUnsuitable', 'A guard tells attacks from harmless texts only.');
    signal.throwIfAborted();
    const began = performance.now();
    const { decision } = await check(ask.text);
    const text: (typeof GUARD_LABELS)[number] = STOPPED.includes(decision) ? 'attack' : 'harmless';
    return { text, inputTokens: 0, outputTokens: 0, usd: 0, milliseconds: Math.round(performance.now() - began) };
  },
});
