import http, { type Agent, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';

/** A request to a server whose answer nobody vouches for. */
export interface Sent {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  agent?: Agent;
  lookup?: RequestOptions['lookup'];
  /** Milliseconds in which something has to come, as long as the connection lasts; no such limit where left out. */
  idleMs?: number;
  signal: AbortSignal;
}

/**
 * Sends one request, and gives its answer as soon as its head is there. No redirect is followed, for credentials would go with it; the
 * body must be read or destroyed. Not by `fetch`, which adds headers of a browser (Ray lets no browser change anything), unpacks
 * bodies without a bound, and quotes a header in the error about it, which would show a key.
 */
export function send(url: URL, { body, lookup, agent, idleMs, ...rest }: Sent): Promise<IncomingMessage> {
  const client = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(
      url,
      {
        ...{ ...rest, ...(lookup ? { lookup } : {}), ...(agent ? { agent } : {}) },
        ...(idleMs === undefined ? {} : { timeout: idleMs }),
      },
      resolve,
    );
    // Not otherwise: the agent has a limit of its own, after which it says so and nothing more.
    if (idleMs !== undefined)
      request.on('timeout', () => request.destroy(new Error(`no byte for ${idleMs / 1_000} s`)));
    request.on('error', reject);
    request.end(body);
  });
}
