import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Facts } from '../chaos/plan/facts';
import { unbalanced, wrongCharges } from '../chaos/plan/invariants';
import { stepDefects } from '../chaos/plan/jobs';
import { Journal } from '../chaos/plan/journal';
import { DOCUMENTS } from '../chaos/plan/inputs';
import { type StageRun, STAGE_RUNS } from '../chaos/plan/stages';

const stage = STAGE_RUNS.find(({ index }) => index !== undefined) as StageRun;

describe('results that must be the same', () => {
  const held = (...contents: object[]): string[] => {
    const facts = new Facts();
    contents.forEach((content, round) => facts.holds(stage, round, content));
    return facts.differences();
  };

  it('are told where one byte of an index is another', () => {
    expect(held({ chunks: 3, sha256: 'a' }, { chunks: 3, sha256: 'a' })).toEqual([]);
    expect(held({ chunks: 3, sha256: 'a' }, { chunks: 3, sha256: 'a' }, { chunks: 3, sha256: 'b' })).toEqual([
      expect.stringContaining('in round 2: {"chunks":3,"sha256":"b"} instead of'),
    ]);
  });

  it('are held against the undisturbed one alone, and a stage that has none is told', () => {
    const facts = new Facts();
    facts.holds(stage, 1, { sha256: 'a' });
    facts.holds(stage, 2, { sha256: 'a' });
    expect(facts.differences()).toHaveLength(2);
  });
});

describe('the documents of a cleaning', () => {
  const cleaned = (read: number, kept: number, rejected: number, rows: [number, number]): string[] => {
    const facts = new Facts();
    const counts = { read, kept, rejected };
    const output = { counts, dataset: { artifact: { rows: rows[0] } }, rejects: { rows: rows[1] } };
    facts.outputs.push({ stage: 'cleanDataset', round: 1, output });
    return unbalanced(facts);
  };

  it('are all read, counted and written', () => {
    expect(cleaned(DOCUMENTS, 60, DOCUMENTS - 60, [60, DOCUMENTS - 60])).toEqual([]);
    for (const wrong of [
      cleaned(DOCUMENTS - 1, 60, DOCUMENTS - 61, [60, DOCUMENTS - 61]),
      cleaned(DOCUMENTS, 60, DOCUMENTS - 61, [60, DOCUMENTS - 61]),
      cleaned(DOCUMENTS, 60, DOCUMENTS - 60, [59, DOCUMENTS - 60]),
    ])
      expect(wrong).toHaveLength(1);
  });
});

describe('what a provider has charged', () => {
  const call = (key: string, asked: string) => ({ key, asked, hash: asked });

  it('is right where each question came under its one key, however often', () => {
    const calls = [call('a', 'round 0: 1'), call('b', 'round 0: 2'), call('a', 'round 0: 1')];
    expect(wrongCharges([...calls, call('undefined', 'of an agent'), call('undefined', 'of an agent')], 2)).toEqual([]);
  });

  it('is wrong under a second key, a key of two questions, no key, and where a question is missing', () => {
    expect(wrongCharges([call('a', 'round 0: 1'), call('b', 'round 0: 1')], 1)).toHaveLength(1);
    expect(wrongCharges([call('a', 'round 0: 1'), call('a', 'round 0: 2')], 2)).toHaveLength(1);
    expect(wrongCharges([call('undefined', 'round 0: 1')], 1)).toHaveLength(1);
    expect(wrongCharges([call('a', 'round 0: 1')], 2)).toHaveLength(1);
  });
});

describe('the steps of a training', () => {
  const steps = (attempt: number, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => ({ attempt, step: from + at }));

  it('may be taken again by the next attempt, from its checkpoint on', () => {
    expect(stepDefects([...steps(1, 1, 9), ...steps(2, 6, 20)])).toEqual([]);
  });

  it('are wrong where nothing is seen, one comes twice or is left out, or two attempts train at once', () => {
    for (const told of [
      [],
      steps(1, 2, 9),
      [...steps(1, 1, 4), ...steps(1, 4, 9)],
      [...steps(1, 1, 4), ...steps(2, 6, 9)],
      [...steps(1, 1, 9), ...steps(2, 6, 7), ...steps(1, 10, 10)],
    ])
      expect(stepDefects(told)).not.toEqual([]);
  });
});

describe('a journal', () => {
  it('says how to have a failure again, and that a plan of which nothing came shows nothing', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'journal-'));
    const journal = new Journal(path.join(dir, 'journal.jsonl'), 'npm run chaos -- --seed 3');
    expect(journal.summary()).not.toContain('npm run chaos');
    const fault = { number: 1, round: 1, stage: 'a', part: 'model', fault: 'kill', after: 1, delayMs: 0 } as const;
    journal.fault({ ...fault, seconds: 0, met: false });
    expect(journal.failures()).toEqual(['no fault was met']);
    expect(journal.summary()).toContain('The same faults again: npm run chaos -- --seed 3');
    rmSync(dir, { recursive: true });
  });
});
