import type { Client, estypes } from '@elastic/elasticsearch';
import type { Chunking, ParentCut } from '../../schemas/chunking';
import type { ChunkFields } from '../indexing/chunk-record';
import { cutFor } from '../indexing/cut-rules';
import { searchCall } from '../indexing/search-call';

/** The section or document around a chunk. */
export interface Parent {
  /** Put together from its chunks, of which none repeats another here; between two stands a line break for any blanks. */
  text: string;
  /** It is `text.slice(start, end)` of the document, but for the blanks. */
  start: number;
  end: number;
  /** False where the section or document goes on before or after, and there was no room for it. */
  whole: boolean;
}

type ChunkHit = estypes.SearchHit<ChunkFields>;

/** Chunks to each side that are looked at for each character there is room for: they are seldom shorter than this. */
const SHORT_CHUNK_CHARS = 100;
/** The server's own limit of one page is 10,000. */
const MAX_NEIGHBOURS = 500;

/**
 * Adds to each answer what its chunk stands in, where its source is cut into chunks with parents: one more request for
 * all. Chunks are read from the very index that answered; a document that changes meanwhile may come in part.
 * @param chunks the chunk of each answer by its id, as the index gave it.
 * @param chunking how the documents of that index are cut.
 */
export async function withParents<A extends { id: string }>(
  client: Client,
  answers: readonly A[],
  chunks: ReadonlyMap<string, ChunkHit>,
  chunking: Chunking,
): Promise<(A & { parent?: Parent })[]> {
  const wanted: { answer: A; chunk: ChunkFields; index: string; cut: ParentCut }[] = [];
  for (const answer of answers) {
    const { _index: index = '', _source: chunk } = chunks.get(answer.id) ?? {};
    if (!chunk) continue;
    const cut = cutFor(chunking, chunk.source);
    if (cut.kind === 'parents') wanted.push({ answer, chunk, index, cut });
  }
  if (wanted.length === 0) return [...answers];

  const searches = wanted.flatMap(({ chunk, index, cut }): estypes.MsearchRequestItem[] => {
    const reach = Math.min(MAX_NEIGHBOURS, Math.ceil(cut.maxParentChars / SHORT_CHUNK_CHARS));
    const near = { gte: chunk.ordinal - reach, lte: chunk.ordinal + reach };
    return [
      { index },
      {
        query: { bool: { filter: [{ term: { doc_id: chunk.doc_id } }, { range: { ordinal: near } }] } },
        size: 2 * reach + 1,
        _source: ['doc_id', 'ordinal', 'context', 'text', 'start', 'end'],
        track_total_hits: false,
      },
    ];
  });
  const { responses } = await searchCall('read what hits stand in', () => client.msearch<ChunkFields>({ searches }));
  const parents = new Map<A, Parent>();
  for (const [at, { answer, chunk, cut }] of wanted.entries()) {
    const response = responses[at];
    // The index may have been dropped since it answered: the hit itself is still right.
    const hits = response && 'hits' in response ? response.hits.hits : [];
    const neighbours = hits.flatMap(({ _source }) => (_source ? [_source] : []));
    parents.set(answer, assembleParent(chunk, neighbours, cut));
  }
  return answers.map((answer) => {
    const parent = parents.get(answer);
    return parent ? { ...answer, parent } : answer;
  });
}

type Part = Pick<ChunkFields, 'ordinal' | 'context' | 'text' | 'start' | 'end'>;

/**
 * Puts a parent together from a chunk and its neighbours, the nearest first, as far as there is room: all chunks under
 * the same headings for a section, all for a document.
 */
export function assembleParent(
  hit: Part,
  neighbours: readonly Part[],
  { parent, maxParentChars }: Pick<ParentCut, 'parent' | 'maxParentChars'>,
): Parent {
  const byOrdinal = new Map(neighbours.map((part) => [part.ordinal, part]));
  const next = (from: Part, step: 1 | -1): Part | undefined => {
    const part = byOrdinal.get(from.ordinal + step);
    return part && (parent === 'document' || part.context === hit.context) ? part : undefined;
  };
  const parts = [hit];
  let [first, last] = [hit, hit];
  for (;;) {
    const [before, after] = [next(first, -1), next(last, 1)];
    const fitsBefore = before && last.end - before.start <= maxParentChars;
    const fitsAfter = after && after.end - first.start <= maxParentChars;
    // Evenly to both sides, so that the hit stays in the middle of what is too long.
    const beforeIsNearer = hit.start - first.start <= last.end - hit.end;
    if (fitsBefore && (beforeIsNearer || !fitsAfter)) parts.unshift((first = before));
    else if (fitsAfter) parts.push((last = after));
    else return { text: joined(parts), start: first.start, end: last.end, whole: !before && !after };
  }
}

/** The text of chunks that follow each other; what a chunk repeats of the one before is left out. */
function joined(parts: readonly Part[]): string {
  let text = '';
  let end = parts[0]?.start ?? 0;
  for (const part of parts) {
    const gap = part.start - end;
    text += gap >= 2 ? '\n\n' : gap === 1 ? '\n' : '';
    text += part.text.slice(Math.max(0, -gap));
    end = part.end;
  }
  return text;
}
