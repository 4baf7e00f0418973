import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { canary } from './secrets/canary';

// Without it the client speaks no plain HTTP.
const PLAIN = { 'insecure-skip-tls-verify': true };

interface Stored {
  kind?: string;
  metadata: Record<string, unknown> & { name: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/**
 * The few calls of a Kubernetes API that the launcher makes, over HTTP, with answers of the form that kube-apiserver 1.33 gave.
 * It keeps what it is given and runs nothing: tests say what an operator and a kubelet would. No real cluster.
 */
export class KubernetesStandIn {
  /** By their path in the API. */
  readonly objects = new Map<string, Stored>();
  readonly logs = new Map<string, string>();
  /** Resources that are there, by the plural; those of others are answered as by a cluster without the operator. */
  readonly known = new Set(['pods', 'nodes']);
  /** Every request, as in `POST /api/v1/…?limit=1`. */
  readonly requests: string[] = [];
  /** Answers all requests, or those for the path that it names, instead. */
  instead: { status: number; body: object; path?: string } | undefined;
  /** Called when an object is deleted in the foreground: what was made of it goes first. */
  onDelete: (path: string) => void = (path) => this.objects.delete(path);

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<KubernetesStandIn> {
    const server = http.createServer();
    const api = new KubernetesStandIn(server);
    server.on('request', (request, response) => {
      void api.answer(request).then(({ status, body }) => {
        const isText = typeof body === 'string';
        response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
        response.end(isText ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  /** Writes a kubeconfig with one context, `test`. */
  async kubeconfig(file: string): Promise<string> {
    const { port } = this.server.address() as AddressInfo;
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}`, ...PLAIN } }],
      users: [{ name: 'test', user: { token: canary('kubernetes') } }],
    };
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: http.IncomingMessage): Promise<{ status: number; body: object | string }> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
    this.requests.push(`${request.method} ${request.url}`);
    const sent = request.method === 'GET' ? undefined : ((await json(request).catch(() => undefined)) as Stored);
    if (this.instead && pathname.startsWith(this.instead.path ?? '/')) return this.instead;
    const { plural, name, sub } = partsOf(pathname);
    if (!this.known.has(plural)) return { status: 404, body: '404 page not found\n' };
    const at = name === undefined ? pathname : pathname.slice(0, pathname.length - (sub ? sub.length + 1 : 0));
    const there = this.objects.get(at);
    if (request.method === 'POST' && sent) return this.create(`${pathname}/${sent.metadata.name}`, sent);
    if (name === undefined) return { status: 200, body: { kind: 'List', items: this.list(pathname, searchParams) } };
    if (!there) return refusal(404, 'NotFound', `${plural} "${name}" not found`);
    if (sub === 'log') return { status: 200, body: this.logs.get(name) ?? '' };
    if (request.method === 'PATCH') Object.assign(there, sent);
    if (request.method === 'DELETE') {
      there.metadata['deletionTimestamp'] = new Date().toISOString();
      this.onDelete(at);
    }
    return { status: 200, body: there };
  }

  private create(path: string, object: Stored): { status: number; body: object } {
    if (this.objects.has(path)) return refusal(409, 'AlreadyExists', `"${object.metadata.name}" already exists`);
    const stored = { ...object, metadata: { ...object.metadata, uid: randomUUID() } };
    this.objects.set(path, stored);
    return { status: 201, body: stored };
  }

  private list(path: string, query: URLSearchParams): Stored[] {
    const [label, value] = (query.get('labelSelector') ?? '').split('=');
    return [...this.objects]
      .filter(([at]) => at.startsWith(`${path}/`))
      .map(([, object]) => object)
      .filter(({ metadata }) => !label || metadata.labels?.[label] === value);
  }
}

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUB`, the core's without a group, a node's without a namespace. */
function partsOf(pathname: string): { plural: string; name: string | undefined; sub: string | undefined } {
  const [, plural = '', name, sub] =
    /^\/apis?(?:\/[^/]+)?\/v[0-9a-z]+(?:\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ??
    [];
  return { plural, name, sub };
}

const refusal = (code: number, reason: string, message: string) => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
});
