import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestTurn, type Turn } from '../../../activities/agent/loops';
import { LOOP_MINIMUM, LOOP_WINDOW, type LoopOptions, turnDigest } from '../../../schemas/agent-loops';
import { FOURTH_HEALTHY, FOURTH_LOOPING } from '../../support/agent-transcripts/fourth';
import { HEALTHY } from '../../support/agent-transcripts/healthy';
import {
  hits,
  NAMES,
  prose,
  Random,
  type Transcript,
  transcripts,
  unrelated,
} from '../../support/agent-transcripts/kit';
import { LOOPING } from '../../support/agent-transcripts/looping';
import { THIRD_HEALTHY } from '../../support/agent-transcripts/third-healthy';
import { THIRD_LOOPING } from '../../support/agent-transcripts/third-looping';
import { judgeLoops } from '../../../workflows/agent/loops';

/** The verdicts after each turn, as the workflow gets them. */
const verdicts = (turns: readonly Turn[], options: LoopOptions = {}) => {
  const digests = turns.map(digestTurn);
  return digests.map((_, at) => judgeLoops(digests.slice(0, at + 1), options));
};
const levels = (turns: readonly Turn[], options?: LoopOptions) => verdicts(turns, options).map(({ level }) => level);
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const stopOf = ({ turns, pollingTools }: Transcript) => {
  const found = verdicts(turns, { pollingTools });
  const turn = found.findIndex(({ level }) => level === 'stop');
  return turn === -1 ? null : { turn, verdict: found[turn]! };
};

const call: Turn = {
  tool: 'search',
  arguments: { query: 'refund policy', limit: 5 },
  result: { hits: [{ id: 'doc-7' }] },
};

describe('the digest of a turn', () => {
  it('is small, and holds no word of what was said', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const secret = `secret${random.hex(8)}`;
        const digest = digestTurn({
          tool: 'search_the_archive',
          arguments: { query: `${prose(random, 300)} ${secret}`, limit: 10 },
          result: { hits: hits(random, 40), note: secret },
          text: `${prose(random, 100)} ${secret}`,
        });
        expect(turnDigest.parse(digest)).toEqual(digest);
        const text = JSON.stringify(digest);
        expect(text.length).toBeLessThan(320);
        expect(text).not.toContain(secret);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same whatever the order of the keys, and another for another call', () => {
    const swapped = { ...call, arguments: { limit: 5, query: 'refund policy' } };
    expect(digestTurn(swapped)).toEqual(digestTurn(call));
    expect(digestTurn({ ...call, arguments: { query: 'refund policies', limit: 5 } }).call).not.toBe(
      digestTurn(call).call,
    );
  });

  it.each(['a', '我们继续检查', '0f', 'attempt-', '"time":"', 'a/'])(
    'is made of a million characters in time that a turn does not notice: %s',
    (piece) => {
      const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
      expect(JSON.stringify(digestTurn({ tool: 'x', arguments: { text }, result: text, text })).length).toBeLessThan(
        320,
      );
    },
    5_000,
  );

  it('does not see when an answer was given, and sees what it says', () => {
    const result = (took: number, count: number) =>
      digestTurn({
        ...call,
        result: { count, took: `${took} ms`, timestamp: `2026-11-25T10:00:${10 + took}Z`, request_id: `r-${took}` },
      }).result;
    expect(result(12, 3)).toBe(result(31, 3));
    expect(result(12, 3)).not.toBe(result(12, 4));
  });
});

