import type { Turn } from '../../../activities/agent/loops';
import { mulberry32 } from '../../../activities/kit/random';

/** What an agent did, and whether it went in circles, by construction. */
export interface Transcript {
  family: string;
  looping: boolean;
  turns: Turn[];
  /** Tools of which the tool list says that they are for polling. */
  pollingTools: string[];
  /** Of a loop: the turn with which each repetition ended. */
  repetitions: number[];
  /** Repetitions that a loop of this kind needs at least to be one, where that is more than the rules say. */
  minimum?: number;
}

/** So many of what is made by their number. */
export const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

/** Work that goes well. */
export const healthy = (turns: Turn[], pollingTools: string[] = []): Omit<Transcript, 'family' | 'looping'> => ({
  turns,
  pollingTools,
  repetitions: [],
});

export type Family = (random: Random) => Omit<Transcript, 'family' | 'looping'>;

/** Draws from a seed. */
export class Random {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = mulberry32(seed);
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!;
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, key: this.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  }

  /** So many different ones. */
  some<T>(list: readonly T[], count: number): T[] {
    return this.shuffled(list).slice(0, count);
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.int(0, 15).toString(16)).join('');
  }
}

export const SUBJECTS =
  'refund policy|database migration|quarterly revenue|login failure|shipping delay|memory leak|tax rules|climate report|server outage|vaccine trial|solar panels|train timetable|copyright claim|rental contract|payroll export|search ranking|coffee prices|bridge inspection|visa requirements|battery recycling'.split(
    '|',
  );
export const NAMES =
  'acme globex initech umbrella hooli stark wayne cyberdyne tyrell wonka soylent vandelay dunder pied oscorp gringotts monarch aperture massive zorin'.split(
    ' ',
  );
export const WORDS =
  'river stone market engine winter ledger signal garden copper pattern bridge harbor velvet thunder candle orbit meadow falcon marble lantern canyon ribbon anchor pepper saddle walnut glacier compass violin tunnel'.split(
    ' ',
  );
export const FILES =
  'src/app.ts src/index.ts src/db/pool.ts src/db/migrate.ts lib/cache.py lib/auth.py tests/test_auth.py docs/setup.md config/dev.yaml scripts/build.sh src/ui/menu.tsx src/ui/form.tsx pkg/server/main.go pkg/server/routes.go README.md'.split(
    ' ',
  );

/** Sentences that no other draw gives. */
export const prose = (random: Random, words: number): string =>
  Array.from({ length: words }, () => random.pick(WORDS)).join(' ') + ` ${random.int(100, 9_999)}.`;

/** What a search that finds something returns. */
export const hits = (random: Random, count: number): object[] =>
  Array.from({ length: count }, () => ({
    id: `doc-${random.int(1, 99_999)}`,
    title: prose(random, 4),
    score: random.int(10, 99) / 100,
  }));

/** A turn that has to do with nothing else, and learns something. */
export function unrelated(random: Random): Turn {
  const kind = random.int(0, 4);
  if (kind === 0)
    return { tool: 'read_file', arguments: { path: `notes/${random.hex(5)}.md` }, result: prose(random, 30) };
  if (kind === 1)
    return {
      tool: 'web_search',
      arguments: { query: `${random.pick(SUBJECTS)} ${random.pick(NAMES)}` },
      result: { hits: hits(random, 3) },
    };
  if (kind === 2)
    return {
      tool: 'calculator',
      arguments: { expression: `${random.int(2, 999)} * ${random.int(2, 999)}` },
      result: String(random.int(4, 998_001)),
    };
  if (kind === 3)
    return {
      tool: 'write_file',
      arguments: { path: `out/${random.hex(4)}.txt`, content: prose(random, 25) },
      result: 'File written.',
    };
  return {
    tool: 'run',
    arguments: { command: `grep -rn ${random.pick(WORDS)}_${random.int(1, 99)} src/` },
    result: `src/${random.hex(4)}.ts:${random.int(1, 400)}: ${prose(random, 6)}`,
  };
}

/** Work that goes well, before it does not. */
export const prelude = (random: Random, most: number): Turn[] =>
  Array.from({ length: random.int(0, most) }, () => unrelated(random));

/**
 * A loop: the turns of each repetition, after a prelude, with unrelated turns strewn in between at a rate. `body` gives
 * the turns of repetition `at`.
 */
export function loopOf(
  random: Random,
  body: (at: number) => Turn[],
  { times = random.int(9, 14), noise = 0, before = 12, pollingTools = [] as string[] } = {},
): Omit<Transcript, 'family' | 'looping'> {
  const turns = prelude(random, before);
  const repetitions: number[] = [];
  for (let at = 0; at < times; at += 1) {
    let end = turns.length;
    for (const turn of body(at)) {
      end = turns.push(turn) - 1;
      if (random.chance(noise)) turns.push(unrelated(random));
    }
    repetitions.push(end);
  }
  return { turns, pollingTools, repetitions };
}

/** So many transcripts of each family, the same for the same seed. */
export function transcripts(
  families: Record<string, Family>,
  looping: boolean,
  each: number,
  seed: number,
): Transcript[] {
  return Object.entries(families).flatMap(([family, make], place) =>
    Array.from({ length: each }, (_, at) => ({
      family,
      looping,
      ...make(new Random(seed + 7_919 * place + 104_729 * at)),
    })),
  );
}
