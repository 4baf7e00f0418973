import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bradleyTerry, type Match } from '../../../activities/evaluation/judge/bradley-terry';
import { type Judged, judgePair, outcomeOf } from '../../../activities/evaluation/judge/pairwise';
import { comparedBy, reportJudge } from '../../../activities/evaluation/judge/report';
import { decide, type Verdict } from '../../../activities/evaluation/statistics/verdict';
import { mulberry32 } from '../../../activities/kit/random';
import { type JudgeFaults, simulatedJudge, simulatedPairs } from '../../support/simulated-judge';

/** As a strong model is, by what is published: consistent in about two of three pairs. */
const FAULTS: JudgeFaults = { bias: 0.25, noise: 0.15 };
/** The candidate is better in so much more of the pairs than it is worse. */
const MARGIN = 0.15;
const PAIRS = 1_500;

async function judged(ahead: number, faults: JudgeFaults, seed: number, pairs = PAIRS): Promise<Judged[]> {
  const random = mulberry32(seed);
  const judge = simulatedJudge(faults, random);
  return Promise.all(simulatedPairs(pairs, ahead, random).map((pair) => judgePair(judge, pair)));
}

async function verdicts(ahead: number, faults: JudgeFaults, rounds: number): Promise<Verdict['verdict'][]> {
  const found: Verdict['verdict'][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const all = comparedBy('all', await judged(ahead, faults, 1_000 + round), { resamples: 200 });
    found.push(decide(all, [], { margin: 0.02, require: 'better' }).verdict);
  }
  return found;
}

const share = (list: readonly Verdict['verdict'][], wanted: Verdict['verdict']): number =>
  list.filter((verdict) => verdict === wanted).length / list.length;

describe('a pair', () => {
  it('is won only by who is preferred in both orders', () => {
    expect(outcomeOf('first', 'second')).toBe('win');
    expect(outcomeOf('second', 'first')).toBe('loss');
    for (const place of ['first', 'second', 'tie'] as const) expect(outcomeOf(place, place)).toBe('tie');
    expect(outcomeOf('tie', 'second')).toBe('tie');
  });

  it('is shown in both orders, and nothing says whose an answer is', async () => {
    const shown: string[] = [];
    const pair = { id: 'a', prompt: 'why?', candidate: 'new', reference: 'old' };
    const { outcome } = await judgePair((asked) => {
      shown.push(JSON.stringify(asked));
      return Promise.resolve('tie');
    }, pair);
    expect(shown).toEqual([
      '{"prompt":"why?","first":"new","second":"old"}',
      '{"prompt":"why?","first":"old","second":"new"}',
    ]);
    expect(outcome).toBe('tie');
  });
});

describe('a judge with position bias and noise', () => {
  it('finds who is better, by the margin, in at least 95 of 100 comparisons', async () => {
    for (const bias of [FAULTS.bias, -FAULTS.bias]) {
      const faults = { ...FAULTS, bias };
      expect(share(await verdicts(MARGIN, faults, 60), 'promote')).toBeGreaterThanOrEqual(0.95);
      expect(share(await verdicts(-MARGIN, faults, 60), 'reject')).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('promotes or rejects equals no more often than it may', async () => {
    const found = await verdicts(0, FAULTS, 120);
    // Either way 2.5%, and three standard errors.
    expect(share(found, 'promote')).toBeLessThan(0.025 + 0.043);
    expect(share(found, 'reject')).toBeLessThan(0.025 + 0.043);
  });

  it('is reported with the bias that it has, whoever is better', async () => {
    for (const [bias, ahead] of [
      [0.25, 0.2],
      [-0.25, -0.2],
      [0.1, 0],
    ] as const) {
      const { bias: told, warning } = reportJudge(await judged(ahead, { ...FAULTS, bias }, 5, 4_000));
      expect(told.shift.low).toBeLessThan(bias);
      expect(told.shift.high).toBeGreaterThan(bias);
      expect(warning).toMatch(bias > 0 ? /prefers the first place/ : /prefers the second place/);
    }
    const fair = reportJudge(await judged(0.3, { bias: 0, noise: 0.15 }, 5, 4_000));
    expect(fair.warning).toBeNull();
    expect(fair.bias.firstOfTorn.low).toBeLessThan(0.5);
    expect(fair.bias.firstOfTorn.high).toBeGreaterThan(0.5);
  });

  it('without faults is always consistent, and its win rate is the truth', async () => {
    const { bias, winRate, wins, ties, losses } = reportJudge(await judged(0.3, { bias: 0, noise: 0 }, 3, 4_000));
    expect(wins + ties + losses).toBe(4_000);
    expect(winRate.low).toBeLessThan(0.65);
    expect(winRate.high).toBeGreaterThan(0.65);
    expect(bias.consistent.mean).toBeGreaterThan(0.75);
  });
});

describe('Bradley and Terry', () => {
  it('find the strengths that matches were drawn from', () => {
    const truth = new Map([
      ['a', 0.8],
      ['b', 0],
      ['c', -0.8],
    ]);
    const random = mulberry32(2);
    const names = [...truth.keys()];
    const matches = Array.from({ length: 9_000 }, (_, at): Match => {
      const systems = [names[at % 3] ?? '', names[(at + 1) % 3] ?? ''] as const;
      const ahead = (truth.get(systems[0]) ?? 0) - (truth.get(systems[1]) ?? 0);
      return { systems, outcome: random() < 1 / (1 + Math.exp(-ahead)) ? 'win' : 'loss' };
    });
    for (const [name, strength] of bradleyTerry(matches)) {
      expect(Math.abs(strength - (truth.get(name) ?? NaN))).toBeLessThan(0.1);
    }
  });

  it('give two systems the odds of their wins, ties for half, and keep the winner of all within reach', () => {
    const match = (outcome: Match['outcome']): Match => ({ systems: ['a', 'b'], outcome });
    const strengths = bradleyTerry([match('win'), match('win'), match('tie'), match('loss')]);
    // 2.5 of 4 and the tie that is given: 3 of 5.
    expect((strengths.get('a') ?? NaN) - (strengths.get('b') ?? NaN)).toBeCloseTo(Math.log(3 / 2), 8);
    const always = bradleyTerry(Array.from({ length: 9 }, () => match('win')));
    expect((always.get('a') ?? NaN) - (always.get('b') ?? NaN)).toBeCloseTo(Math.log(9.5 / 0.5), 8);
  });

  it('say the same whoever is named first', () => {
    const outcome = fc.constantFrom<Match['outcome']>('win', 'tie', 'loss');
    const system = fc.constantFrom('a', 'b', 'c', 'd');
    const match = fc.tuple(system, system, outcome).filter(([one, other]) => one !== other);
    fc.assert(
      fc.property(fc.array(match, { minLength: 1, maxLength: 30 }), (list) => {
        const there = bradleyTerry(list.map(([one, other, ended]) => ({ systems: [one, other], outcome: ended })));
        const turned = { win: 'loss', tie: 'tie', loss: 'win' } as const;
        const back = bradleyTerry(
          list.map(([one, other, ended]) => ({ systems: [other, one], outcome: turned[ended] })),
        );
        for (const [name, strength] of there) expect(back.get(name)).toBeCloseTo(strength, 6);
      }),
      { numRuns: 50 },
    );
  });
});
