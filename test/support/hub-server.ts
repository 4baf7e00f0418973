import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubModel {
  /** Commit that `main` stands for. */
  commit: string;
  files: Record<string, string | Buffer>;
}

/** A request for a file. */
export interface HubRequest {
  file: string;
  from: number;
}

/**
 * A server that speaks the endpoints of the Hugging Face hub which the pack asks: the description of a revision, and files by
 * ranges. Weights are told by their sha256, as of large files; the others by their git blob.
 */
export async function startHub(models: Record<string, HubModel>) {
  const asked: HubRequest[] = [];
  let cut: { file: string; after: number } | undefined;
  let token: string | undefined;
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '');
    const end = (status: number) => void response.writeHead(status).end();
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) return end(401);
    const [, described, revision] = /^\/api\/models\/(.+)\/revision\/(.+)\?blobs=true$/.exec(url) ?? [];
    const known = described === undefined ? undefined : models[described];
    if (described !== undefined) {
      if (!known || (revision !== 'main' && revision !== known.commit)) return end(404);
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(describe(known)));
    }
    const [, name = '', commit, file = ''] = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(url) ?? [];
    const content = models[name]?.files[file];
    if (content === undefined || commit !== models[name]?.commit) return end(404);
    const bytes = Buffer.from(content as string);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    asked.push({ file, from });
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from });
    if (cut?.file === file && cut.after > from) {
      const piece = bytes.subarray(from, cut.after);
      cut = undefined;
      response.write(piece, () => response.destroy());
    } else response.end(bytes.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** The next answer with that file breaks off at a byte. */
    cutOff(file: string, after: number) {
      cut = { file, after };
    },
    /** Gives models only to who has it. */
    demandToken(wanted: string) {
      token = wanted;
    },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function describe({ commit, files }: HubModel) {
  const siblings = Object.entries(files).map(([rfilename, content]) => {
    const bytes = Buffer.from(content as string);
    const blobId = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const large = rfilename.endsWith('.safetensors');
    const lfs = large ? { lfs: { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length } } : {};
    return { rfilename, size: bytes.length, blobId, ...lfs };
  });
  return { sha: commit, siblings };
}
