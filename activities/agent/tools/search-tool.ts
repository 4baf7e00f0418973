import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import * as z from 'zod';
import type { SearchToolConfig } from '../../../schemas/agent-config';
import { failure } from '../../errors';
import { encoderOf, type OpenEncoder } from '../../encoder/wanted';
import { answeringIndex, hybridSearch, SearchRefused } from '../../search/hybrid-search';
import { limitText } from '../../kit/limit-text';
import { failed, parametersOf, readArguments } from './results';
import type { AgentTool, ToolResult } from './tool';

const MOST_RESULTS = 20;

const args = z.strictObject({
  query: z.string().min(1).max(2_000).describe('What to look for, in words or as a question.'),
  results: z.int().min(1).max(MOST_RESULTS).optional().describe('Documents wanted.'),
});

/**
 * Asks an index by words and by meaning.
 * @throws `AgentToolMissing` where no index answers to the alias; `EncoderNotConfigured`; `Unavailable`.
 */
export function searchTool(
  name: string,
  config: SearchToolConfig,
  deps: { search: Elasticsearch; encoder: OpenEncoder },
): AgentTool {
  const { index, maxCharacters } = config;

  async function search({ query, results }: z.output<typeof args>, signal: AbortSignal): Promise<ToolResult> {
    const ask = async () => {
      const { physical, meta } = await answeringIndex(deps.search, index);
      const encoder = await encoderOf(deps.encoder, meta.encoder, physical);
      signal.throwIfAborted();
      return hybridSearch(deps.search, encoder, { alias: index, query, k: results ?? config.results });
    };
    const hits = await ask().catch((error: unknown) => {
      if (!(error instanceof SearchRefused) || error.code === 'InvalidQuery') throw error;
      throw failure('AgentToolMissing', `The tool "${name}" can not search: ${error.message}`);
    });
    if (hits.length === 0) return { text: 'Nothing was found.' };
    // Each has its share of the length, so that a long one does not push the others out.
    const share = Math.max(200, Math.floor(maxCharacters / hits.length) - 200);
    const passages = hits.map(({ document, text, parent }) => ({
      document: document.id,
      title: document.title,
      text: limitText(parent?.text ?? text, share),
    }));
    const told = passages.map(
      ({ document, title, text }, at) => `[${at + 1}] ${title === '' ? document : `${title} (${document})`}\n${text}`,
    );
    return { text: limitText(told.join('\n\n'), maxCharacters), passages };
  }

  return {
    spec: {
      ...{ name, effect: 'read', polling: false, parameters: parametersOf(args) },
      description: config.description ?? 'Searches the documents by words and by meaning; gives the best passages.',
    },
    async call(given, { signal }) {
      const read = readArguments(args, given);
      if (!read.ok) return read.result;
      return read.value.query.trim() === '' ? failed('The query is blank.', maxCharacters) : search(read.value, signal);
    },
  };
}
