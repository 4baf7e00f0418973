import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanedBytes } from '../support/cleaned-bytes';
import { writeDocuments } from '../support/documents';
import { KILL_PHASES, type Kill, CleaningLane, type KillPhase, type LaneRun } from '../support/cleaning-lane';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { build } from '../system/cli-process';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_125);
/** `npx jiti bench/faults.ts` does twenty, on more than a test has time for. */
const KILLS_A_PHASE = 2;
const DOCUMENTS = 400;
/** Units at once on a worker: the most that a kill can cost. */
const SLOTS = 2;
const INPUT = {
  source: 'documents',
  name: 'chaos',
  recipe: 'gopher',
  overrides: {
    ...{ maxDuplicateNgramChars: null, maxTopNgramChars: null },
    ...{ dropDuplicateSpans: 'line', minWordsLeft: null, minSentencesLeft: null },
  },
  unitBytes: 65_536,
};
/** Documents with one line that all of them have. */
const NOTES = 30;
/** Without what asks for all texts again, so that a version takes over what the one before keeps. */
const TAKING_OVER = { ...INPUT, overrides: { maxDuplicateNgramChars: null, maxTopNgramChars: null } };
const PHASES = Object.keys(KILL_PHASES) as KillPhase[];

describe(`a worker of cleanDataset, killed at seeded moments of each phase (CHAOS_SEED=${SEED})`, () => {
  let base: string;
  let undisturbed: LaneRun;
  const kills = new Map<KillPhase, Kill[]>();
  const outputs = new Map<KillPhase, LaneRun['output'][]>();
  let takingOver: { killed: LaneRun; anew: LaneRun['output'] };

  beforeAll(async () => {
    await build();
    base = await mkdtemp(path.join(tmpdir(), 'cleaning-kills-'));
    await writeDocuments(path.join(base, 'documents'), DOCUMENTS, SEED);
    const random = seededRandom(SEED);
    const notes = Array.from({ length: NOTES }, () => {
      const words = Array.from({ length: 60 }, () => random.below(36 ** 4).toString(36));
      return `${JSON.stringify({ text: `That is ${words.join(' ')}.\nAnd this line is the same in each of them.` })}\n`;
    });
    await writeFile(path.join(base, 'documents', 'notes.jsonl'), notes.join(''));
    const config = { sources: { roots: [base] }, pools: { cpu: { slots: SLOTS } } };
    undisturbed = await inLane('undisturbed', (lane) => lane.run('undisturbed', INPUT));
    // A kill is waited out for the 15 s of the heartbeat timeout, so the phases have theirs at once.
    await Promise.all([
      ...PHASES.map((phase, number) => inLane(phase, (lane) => killIn(lane, phase, number))),
      inLane('taking-over', killTakingOver),
    ]);

    async function inLane<T>(name: string, work: (lane: CleaningLane) => Promise<T>): Promise<T> {
      const lane = await CleaningLane.open(sharedServers(), { dir: path.join(base, name), config });
      return work(lane).finally(() => lane.close());
    }
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  /** Runs until the phase has been hit often enough. */
  async function killIn(lane: CleaningLane, phase: KillPhase, number: number): Promise<void> {
    const activity = KILL_PHASES[phase];
    const { attempts = 1, ms = 0 } = undisturbed.spent[activity] ?? {};
    const random = seededRandom(SEED + number);
    const met: Kill[] = [];
    const made: LaneRun['output'][] = [];
    for (let run = 0; met.length < KILLS_A_PHASE; run++) {
      const wanted = KILLS_A_PHASE - met.length;
      const plan = {
        activity,
        kills: wanted,
        among: Math.ceil(attempts / 2 / wanted),
        withinMs: ms / attempts,
        random,
      };
      const { output, kills } = await lane.run(`run-${run}`, INPUT, plan);
      met.push(...kills);
      made.push(output);
    }
    kills.set(phase, met);
    outputs.set(phase, made);
  }

  /** Kills the worker of a second version, which takes over what the first keeps. */
  async function killTakingOver(lane: CleaningLane): Promise<void> {
    await lane.run('first', TAKING_OVER);
    const random = seededRandom(SEED);
    // As if all pages were gone: the other files are the same.
    const input = { ...TAKING_OVER, formats: ['markdown', 'jsonl'], force: false };
    const plan = { activity: KILL_PHASES.filter, kills: 1, among: 3, withinMs: 10, random };
    const killed = await lane.run('second', input, plan);
    takingOver = { killed, anew: (await lane.run('anew', { ...input, force: true })).output };
  }

  it('keeps and rejects something where nobody kills it', () => {
    expect(undisturbed.output.counts.read).toBe(DOCUMENTS + NOTES);
    expect(undisturbed.output.counts.cut?.spans).toBe(NOTES - 1);
    expect(undisturbed.output.counts.kept).toBeGreaterThan(DOCUMENTS / 2);
    expect(undisturbed.output.counts.rejected).toBeGreaterThan(DOCUMENTS / 8);
  });

  it.each(PHASES)('in %s: gives the same dataset, rejects, report and signatures, byte for byte', (phase) => {
    expect(kills.get(phase)).toHaveLength(KILLS_A_PHASE);
    const [first, ...others] = outputs.get(phase) ?? [];
    for (const output of [first, ...others]) {
      expect(output && cleanedBytes(output)).toEqual(cleanedBytes(undisturbed.output));
    }
    // A second run of a lane has a version before it to compare with.
    expect(first?.report?.sha256).toBe(undisturbed.output.report?.sha256);
  });

  it('while it takes over units: gives what cleaning from nothing gives, byte for byte', () => {
    const { killed, anew } = takingOver;
    expect(killed.kills).toHaveLength(1);
    expect(killed.output.takenOver?.documents).toBeGreaterThan(0);
    expect(anew.takenOver?.documents).toBe(0);
    expect(cleanedBytes(killed.output)).toEqual(cleanedBytes(anew));
  });

  it.each(PHASES)('in %s: costs what was in flight and nothing more', (phase) => {
    for (const { attempts } of kills.get(phase) ?? []) expect(attempts).toBeLessThanOrEqual(SLOTS);
  });
});
