import type * as Client from '@kubernetes/client-node';
import { ask } from '../../../kit/ask';

/** Of an answer: pods of a job, nodes of a cluster, or a piece of a log. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * How the official client sends its requests. Its own way reads answers without end and in its own time, and takes the
 * account's certificate and token to wherever it is redirected.
 * @param withinMs for a whole answer.
 */
export function boundedHttp(client: typeof Client, withinMs: number): Client.HttpLibrary {
  return client.wrapHttpLibrary({
    async send(request) {
      const [given, agent, signal] = [request.getBody(), request.getAgent(), request.getSignal()];
      const headers = request.getHeaders();
      const {
        status,
        headers: told,
        text,
      } = await ask(new URL(request.getUrl()), {
        ...{ method: request.getHttpMethod().toString(), headers, withinMs, mostBytes: MOST_BYTES },
        secrets: [/^(?:Bearer|Basic) (.+)$/.exec(headers['Authorization'] ?? '')?.[1]],
        ...(typeof given === 'string' ? { body: given } : {}),
        ...(agent ? { agent } : {}),
        ...(signal ? { signal } : {}),
      });
      const flat = Object.entries(told).map(([name, value]) => [name, String(value)]);
      const body = { text: () => Promise.resolve(text), binary: () => Promise.resolve(Buffer.from(text)) };
      return new client.ResponseContext(status, Object.fromEntries(flat) as Record<string, string>, body);
    },
  });
}
