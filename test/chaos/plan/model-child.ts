/**
 * A model endpoint in a process of its own, which can be killed: `jiti model-child.ts PORT LEDGER`. Each call is in the ledger before it is answered: its
 * idempotency key, a hash of what was asked, and what a provider would charge for it.
 */
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text as bodyOf } from 'node:stream/consumers';

/** A call as the provider has it. */
export interface Charged {
  key: string;
  hash: string;
  /** The last thing that was said to it. */
  asked: string;
}

interface Asked {
  model: string;
  messages: { role: string; content: string | null }[];
  tools?: { function: { name: string } }[];
}

/** To a case its answer; to an agent first a search and then an answer. */
function reply({ messages, tools = [] }: Asked): { text?: string; call?: { name: string; arguments: string } } {
  const last = messages.at(-1)?.content ?? '';
  const [, number] = /^round \d+: (\d+)$/.exec(last) ?? [];
  if (number !== undefined) return { text: Number(number) % 4 ? `it is ${number}` : 'no idea' };
  const searches = tools.some((tool) => tool.function.name === 'search');
  if (searches && messages.at(-1)?.role !== 'tool')
    return { call: { name: 'search', arguments: JSON.stringify({ query: 'worker ledger' }) } };
  return { text: 'The worker keeps the ledger.' };
}

function streamOf(model: string, { text, call }: ReturnType<typeof reply>): string {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
    `data: ${JSON.stringify({
      ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_764_000_000, model },
      ...{ choices: [{ index: 0, delta, finish_reason }], ...more },
    })}\n\n`;
  const said = call
    ? chunk({ tool_calls: [{ index: 0, id: 'call_0', type: 'function', function: call }] })
    : chunk({ content: text });
  const ends = chunk({}, call ? 'tool_calls' : 'stop', { usage });
  return `${chunk({ role: 'assistant' })}${said}${ends}data: [DONE]\n\n`;
}

const [port, ledger = ''] = process.argv.slice(2);
// It ends with whoever started it, also where that was killed.
process.stdin.resume().on('end', () => process.exit());
createServer((request, response) => {
  void (async () => {
    const body = JSON.parse(await bodyOf(request)) as Asked;
    const charged: Charged = {
      key: String(request.headers['idempotency-key']),
      hash: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
      asked: body.messages.findLast(({ role }) => role === 'user')?.content ?? '',
    };
    appendFileSync(ledger, `${JSON.stringify(charged)}\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(streamOf(body.model, reply(body)));
  })().catch(() => response.destroy());
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
