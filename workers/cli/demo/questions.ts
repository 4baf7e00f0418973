import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import { hybridSearch, type Hit, type QueryEncoder } from '../../../activities/search/hybrid-search';

/** A question and what the index answers. */
export interface Answered {
  question: string;
  hits: Hit[];
}

/** Questions that documents of this package's own dependencies answer, wherever it is installed. */
export const FIXED_QUESTIONS = [
  'How do I cancel a running task in a worker thread pool?',
  'How do I make an option of a command mandatory?',
  'How do I leave out files that match a pattern?',
] as const;

const HITS = 3;

/** Asks each question of the index behind `alias`. */
export async function askQuestions(
  client: Elasticsearch,
  encoder: QueryEncoder,
  alias: string,
  questions: readonly string[],
): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const question of questions) {
    answers.push({ question, hits: await hybridSearch(client, encoder, { alias, query: question, k: HITS }) });
  }
  return answers;
}

// Enough chunks to find three documents with a title in, of almost any collection.
const LOOKED_AT = 200;

/** Up to three titles of documents in the index, to be asked where nobody knows what the documents are about. */
export async function titlesAsQuestions(client: Elasticsearch, alias: string): Promise<string[]> {
  const { hits } = await client.search<{ title?: string }>({
    index: alias,
    size: LOOKED_AT,
    // The first chunk of a document, in the order of the documents: the same titles each time.
    query: { term: { ordinal: 0 } },
    sort: [{ doc_id: 'asc' }],
    _source: ['title'],
  });
  const titles = hits.hits.map(({ _source }) => _source?.title?.trim() ?? '').filter((title) => title !== '');
  const distinct = [...new Set(titles)];
  // Spread over the collection: neighbours are often about the same.
  const third = Math.max(1, Math.floor(distinct.length / 3));
  return [0, third, 2 * third].flatMap((at) => distinct[at] ?? []);
}
