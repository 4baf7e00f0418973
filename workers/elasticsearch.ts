import { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { Endpoints } from './settings';

/** Bytes of an answer, packed or not: a page of ten thousand chunks has a tenth of it. */
const MOST_BYTES = 128 * 2 ** 20;

/** A search client that never retries by itself: Temporal does, and a retry must not happen at two layers. */
export function openElasticsearch({ elasticsearch }: Pick<Endpoints, 'elasticsearch'>): Elasticsearch {
  return new Elasticsearch({
    node: elasticsearch.node,
    ...(elasticsearch.apiKey ? { auth: { apiKey: elasticsearch.apiKey } } : {}),
    maxRetries: 0,
    maxResponseSize: MOST_BYTES,
    maxCompressedResponseSize: MOST_BYTES,
  });
}
