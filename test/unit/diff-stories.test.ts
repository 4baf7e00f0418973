import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printDifference } from '../../workers/cli/commands/diff';
import { readHistories, type KeptHistory } from '../../workers/cli/histories';
import { Output } from '../../workers/cli/output';
import { differences, diffRuns, pairPhases } from '../../workers/cli/story/diff-stories';
import type { Phase } from '../../workers/cli/story/story';

const FOLDER = join(__dirname, '..', 'histories');

async function kept(name: string): Promise<KeptHistory> {
  const [history] = await readHistories(FOLDER, `${name}.json`);
  if (!history) throw new Error(`${name} is not kept.`);
  return history;
}

const phase = (name: string): Phase => ({ name, kind: 'activity', steps: 1, attempts: 1, failed: 0, from: 0, to: 1 });

describe('two runs', () => {
  it('that went the same way have no divergence, whatever their times', async () => {
    const run = await kept('train-model-published-2026-11-26');
    expect(diffRuns(run, run)).toMatchObject({ input: [], output: [], divergence: null });
  });

  it('part at the first command that differs, and differ in input and result by path', async () => {
    const published = await kept('promote-version-held-approved-2026-11-26');
    const rejected = await kept('promote-version-held-rejected-2026-11-26');
    const { divergence, output, a, b } = diffRuns(published, rejected);
    expect(divergence?.a?.what).not.toBe(divergence?.b?.what);
    expect(divergence?.shared).toBeGreaterThan(0);
    expect(output.length).toBeGreaterThan(0);
    expect([a.outcome, b.outcome]).toEqual(['completed', 'failed']);
  });

  it('are told in short text: a job that was killed once has phases more', async () => {
    const difference = diffRuns(
      await kept('train-model-published-2026-11-26'),
      await kept('train-model-killed-resumed-2026-11-26'),
    );
    expect(difference.phases.filter(({ a }) => a === null).map(({ name }) => name)).toContain('beginTraining');
    let text = '';
    const stream = { write: (more: string) => ((text += more), true) };
    printDifference(new Output(false, stream, stream, {}), difference);
    expect(text).toMatch(
      /\d+ the same, then\n {2}a: activity \w+ \(event \d+\)\n {2}b: activity acquireDevices \(event \d+\)/,
    );
    expect(text).toContain('only in b');
    expect(text).toMatch(/name +"\w+" +→ +"killed"/);
  });
});

describe('differences of values', () => {
  it('are told by path', () => {
    expect(differences({ a: 1, b: { c: [1, 2] } }, { a: 1, b: { c: [1, 3, 4] }, d: null })).toEqual([
      { path: 'b.c.1', a: 2, b: 3 },
      { path: 'b.c.2', a: undefined, b: 4 },
      { path: 'd', a: undefined, b: null },
    ]);
    expect(differences(undefined, { a: 1 })).toEqual([{ path: '(whole)', a: undefined, b: { a: 1 } }]);
  });

  it('of a value and itself are none', () =>
    fc.assert(fc.property(fc.jsonValue(), (value) => differences(value, structuredClone(value)).length === 0)));
});

describe('phases side by side', () => {
  const some = fc.array(fc.constantFrom('a', 'b', 'c').map(phase), { maxLength: 12 });

  it('hold each phase of both once, in its order, and pair the same names', () =>
    fc.assert(
      fc.property(some, some, (a, b) => {
        const pairs = pairPhases(a, b);
        expect(pairs.flatMap((pair) => (pair.a ? [pair.a] : []))).toEqual(a);
        expect(pairs.flatMap((pair) => (pair.b ? [pair.b] : []))).toEqual(b);
        for (const pair of pairs) if (pair.a && pair.b) expect(pair.a.name).toBe(pair.b.name);
      }),
    ));

  it('of the same phases are all pairs', () =>
    fc.assert(fc.property(some, (a) => pairPhases(a, a).every((pair) => pair.a !== null && pair.b !== null))));
});
