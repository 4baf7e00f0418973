import type { IncomingMessage } from 'node:http';
import { failure } from '../../errors';
import type { AllowedAddress } from './allowed';
import { formatOf } from './formats';
import { allowedEntry, get, shown, unavailable } from './http-request';
import type { HttpPlace } from './plan-types';
import type { RemoteFiles, SourceFile, SourceListing } from './source-file';

/** The file behind an address. @throws `SourceNotAllowed` where the configuration does not allow it (any more). */
export function openHttp(allowed: readonly AllowedAddress[], { url }: HttpPlace): HttpSource {
  if (!URL.canParse(url)) throw failure('SourceNotAllowed', `The source "${url.slice(0, 200)}" is not an address.`);
  const address = new URL(url);
  return new HttpSource(allowed, allowedEntry(allowed, address), address);
}

/**
 * One file behind an address. Its ETag, the time of its last change and its size are its pin; a server that tells
 * neither of the first two has its file hashed instead. Ranges are asked for, and cut out here where a server has none.
 */
export class HttpSource implements RemoteFiles {
  constructor(
    private readonly allowed: readonly AllowedAddress[],
    private readonly entry: AllowedAddress,
    private readonly address: URL,
  ) {}

  /** @throws `SourceNotFound`; `SourceNotAllowed` where it is larger than the configuration allows. */
  list(formats: ReadonlySet<string>, signal: AbortSignal): SourceListing {
    const name = decoded(this.address.pathname.split('/').at(-1) ?? '');
    const place: HttpPlace = { kind: 'http', url: this.address.href };
    const kind = formatOf(name);
    const wanted = kind !== undefined && formats.has(kind.format);
    const files = wanted ? this.file(name, kind, signal) : nothing();
    return { place, single: true, files, skipped: () => (wanted ? 0 : 1) };
  }

  async *read(path: string, pin: string | null, start: number, end: number, signal: AbortSignal) {
    if (start >= end) return;
    const answer = await this.ask(start, end, signal);
    try {
      if (pin !== null && pinOf(answer) !== pin) throw this.changed(path);
      // A server without ranges sends the whole file.
      let at = answer.statusCode === 206 ? start : 0;
      for await (const chunk of this.body(answer, signal)) {
        const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
        if (part.length > 0) yield part;
        at += chunk.length;
        if (at >= end) return;
      }
      throw this.changed(path);
    } finally {
      answer.destroy();
    }
  }

  private async *file(
    path: string,
    kind: Pick<SourceFile, 'format' | 'packing'>,
    signal: AbortSignal,
  ): AsyncGenerator<SourceFile> {
    const answer = await this.ask(0, 1, signal);
    answer.destroy();
    const pin = pinOf(answer);
    const bytes = sizeOf(answer) ?? (await this.measure(signal));
    if (bytes > this.entry.maxBytes) {
      const most = `${bytes} bytes; ${this.entry.maxBytes} are allowed`;
      throw failure('SourceNotAllowed', `The file at ${shown(this.address)} has ${most}.`);
    }
    const read = (start: number, end: number) => this.read(path, pin, start, end, signal);
    yield { path, bytes, ...kind, pin, absolute: null, read };
  }

  /** Counts the bytes of a file whose server does not tell its size. */
  private async measure(signal: AbortSignal): Promise<number> {
    const answer = await this.ask(0, null, signal);
    let bytes = 0;
    for await (const chunk of this.body(answer, signal)) {
      bytes += chunk.length;
      if (bytes > this.entry.maxBytes) break;
    }
    answer.destroy();
    return bytes;
  }

  private async ask(start: number, end: number | null, signal: AbortSignal): Promise<IncomingMessage> {
    const range: Record<string, string> = end === null ? {} : { range: `bytes=${start}-${end - 1}` };
    const answer = await get(this.allowed, this.address.href, range, signal);
    const { statusCode = 0 } = answer;
    // 416: the file is empty, or shorter than it was.
    if ([200, 206, 416].includes(statusCode)) return answer;
    answer.destroy();
    if (statusCode === 404 || statusCode === 410) {
      throw failure('SourceNotFound', `Nothing is at ${shown(this.address)} (${statusCode}).`);
    }
    if (statusCode === 401 || statusCode === 403) {
      throw failure('SourceNotAllowed', `The server of ${shown(this.address)} refuses it (${statusCode}).`);
    }
    throw unavailable(this.address, `status ${statusCode}`, Number(answer.headers['retry-after']) || undefined);
  }

  private async *body(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of answer) yield chunk as Buffer;
    } catch (error) {
      signal.throwIfAborted();
      throw unavailable(this.address, error instanceof Error ? error.message : String(error));
    }
  }

  private changed(path: string) {
    return failure('SourceChanged', `The file "${path}" is not what it was when the source was planned.`);
  }
}

/** The name of a file as people wrote it; as it stands where a `%` of it begins no character. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function* nothing(): AsyncGenerator<SourceFile> {}

/** Size of the whole file; null where the server does not tell. */
function sizeOf({ statusCode, headers }: IncomingMessage): number | null {
  const [, total] = /\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  if (statusCode === 206 || statusCode === 416) return total === undefined ? null : Number(total);
  return headers['content-length'] === undefined ? null : Number(headers['content-length']);
}

/** What the server vouches for, the same for the whole file and for each part; null where it says too little. */
function pinOf(answer: IncomingMessage): string | null {
  const { etag, 'last-modified': changed } = answer.headers;
  if (etag === undefined && changed === undefined) return null;
  return JSON.stringify([etag ?? null, changed ?? null, sizeOf(answer)]);
}
