import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RECIPES, settleSpanRules } from '../../schemas/recipes';
import { clean, type Cleaned, type CleaningRun } from '../integration/cleaning-run';
import { writeDocuments } from '../support/documents';
import { seededRandom } from '../support/random';

const JITI = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
const CHILD = path.join(__dirname, '../support/cleaning-child.ts');
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_124);
/** Twenty-four in all: each phase is as often the one that dies. */
const KILLS_A_PHASE = 3;
const PHASES = ['filter', 'match', 'cluster', 'spans', 'repeats', 'remains', 'write', 'publish'] as const;
const BY_UNIT: ReadonlySet<string> = new Set(['filter', 'spans', 'remains', 'write']);
/** As the helper cuts matching documents, and spans. */
const PARTS = 5;
const RULES = settleSpanRules({
  ...RECIPES.minimal,
  dropDuplicateSpans: 'line',
  minWordsLeft: null,
  minSentencesLeft: null,
});
/** Units in flight at once, which is the most that a kill can cost. */
const CONCURRENCY = 2;
/** A kill comes within this many milliseconds after the unit has begun: about as long as one takes. */
const WITHIN_MS = 60;

interface Outcome {
  /** null where it was killed before there was one. */
  result: Cleaned | null;
  /** Units that were begun and not done. */
  lost: number;
}

describe(`cleaning, killed at seeded moments in each phase (CHAOS_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  let base: string;
  let run: CleaningRun;
  let undisturbed: Cleaned;
  let steps: number;
  let killed = 0;
  beforeAll(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'cleaning-kills-'));
    const root = path.join(base, 'documents');
    await writeDocuments(root, 4000, SEED);
    // Texts unlike one another, but for one line that all of them have.
    const notes = Array.from({ length: 300 }, () => {
      const words = Array.from({ length: 40 }, () => random.below(36 ** 4).toString(36));
      return `${JSON.stringify({ text: `${words.join(' ')}\nThis line is the same in every one of them.` })}\n`;
    });
    await writeFile(path.join(root, 'notes.jsonl'), notes.join(''));
    const options = { root, rules: RULES, unitBytes: 65_536, concurrency: CONCURRENCY, parts: PARTS };
    undisturbed = await clean({ ...options, storeDir: path.join(base, 'undisturbed') });
    run = { ...options, storeDir: path.join(base, 'killed') };
    // Filter, spans, remains and write are by unit, match and repeats by part; cluster and publish are one each.
    steps = 4 * undisturbed.units + 2 * PARTS + 2;
    expect(undisturbed.counts.cut?.spans).toBe(notes.length - 1);
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  /** Runs in a process of its own that dies soon after a unit of the phase has begun; to the end where none is given. */
  async function attempt(phase: string | null): Promise<Outcome> {
    const isLong = phase !== null && BY_UNIT.has(phase);
    const child = spawn(process.execPath, [JITI, CHILD, JSON.stringify(run)], { stdio: ['ignore', 'pipe', 'ignore'] });
    // A few units of a long phase go through first.
    const pass = isLong ? random.below(4) : 0;
    let [begun, ended, seen] = [0, 0, 0];
    let result: Cleaned | null = null;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('{')) result = JSON.parse(line) as Cleaned;
      if (line.startsWith('end')) ended++;
      if (!line.startsWith('begin')) continue;
      begun++;
      if (line.startsWith(`begin ${phase} `) && seen++ === pass)
        setTimeout(() => child.kill('SIGKILL'), random.below(WITHIN_MS));
    }
    // Publishing tells no end but its result.
    return { result, lost: result ? 0 : begun - ended };
  }

  it.each(PHASES)('in %s: the next attempt goes on, and what is lost is what was in flight', async (phase) => {
    for (let kill = 0; kill < KILLS_A_PHASE; kill++) {
      const { result, lost } = await attempt(phase);
      if (result === null) killed++;
      expect(lost).toBeLessThanOrEqual(CONCURRENCY);
      expect(lost / steps).toBeLessThan(0.03);
    }
  });

  it('has killed that often, or it has proved less than it says', () => {
    expect(killed).toBe(KILLS_A_PHASE * PHASES.length);
  });

  it('ends with the same dataset, rejects, report and signatures, byte for byte', async () => {
    expect((await attempt(null)).result).toEqual(undisturbed);
  });
});
