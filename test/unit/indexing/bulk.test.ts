import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@elastic/elasticsearch';
import type { ApplicationFailure } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import { bulkFailure, bulkIndex } from '../../../activities/indexing/bulk';
import { retryAfterMs } from '../../../activities/indexing/search-call';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that answers every request alike, and what it was asked. */
async function answering(status: number, body: object, headers: IncomingHttpHeaders = {}, { answers = true } = {}) {
  const requests: string[] = [];
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      requests.push(Buffer.concat(parts).toString());
      if (!answers) return;
      response.writeHead(status, {
        'x-elastic-product': 'Elasticsearch',
        'content-type': 'application/json',
        ...headers,
      });
      response.end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { requests, client: new Client({ node: `http://127.0.0.1:${port}`, maxRetries: 0 }) };
}

const write = (client: Client, sources: string[], signal = new AbortController().signal) => {
  let written = 0;
  const operations = sources.map((source, at) => ({ id: `d-${at}`, version: 7, source }));
  return bulkIndex(client, 'a-build', operations, { signal, written: (count) => (written += count) }).then(
    () => written,
  );
};
const raised = (writing: Promise<unknown>) =>
  writing.then(
    () => undefined,
    (error: ApplicationFailure) => error,
  );

describe('bulkIndex', () => {
  it('cuts batches by bytes and writes every document once', async () => {
    const { client, requests } = await answering(200, { errors: false, items: [] });
    const source = JSON.stringify({ text: 'x'.repeat(2 * 1024 * 1024) });
    expect(await write(client, [source, source, source, source, source])).toBe(5);
    expect(requests.map((body) => body.split('\n').length - 1)).toEqual([4, 4, 2]);
  });

  it('takes a document that is there in the same version for written', async () => {
    const item = { index: { _id: 'd-0', status: 409, error: { type: 'version_conflict_engine_exception' } } };
    const { client } = await answering(200, { errors: true, items: [item] });
    expect(await write(client, ['{}'])).toBe(1);
  });

  it('takes a deletion of what is not there for done, and one of an index that is not there for refused', async () => {
    const remove = (client: Client) =>
      bulkIndex(client, 'a-build', [{ id: 'd-0', version: 8, source: null }], {
        signal: new AbortController().signal,
        written: () => undefined,
      });
    const item = { delete: { _id: 'd-0', status: 404 } };
    const { client, requests } = await answering(200, { errors: true, items: [item] });
    await remove(client);
    expect(JSON.parse(requests[0] ?? '')).toEqual({
      delete: { _id: 'd-0', version: 8, version_type: 'external' },
    });
    server?.close();
    const gone = { delete: { ...item.delete, error: { type: 'index_not_found_exception' } } };
    const other = await answering(200, { errors: true, items: [gone] });
    expect(await raised(remove(other.client))).toMatchObject({ type: 'BuildClosed' });
  });

  it.each([429, 503])('comes back when a server that answers %i says so', async (status) => {
    const { client, requests } = await answering(status, { error: { type: 'busy' } }, { 'retry-after': '7' });
    expect(await raised(write(client, ['{}']))).toMatchObject({
      type: 'Unavailable',
      nonRetryable: false,
      nextRetryDelay: 7_000,
    });
    expect(requests).toHaveLength(1);
  });

  it('calls a server that is not there Unavailable, without trying twice', async () => {
    const { client } = await answering(200, {});
    server?.close();
    await new Promise((resolve) => server?.once('close', resolve));
    expect(await raised(write(client, ['{}']))).toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });

  it('calls a node whose disk is full StorageFull, and goes on by itself later', async () => {
    const reason = 'index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];';
    const { client } = await answering(429, { error: { type: 'cluster_block_exception', reason } });
    expect(await raised(write(client, ['{}']))).toMatchObject({ type: 'StorageFull', nonRetryable: false });
  });

  it('ends a request at a signal, with its reason', async () => {
    const { client, requests } = await answering(200, { errors: false, items: [] }, {}, { answers: false });
    const stop = new AbortController();
    const writing = raised(write(client, ['{}'], stop.signal));
    await expect.poll(() => requests.length).toBe(1);
    stop.abort(new Error('stopped'));
    expect(await writing).toMatchObject({ message: 'stopped' });
    server?.closeAllConnections();
  });

  it('begins nothing after a signal', async () => {
    const { client, requests } = await answering(200, { errors: false, items: [] });
    await expect(write(client, ['{}'], AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(requests).toHaveLength(0);
  });
});

describe('bulkFailure', () => {
  const item = (id: string, status: number, type: string, reason?: string) => ({
    _id: id,
    status,
    error: { type, reason },
  });
  const busy = item('busy', 429, 'es_rejected_execution_exception');
  const wrong = item('wrong', 400, 'document_parsing_exception', 'failed to parse field [ordinal]');
  const closed = item('closed', 404, 'index_not_found_exception');

  it('is a retry for what the server could not take now', () => {
    expect(bulkFailure('a', [busy])).toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });

  it('names the documents that the mapping refuses, and does not retry', () => {
    const failure = bulkFailure('a', [busy, wrong]);
    expect(failure).toMatchObject({ type: 'InvariantBroken', nonRetryable: true });
    expect(failure?.message).toContain('refused 1 chunks, as wrong: document_parsing_exception (400): failed to parse');
  });

  it('is a retry for an index that somebody has made read-only', () => {
    const blocked = item('x', 403, 'cluster_block_exception', 'index [a] blocked by: [FORBIDDEN/8/index write (api)];');
    expect(bulkFailure('a', [blocked])).toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });

  it('is BuildClosed where the build is closed, whatever else went wrong', () => {
    expect(bulkFailure('a', [wrong, closed])).toMatchObject({ type: 'BuildClosed', nonRetryable: true });
  });

  it('stays small, however long the reason is', () => {
    expect(bulkFailure('a', [item('x', 400, 'bad', 'y'.repeat(100_000))])?.message.length).toBeLessThan(1_000);
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates, and bounds both', () => {
    expect(retryAfterMs('3')).toBe(3_000);
    expect(retryAfterMs('Wed, 21 Oct 2026 07:28:05 GMT', Date.parse('2026-10-21T07:28:00Z'))).toBe(5_000);
    expect(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT')).toBe(0);
    expect(retryAfterMs('99999999')).toBe(3_600_000);
    expect(retryAfterMs('soon')).toBeUndefined();
    expect(retryAfterMs(undefined)).toBeUndefined();
  });
});
