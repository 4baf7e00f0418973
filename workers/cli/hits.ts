import { ApplicationFailure } from '@temporalio/common';
import { SearchRefused, type Hit } from '../../activities/search/hybrid-search';
import { CliError, EXIT } from './exit';
import type { Output } from './output';

// Two lines of an ordinary terminal: enough to judge a hit by.
const SNIPPET_CHARS = 160;

/** Hits as a numbered list: score, document and where it comes from, then a snippet with the words found in it. */
export function printHits(out: Output, hits: readonly Hit[], indent = ''): void {
  if (hits.length === 0) out.print(`${indent}Nothing was found.`);
  for (const [at, hit] of hits.entries()) {
    const { title, source, id } = hit.document;
    out.print(
      `${indent}${at + 1}. ${out.style.bold(title || id)}  ${out.style.dim(`${hit.score.toFixed(4)} ${ranks(hit)} · ${source}`)}`,
    );
    out.print(`${indent}   ${snippet(hit, out.style.good)}`);
  }
}

const LISTS = { bm25: 'words', vector: 'meaning', likeWords: 'like words', likeVector: 'like meaning' } as const;

/** Where each search saw the document: by its words, by its meaning, and by what is like the best ones. */
const ranks = ({ ranks: seen }: Hit): string =>
  `(${(Object.keys(LISTS) as (keyof typeof LISTS)[])
    .flatMap((list) => (seen[list] === undefined ? [] : [`${LISTS[list]} #${seen[list]}`]))
    .join(', ')})`;

/** The best passage on one line; `mark` is applied to the words that were found. */
export function snippet(
  { highlights, text }: Pick<Hit, 'highlights' | 'text'>,
  mark: (word: string) => string,
): string {
  const passage = (highlights[0] ?? text).replace(/^#+ /gm, '').replace(/\s+/g, ' ').trim();
  return shorten(passage)
    .replace(/<em>(.*?)<\/em>/g, (_, word: string) => mark(word))
    .replace(/<\/?em>/g, '');
}

/** Cuts at a blank where there is one; the marks count as text, which only makes it a little shorter. */
function shorten(text: string): string {
  if (text.length <= SNIPPET_CHARS) return text;
  const cut = text.lastIndexOf(' ', SNIPPET_CHARS);
  return `${text.slice(0, cut > SNIPPET_CHARS / 2 ? cut : SNIPPET_CHARS)} …`;
}

/** An error of the search in the command line's words: what to do, and how the command ends. */
export function searchError(error: unknown): unknown {
  if (error instanceof SearchRefused) {
    const remedy = {
      IndexNotFound: 'Build it first: llm-pack start rebuildIndex --wait, or llm-pack demo.',
      EncoderMismatch:
        'The index was swapped for one of another encoder meanwhile: ask again, or build it anew: llm-pack start rebuildIndex.',
      InvalidQuery: 'llm-pack search --help shows an example.',
    }[error.code];
    return new CliError(error.code === 'InvalidQuery' ? EXIT.wrongUse : EXIT.failed, error.message, remedy);
  }
  // Its message holds the remedy.
  if (error instanceof ApplicationFailure && error.type === 'Unavailable')
    return new CliError(EXIT.unreachable, error.message);
  return error;
}
