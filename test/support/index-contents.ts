import { createHash } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';

/** sha256 over every document behind an alias, in the order of ids, vectors included: equal means equal contents. */
export async function indexContents(client: Client, alias: string): Promise<{ chunks: number; sha256: string }> {
  const lines: string[] = [];
  const pages = client.helpers.scrollDocuments<Record<string, unknown>>({
    index: alias,
    size: 500,
    query: { match_all: {} },
  });
  for await (const document of pages) lines.push(JSON.stringify(document));
  lines.sort();
  return { chunks: lines.length, sha256: createHash('sha256').update(lines.join('\n')).digest('hex') };
}
