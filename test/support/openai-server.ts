import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as bodyOf } from 'node:stream/consumers';

/** What a client has sent. */
export interface ModelCall {
  path: string;
  headers: IncomingMessage['headers'];
  body: {
    model: string;
    messages: { role: string; content: string | null; tool_call_id?: string; tool_calls?: unknown[] }[];
    tools?: { type: string; function: { name: string; description: string; parameters: object } }[];
    response_format?: object;
    max_tokens?: number;
    temperature?: number;
    stream?: boolean;
    /** Of completions. */
    prompt?: string[];
    echo?: boolean;
    logprobs?: number;
  };
}

/** What the server does with one call. */
export type ModelReply =
  | {
      /** Text of the answer, sent in pieces of a few characters. */
      text?: string;
      toolCalls?: { name: string; arguments: string }[];
      /** `stop`, or `tool_calls` where there are any, when left out. */
      finish?: string;
      /** None is told when null. */
      usage?: { prompt_tokens: number; completion_tokens: number } | null;
      /** After so many pieces the connection is destroyed (`cut`), ended in good order (`end`) or kept silent (`hang`). */
      breaks?: { after: number; by: 'cut' | 'end' | 'hang' };
    }
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Completions give their prompts back, word by word as tokens, with what this says of each word after the text before it; without when null. */
  | { likelihood: ((word: string, before: string) => number) | null }
  /** Nothing is ever answered. */
  | { silent: true }
  /** The connection is destroyed before an answer. */
  | { refuse: true }
  /** This is sent as the stream, whatever it is. */
  | { stream: string };

export interface OpenAIServer {
  /** As a configuration has it. */
  baseUrl: string;
  /** All that came, in order. */
  calls: ModelCall[];
  /** Adds replies to be given in this order, before those of the handler. */
  reply(...replies: ModelReply[]): void;
  close(): Promise<void>;
}

const PIECE = 7;

/**
 * A server of the loopback that speaks OpenAI's protocol as far as chat completions by streams go. What it says is
 * scripted: by the replies that were added, and by `handler` once these are used up.
 */
export async function startOpenAIServer(
  handler: (call: ModelCall) => ModelReply | Promise<ModelReply> = () => ({ text: 'Nothing was scripted.' }),
): Promise<OpenAIServer> {
  const calls: ModelCall[] = [];
  const script: ModelReply[] = [];
  const server = createServer((request, response) => {
    const answer = async () => {
      const body = JSON.parse(await bodyOf(request)) as ModelCall['body'];
      const call = { path: request.url ?? '', headers: request.headers, body };
      calls.push(call);
      send(script.shift() ?? (await handler(call)), call, response);
    };
    answer().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls,
    reply: (...replies) => void script.push(...replies),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(reply: ModelReply, { path, body }: ModelCall, response: ServerResponse): void {
  if ('silent' in reply) return;
  if ('refuse' in reply) return void response.destroy();
  if ('status' in reply) return void response.writeHead(reply.status, reply.headers).end(reply.body);
  if ('likelihood' in reply) {
    if (path !== '/v1/completions') return void response.writeHead(404).end();
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(completions(reply, body));
  }
  if (path !== '/v1/chat/completions') return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if ('stream' in reply) return void response.end(reply.stream);
  const pieces = piecesOf(reply, body.model);
  const { breaks } = reply;
  for (const piece of pieces.slice(0, breaks?.after)) response.write(`data: ${JSON.stringify(piece)}\n\n`);
  if (breaks?.by === 'hang') return;
  // What was written must have left before the connection goes.
  if (breaks?.by === 'cut') return void response.write(': cut\n\n', () => response.destroy());
  response.end(breaks ? '' : 'data: [DONE]\n\n');
}

/** As vLLM and others give them: the first token has no probability, and one more token is written behind the prompt. */
function completions(
  { likelihood }: Extract<ModelReply, { likelihood: unknown }>,
  { model, prompt = [], echo = false, logprobs }: ModelCall['body'],
): string {
  const words = prompt.map((text) => text.match(/\s*\S+/g) ?? []);
  const choices = words.map((tokens, index) => {
    const sent = tokens.map((token, at) =>
      at === 0 ? null : (likelihood?.(token, tokens.slice(0, at).join('')) ?? 0),
    );
    const all = echo
      ? { tokens: [...tokens, ' end'], token_logprobs: [...sent, -1] }
      : { tokens: [' end'], token_logprobs: [-1] };
    const isTold = likelihood !== null && logprobs !== undefined;
    return { index, text: all.tokens.join(''), logprobs: isTold ? all : null, finish_reason: 'length' };
  });
  const usage = { prompt_tokens: words.flat().length, completion_tokens: prompt.length };
  // In whichever order a server likes: each says which prompt it is of.
  return JSON.stringify({ object: 'text_completion', model, choices: choices.toReversed(), usage });
}

function piecesOf(reply: Extract<ModelReply, { text?: string }>, model: string): object[] {
  const { text = '', toolCalls = [] } = reply;
  const finish = reply.finish ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop');
  const usage = reply.usage === undefined ? { prompt_tokens: 10, completion_tokens: 5 } : reply.usage;
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_764_000_000, model },
    choices: [{ index: 0, delta, finish_reason }],
  });
  return [
    chunk({ role: 'assistant' }),
    ...cut(text).map((content) => chunk({ content })),
    ...toolCalls.flatMap(({ name, arguments: written }, index) => [
      chunk({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } }] }),
      ...cut(written).map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] })),
    ]),
    chunk({}, finish),
    ...(usage ? [{ ...chunk({}), choices: [], usage: { ...usage, total_tokens: total(usage) } }] : []),
  ];
}

const total = (usage: { prompt_tokens: number; completion_tokens: number }) =>
  usage.prompt_tokens + usage.completion_tokens;

const cut = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / PIECE) }, (_, at) => text.slice(at * PIECE, (at + 1) * PIECE));
