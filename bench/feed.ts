/**
 * Seconds from a change of a document to a search that finds it, while changes come at an even rate:
 * `npx jiti bench/feed.ts [--rate 100] [--seconds 120] [--documents 2000]`. Everything runs on this machine: the stack, a
 * worker, the writer, and a searcher that looks for what was changed every tenth of a second. Says whether a change was
 * lost or seen out of order, and ends with 1 where it was.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client as Postgres } from 'pg';
import { mulberry32 } from '../activities/kit/random';
import { type Running, startRunning, words } from './running';

const ALIAS = 'feed';
const LOOK_EVERY_MS = 100;
/** After the last change: what is not found by then counts as lost. */
const PATIENCE_MS = 60_000;
/** Of a short product text or a message. */
const WORDS = 12;
const TICK_MS = 20;

interface Sent {
  change: number;
  at: number;
}

/** What was written and not found yet, by document; and how long each took. */
class Ledger {
  readonly waits: number[] = [];
  outOfOrder = 0;
  private readonly open = new Map<string, Sent[]>();
  private readonly newest = new Map<string, number>();

  sent(document: string, change: number): void {
    this.open.set(document, [...(this.open.get(document) ?? []), { change, at: performance.now() }]);
  }

  /** A search has found a document as this change has left it, or a later one: it stands for all before it. */
  found(document: string, change: number): void {
    const before = this.newest.get(document) ?? -1;
    if (change < before) this.outOfOrder += 1;
    this.newest.set(document, Math.max(before, change));
    const rest = (this.open.get(document) ?? []).filter((sent) => {
      if (sent.change > change) return true;
      this.waits.push((performance.now() - sent.at) / 1_000);
      return false;
    });
    if (rest.length > 0) this.open.set(document, rest);
    else this.open.delete(document);
  }

  get pending(): string[] {
    return [...this.open.keys()];
  }
}

async function look({ search }: Running, ledger: Ledger): Promise<void> {
  const documents = ledger.pending;
  if (documents.length === 0) return;
  const { hits } = await search.search<{ doc_id: string; text: string }>({
    index: ALIAS,
    size: 10_000,
    query: { terms: { doc_id: documents } },
    _source: ['doc_id', 'text'],
  });
  for (const { _source: source } of hits.hits) {
    const change = /^change (\d+)/.exec(source?.text ?? '')?.[1];
    if (source && change !== undefined) ledger.found(source.doc_id, Number(change));
  }
}

/** Writes changes at an even rate, each in a transaction of its own, by as many connections as keep up with it. */
async function write(
  running: Running,
  ledger: Ledger,
  rate: number,
  seconds: number,
  documents: number,
): Promise<number> {
  const random = mulberry32(7);
  const connections = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const client = new Postgres({ connectionString: running.databaseUrl });
      await client.connect();
      return client;
    }),
  );
  const began = performance.now();
  const writing: Promise<unknown>[] = [];
  let sent = 0;
  while (sent < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - began) / 1_000) * rate));
    for (; sent < due; sent += 1) {
      const document = `d${Math.floor(random() * documents)}`;
      // One connection a document, so that the order of its changes is that of their numbers.
      const connection = connections[Number(document.slice(1)) % connections.length];
      const text = `change ${sent} ${words(WORDS, random)}`;
      ledger.sent(document, sent);
      writing.push(
        connection?.query('select llm_pack.record_change($1, $2, $3, $4)', [ALIAS, document, '', text]) ??
          Promise.resolve(),
      );
    }
    await after(TICK_MS);
  }
  await Promise.all(writing);
  await Promise.all(connections.map((connection) => connection.end()));
  return sent;
}

const quantile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(2);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '120' },
      documents: { type: 'string', default: '2000' },
    },
  });
  const [rate, seconds, documents] = [Number(values.rate), Number(values.seconds), Number(values.documents)];
  const running = await startRunning();
  try {
    const random = mulberry32(1);
    const rows = Array.from({ length: documents }, (_, at) => ({ id: `d${at}`, text: words(WORDS, random) }));
    await running.writeRows('documents.jsonl', rows);
    const overrides = { dropNearDuplicates: false };
    await running.timed('cleanDataset', {
      source: 'documents.jsonl',
      name: ALIAS,
      idField: 'id',
      recipe: 'minimal',
      overrides,
    });
    await running.timed('rebuildIndex', { dataset: ALIAS, rollbackHours: 0 });
    const feed = await running.start('indexFeed', { index: ALIAS });

    const ledger = new Ledger();
    let over = false;
    const looking = (async () => {
      while (!over) {
        await look(running, ledger);
        await after(LOOK_EVERY_MS);
      }
    })();
    const sent = await write(running, ledger, rate, seconds, documents);
    const deadline = performance.now() + PATIENCE_MS;
    while (ledger.pending.length > 0 && performance.now() < deadline) await after(LOOK_EVERY_MS);
    over = true;
    await looking;
    await feed.terminate();

    const waits = [...ledger.waits].sort((a, b) => a - b);
    const lost = sent - waits.length;
    console.log(
      `node ${process.version}, ${availableParallelism()} cores: ${sent} changes at ${rate}/s of ${documents} documents`,
    );
    console.log(
      `change to searchable: p50 ${quantile(waits, 0.5)} s, p95 ${quantile(waits, 0.95)} s, p99 ${quantile(waits, 0.99)} s, ` +
        `longest ${quantile(waits, 1)} s; ${lost} lost, ${ledger.outOfOrder} out of order`,
    );
    if (lost > 0 || ledger.outOfOrder > 0) process.exitCode = 1;
  } finally {
    await running.stop();
  }
}

void main();
