import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Words that rules look for, or that hold a text together, stay; so do short ones. */
const KEPT = new Set(
  'that have with this from they will which their there would about other been were what when'.split(' '),
);
const WORD = /[A-Za-z]{4,}/g;
/** A prime, so that the words of two copies meet nowhere soon. */
const STRIDE = 7_919;

/**
 * Copies of a corpus that are like it in everything but share no near duplicates with it or one another: in each, every
 * word is another of its length, the same one everywhere. So lengths, lines, repetitions, and who repeats whom stay.
 */
export class CorpusCopies {
  private constructor(
    private readonly source: string,
    private readonly places: ReadonlyMap<string, number>,
    private readonly byLength: readonly string[][],
  ) {}

  /** @param source JSON Lines with `id` and `text`. */
  static async of(source: string): Promise<CorpusCopies> {
    const words = new Set<string>();
    for await (const { text } of documentsOf(source)) {
      for (const [word] of text.matchAll(WORD)) words.add(word.toLowerCase());
    }
    const byLength: string[][] = [];
    const places = new Map<string, number>();
    for (const word of [...words].filter((each) => !KEPT.has(each)).sort()) {
      const same = (byLength[word.length] ??= []);
      places.set(word, same.push(word) - 1);
    }
    return new CorpusCopies(source, places, byLength);
  }

  /** Writes the copy of that number, which appears whole; 0 is the corpus itself. */
  async write(number: number, file: string): Promise<void> {
    const lines = Readable.from(this.lines(number));
    await pipeline(lines, createWriteStream(`${file}.part`));
    await rename(`${file}.part`, file);
  }

  private async *lines(number: number): AsyncGenerator<string> {
    for await (const { id, text } of documentsOf(this.source)) {
      const changed = number === 0 ? text : text.replace(WORD, (word) => this.other(word, number));
      yield `${JSON.stringify({ id: `${number}-${id}`, text: changed })}\n`;
    }
  }

  private other(word: string, number: number): string {
    const lower = word.toLowerCase();
    const place = this.places.get(lower);
    const same = this.byLength[word.length];
    if (place === undefined || !same) return word;
    const other = same[(place + number * STRIDE) % same.length] ?? word;
    if (word === lower) return other;
    return word === word.toUpperCase() ? other.toUpperCase() : other.charAt(0).toUpperCase() + other.slice(1);
  }
}

async function* documentsOf(file: string): AsyncGenerator<{ id: string; text: string }> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    yield JSON.parse(line) as { id: string; text: string };
  }
}
