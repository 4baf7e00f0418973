import { splitBlocks } from './blocks';
import { type Chunk, type ChunkSize, packPieces } from './chunk';
import { cutPieces, type CountTokens, MAX_CHARS_PER_TOKEN, type Piece } from './pieces';

/** A run of pieces: a question with its answer, or what stands between two of them. */
interface Run {
  isPair: boolean;
  pieces: Piece[];
}

export interface PairSize extends ChunkSize {
  /** Tokens that the model sees beside the context of a chunk. */
  room(title: string, path: readonly string[]): Promise<number>;
}

/** A chunk, and whether it is a question with its whole answer. */
export type PairChunk = Chunk & { isPair: boolean };

const QUESTION = /[?？]["'”’」』)）*_`\s]*$/u;

/**
 * Cuts documents of questions and answers: each heading that ends in a question mark is one chunk with all that stands
 * below it; of nested ones the inner are taken. Without any such heading the whole text is the answer, and the title the
 * question. Everything else, and a pair that the model can not see whole, is cut as other text is.
 *
 * As with `chunkTexts`, the chunks cover every character that is not blank, in order.
 */
export async function chunkPairs(
  documents: readonly { title: string; text: string }[],
  size: PairSize,
  count: CountTokens,
): Promise<PairChunk[][]> {
  const cut = await cutPieces(
    documents.map(({ text }) => text),
    size.maxTokens,
    count,
  );
  return Promise.all(
    documents.map(async (document, at) => {
      const chunks: PairChunk[] = [];
      for (const run of runsOf(document, cut[at] ?? [])) chunks.push(...(await chunksOf(run, document.title, size)));
      return chunks.map((chunk, ordinal) => ({ ...chunk, ordinal }));
    }),
  );
}

async function chunksOf({ isPair, pieces }: Run, title: string, size: PairSize): Promise<PairChunk[]> {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (!first || !last) return [];
  if (isPair) {
    const tokens = pieces.reduce((sum, { weight }) => sum + weight, 0);
    const room = await size.room(title, first.path);
    const fits = tokens <= room && last.end - first.start <= room * MAX_CHARS_PER_TOKEN;
    if (fits) return [{ ordinal: 0, start: first.start, end: last.end, path: first.path, tokens, isPair }];
  }
  return packPieces(pieces, size).map((chunk) => ({ ...chunk, isPair: false }));
}

/** The pieces of a document in runs, in order. */
function runsOf({ title, text }: { title: string; text: string }, pieces: readonly Piece[]): Run[] {
  const pairs = questionSections(text);
  if (pairs.length === 0) return [{ isPair: title.trim() !== '', pieces: [...pieces] }];
  const runs: Run[] = [];
  let pair: object | undefined;
  let next = 0; // the first pair that does not end before the piece: both are in order
  for (const piece of pieces) {
    while ((pairs[next]?.end ?? Infinity) <= piece.start) next += 1;
    const candidate = pairs[next];
    const within = candidate && candidate.start <= piece.start ? candidate : undefined;
    if (runs.length === 0 || within !== pair) runs.push({ isPair: within !== undefined, pieces: [] });
    pair = within;
    runs.at(-1)?.pieces.push(piece);
  }
  return runs;
}

/** Ranges of the sections whose heading is a question, has something below it, and no other question inside. */
function questionSections(text: string): { start: number; end: number }[] {
  const sections: { start: number; end: number; depth: number; blocks: number; hasInner: boolean }[] = [];
  let open: (typeof sections)[number][] = [];
  for (const { kind, path, start, end } of splitBlocks(text)) {
    if (kind === 'heading') {
      open = open.filter(({ depth }) => depth < path.length);
      if (QUESTION.test(path.at(-1) ?? '')) {
        for (const outer of open) outer.hasInner = true;
        const section = { start, end, depth: path.length, blocks: 0, hasInner: false };
        sections.push(section);
        open.push(section);
        continue;
      }
    }
    for (const section of open) {
      section.end = end;
      section.blocks += 1;
    }
  }
  return sections.filter(({ hasInner, blocks }) => !hasInner && blocks > 0);
}