describe('a loop', () => {
  it('is first nudged, then asked for another plan, then stopped with its turns as evidence', () => {
    const found = verdicts(
      times(5, () => call),
      { firstTurn: 100 },
    );
    expect(found.map(({ level }) => level)).toEqual(['none', 'none', 'nudge', 'replan', 'stop']);
    expect(found[4]).toEqual({
      level: 'stop',
      rule: 'same_call_and_result',
      period: 1,
      repeats: 5,
      minimum: LOOP_MINIMUM.repeated,
      evidence: {
        turns: [100, 101, 102, 103, 104],
        words: 'search was called 5 times with the same arguments and result',
      },
    });
  });

  it('of any period up to four is stopped by its fifth time, whatever is strewn in', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        (seed, period, strewn) => {
          const random = new Random(seed);
          const cycle = random.some(NAMES, period).map((name): Turn => ({
            tool: random.pick(['open', 'read']),
            arguments: { name },
            result: prose(random, 20),
          }));
          // At most `strewn` unrelated turns in each four of the cycle: a third of all or less.
          const turns = times(5 * period, (at) => [
            cycle[at % period]!,
            ...(at % 4 < Math.min(strewn, 2) ? [unrelated(random)] : []),
          ]).flat();
          const found = levels([...times(random.int(0, 30), () => unrelated(random)), ...turns]);
          expect(found).toContain('stop');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the same verdict from the last 64 digests, after a round through JSON', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...Object.keys(LOOPING)), (seed, family) => {
        const { turns, pollingTools } = LOOPING[family]!(new Random(seed));
        const digests = turns.map(digestTurn);
        const kept = JSON.parse(JSON.stringify(digests.slice(-LOOP_WINDOW))) as typeof digests;
        const whole = judgeLoops(digests, { pollingTools });
        const replayed = judgeLoops(kept, { pollingTools, firstTurn: Math.max(0, digests.length - LOOP_WINDOW) });
        expect(replayed).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [
      'other words',
      (at: number) => ({
        query: [
          'acme refund policy',
          'Refund policy Acme?',
          'please find the ACME refund policy',
          'policy refund acme info',
          'the refund policy of acme',
        ][at],
      }),
    ],
    [
      'more and more words',
      (at: number) => ({
        query: `acme refund policy ${['', 'overview', 'overview history', 'overview history list', 'overview history list board'][at]}`,
      }),
    ],
    ['ever more results', (at: number) => ({ query: 'acme', limit: 10 * (at + 1) })],
    [
      'other words of Chinese',
      (at: number) => ({
        query: [
          '北京公积金政策',
          '查询北京的公积金政策',
          '北京公积金的政策是什么',
          '请问北京公积金政策',
          '关于北京公积金政策的信息',
        ][at],
      }),
    ],
  ])('is seen through %s', (_name, argumentsOf) => {
    expect(levels(times(5, (at) => ({ tool: 'search', arguments: argumentsOf(at), result: [] })))[4]).toBe('stop');
  });

  it('of words alone, of one text, and of errors is one too', () => {
    const random = new Random(1);
    expect(levels(times(5, () => ({ text: prose(random, 12) })))).toEqual(['none', 'none', 'nudge', 'replan', 'stop']);
    const chant = 'I have to check this once more before I can go on with it. '.repeat(30);
    expect(verdicts([{ ...call, text: chant }])[0]).toMatchObject({ level: 'stop', rule: 'chanting' });
    const failing = times(8, (at) => ({
      tool: 'read_file',
      arguments: { path: `${NAMES[at]}/x.json` },
      error: 'ENOENT: no such file',
    }));
    expect(verdicts(failing)[7]).toMatchObject({ level: 'stop', rule: 'repeated_error' });
  });
});

describe('no loop', () => {
  it.each<[string, Turn[]]>([
    [
      'is a walk through pages',
      times(40, (at) => ({ tool: 'list', arguments: { page: at }, result: hits(new Random(at), 3) })),
    ],
    [
      'is a walk through pages of ids',
      times(20, (at) => ({
        tool: 'list',
        arguments: { page: at },
        result: times(5, (row) => new Random(7 * at + row).hex(32)),
      })),
    ],
    ['is the same done to other things', times(40, (at) => ({ tool: 'delete', arguments: { id: at }, result: 'ok' }))],
    [
      'is a file that is tested after each edit',
      times(30, (at): Turn =>
        at % 2 === 0
          ? { tool: 'edit', arguments: { path: 'a.ts', text: prose(new Random(at), 8) }, result: 'Edited.' }
          : { tool: 'test', arguments: {}, result: `${30 - at} failed` },
      ),
    ],
    [
      'is a call that works at the fourth try',
      [...times(3, (): Turn => ({ ...call, result: undefined, error: 'HTTP 503' })), call],
    ],
  ])('%s', (_name, turns) => {
    expect(levels(turns)).not.toContain('stop');
  });

  it('is polling with a tool for it, up to a budget of its own', () => {
    const poll: Turn = { tool: 'job_status', arguments: { job: 7 }, result: 'running' };
    const options = { pollingTools: ['job_status'], pollingBudget: 20 };
    const found = verdicts(
      times(22, () => poll),
      options,
    );
    expect(found.slice(0, 19).every(({ level }) => level === 'none')).toBe(true);
    expect(found[21]).toMatchObject({ level: 'stop', rule: 'polling', repeats: 22 });
    // A change of state begins the budget anew, and polls do not hide a loop around them.
    expect(
      levels(
        times(40, (at) => ({ ...poll, result: at < 18 ? 'queued' : 'running' })),
        options,
      )[36],
    ).toBe('none');
    expect(
      levels(
        times(10, (at) => (at % 2 === 0 ? call : poll)),
        options,
      ),
    ).toContain('stop');
  });
});

describe('the rules over generated transcripts', () => {
  it('stop what loops within two repetitions of their minimum, and hardly anything else', () => {
    const looping = transcripts({ ...LOOPING, ...THIRD_LOOPING, ...FOURTH_LOOPING }, true, 3, 2_026);
    const missed = looping.filter((transcript) => {
      const stop = stopOf(transcript);
      if (stop?.verdict.level !== 'stop') return true;
      const seen = 1 + transcript.repetitions.filter((end) => end < stop.turn).length;
      return seen > Math.max(stop.verdict.minimum, transcript.minimum ?? 0) + 2;
    });
    const healthy = transcripts({ ...HEALTHY, ...THIRD_HEALTHY, ...FOURTH_HEALTHY }, false, 5, 2_027);
    const stopped = healthy.filter((transcript) => stopOf(transcript) !== null);
    expect(missed.length / looping.length, missed.map(({ family }) => family).join()).toBeLessThanOrEqual(0.01);
    expect(stopped.length / healthy.length, stopped.map(({ family }) => family).join()).toBeLessThanOrEqual(0.005);
  });
});
