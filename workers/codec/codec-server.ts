import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { limitText } from '../../activities/kit/limit-text';

const { Payloads } = temporal.api.common.v1;

export interface CodecServerOptions {
  codec: PayloadCodec;
  host: string;
  /** 0 takes any free one. */
  port: number;
  /** Pages that may ask, such as `http://127.0.0.1:8233`: the UI's. Programs, which send no origin, may always. */
  origins: readonly string[];
}

export interface CodecServer {
  url: string;
  close(): Promise<void>;
}

/** Characters of what is wrong with a request. */
const SAID = 1_000;
/** A page of a history has at most some megabytes. */
const MAX_BODY_BYTES = 32 * 2 ** 20;

/**
 * Decodes payloads for Temporal's UI and command line, by the protocol of https://docs.temporal.io/production-deployment/data-encryption:
 * POST /decode and /encode of `{ "payloads": […] }`. Whoever can call it can read every payload that he can get: it belongs on
 * the loopback address, or behind what says who may. @throws where the port is taken
 */
export async function startCodecServer({ codec, host, port, origins }: CodecServerOptions): Promise<CodecServer> {
  const server = createServer((request, response) => {
    answer(request, response, codec, origins).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(error instanceof TooLarge ? 413 : 400);
      response.end(limitText(error instanceof Error ? error.message : String(error), SAID));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`, close: () => closed(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  codec: PayloadCodec,
  origins: readonly string[],
): Promise<void> {
  const { origin } = request.headers;
  // A page of any other site has an origin too, also where its name leads to this machine (DNS rebinding).
  if (origin !== undefined) {
    if (!origins.includes(origin)) return end(response, 403, `Pages of ${origin} may not ask.`);
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Headers', 'content-type, x-namespace, authorization');
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Vary', 'Origin');
  }
  if (request.method === 'OPTIONS') return end(response, 204, '');
  const direction = /\/(encode|decode)$/.exec(request.url?.split('?')[0] ?? '')?.[1];
  if (!direction) return end(response, 404, 'There is /encode and /decode.');
  if (request.method !== 'POST') return end(response, 405, 'POST { "payloads": [...] }.');
  const { payloads } = Payloads.fromObject(JSON.parse(await bodyOf(request)) as Record<string, unknown>);
  const done = await (direction === 'encode' ? codec.encode(payloads) : codec.decode(payloads));
  response.setHeader('Content-Type', 'application/json');
  end(response, 200, JSON.stringify(Payloads.toObject(Payloads.create({ payloads: done }), { bytes: String })));
}

class TooLarge extends Error {}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new TooLarge(`A request may have ${MAX_BODY_BYTES} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

const end = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status).end(text);
};

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
