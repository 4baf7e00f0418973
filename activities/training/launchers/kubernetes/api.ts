import type { CoreV1Api, CustomObjectsApi, V1Node, V1Pod } from '@kubernetes/client-node';
import * as z from 'zod';
import type { KubernetesConfig } from '../../../../schemas/training-config';
import { limitText } from '../../../kit/limit-text';
import { failure } from '../../../errors';
import { boundedHttp } from './http';
import type { Kind } from './kinds';

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});
export type Condition = z.output<typeof condition>;

/** What all kinds have in common. */
const jobObject = z.object({
  metadata: z.object({ deletionTimestamp: z.string().optional() }),
  status: z.object({ conditions: z.array(condition).nullish() }).nullish(),
});
export type JobObject = z.output<typeof jobObject>;

const ANSWER_MS = 30_000;
const LOG_BYTES = 1 << 20;
/** Characters of what it says of an error. */
const SAID = 1_000;

interface Clients {
  server: string;
  core: CoreV1Api;
  custom: CustomObjectsApi;
}

/**
 * The calls of a cluster's API that a launcher needs, by the official client.
 * All throw `Unavailable` while it does not answer, and `LauncherRefused` for what it will not do.
 */
export class KubernetesApi {
  private clients: Promise<Clients> | undefined;

  constructor(
    private readonly config: Pick<KubernetesConfig, 'context' | 'namespace'>,
    private readonly kind: Kind,
    /** Instead of what `kubectl` would read. */
    private readonly kubeconfig?: string,
    private readonly answerMs = ANSWER_MS,
  ) {}

  /** @returns whether an object of that name was there. */
  async create(body: object): Promise<boolean> {
    // An operator of another version may not know a field: better refused than run without its volume.
    const strict = { fieldValidation: 'Strict' };
    const answer = await this.call(
      ({ custom }) => custom.createNamespacedCustomObject({ ...this.objects(), ...strict, body }) as Promise<unknown>,
      [409],
    );
    return answer === undefined;
  }

  /** Undefined where there is none. Whether its kind is there at all is asked by `checkKind`. */
  async object(name: string): Promise<JobObject | undefined> {
    const answer = await this.call(
      ({ custom }) => custom.getNamespacedCustomObject({ ...this.objects(), name }) as Promise<unknown>,
      [404],
    );
    if (answer === undefined) return undefined;
    const read = jobObject.safeParse(answer);
    if (read.success) return read.data;
    throw await this.unreadable();
  }

  /** Has it deleted after all that it made; returns at once. */
  async delete(name: string): Promise<void> {
    const foreground = { propagationPolicy: 'Foreground' };
    await this.call(
      ({ custom }) => custom.deleteNamespacedCustomObject({ ...this.objects(), name, ...foreground }),
      [404],
    );
  }

  /** A merge of some fields. */
  async patch(name: string, body: object): Promise<void> {
    const { PatchStrategy, setHeaderOptions } = await import('@kubernetes/client-node');
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await this.call(
      ({ custom }) => custom.patchNamespacedCustomObject({ ...this.objects(), name, body }, merge),
      [404],
    );
  }

  /** Pods of a job, in the order of their names. */
  async pods(name: string): Promise<V1Pod[]> {
    const labelSelector = `${this.kind.podLabel}=${name}`;
    const { namespace } = this.config;
    const list = await this.call(({ core }) => core.listNamespacedPod({ namespace, labelSelector }));
    return (await this.itemsOf(list)).sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
  }

  /** What a pod has written, its first MiB; empty where it is gone or has not begun. */
  async podLog(name: string): Promise<string> {
    const { namespace } = this.config;
    const text = await this.call(
      ({ core }) => core.readNamespacedPodLog({ namespace, name, limitBytes: LOG_BYTES }),
      [400, 404],
    );
    return text ?? '';
  }

  /** Null where the account may not see them. */
  async nodes(): Promise<V1Node[] | null> {
    const list = await this.call(({ core }) => core.listNode(), [403]);
    return list === undefined ? null : this.itemsOf(list);
  }

  /** @throws `LauncherRefused` where the cluster has no such kind, or the account may not see its objects. */
  async checkKind(): Promise<void> {
    await this.call(({ custom }) => custom.listNamespacedCustomObject({ ...this.objects(), limit: 1 }));
  }

  /** Of a list, as the client reads it out of whatever has come. */
  private async itemsOf<T extends object>(list: { items: T[] } | null): Promise<T[]> {
    const items: unknown = list?.items;
    if (Array.isArray(items) && items.every((item) => typeof item === 'object' && item !== null)) return items as T[];
    throw await this.unreadable();
  }

  private async unreadable(): Promise<Error> {
    const { server } = await this.connect();
    return failure('LauncherRefused', `What answers at ${server} is no API of Kubernetes.`);
  }

  private objects(): { group: string; version: string; namespace: string; plural: string } {
    const { group, version, plural } = this.kind;
    return { group, version, plural, namespace: this.config.namespace };
  }

  /** @param expected statuses that are answered by undefined. */
  private call<T>(request: (clients: Clients) => Promise<T>): Promise<T>;
  private call<T>(request: (clients: Clients) => Promise<T>, expected: readonly number[]): Promise<T | undefined>;
  private async call<T>(
    request: (clients: Clients) => Promise<T>,
    expected: readonly number[] = [],
  ): Promise<T | undefined> {
    const clients = await this.connect();
    const { ApiException } = await import('@kubernetes/client-node');
    try {
      return await request(clients);
    } catch (error) {
      if (!(error instanceof ApiException)) {
        const said = limitText((error as Error).message, SAID);
        throw failure('Unavailable', `Kubernetes at ${clients.server} does not answer: ${said}.`);
      }
      if (expected.includes(error.code)) return undefined;
      throw this.refusal(error.code, messageOf(error.body) || 'nothing more', clients.server);
    }
  }

  /** In words, without what `ApiException` says by itself: headers and all. */
  private refusal(status: number, said: string, server: string): Error {
    const { plural, group, operator } = this.kind;
    const what = `Kubernetes at ${server} answered ${status}: ${said}`;
    if (status >= 500 || status === 429 || status === 408) return failure('Unavailable', what);
    if (status === 401) return failure('LauncherRefused', `${what}. It does not know the account of the kubeconfig.`);
    if (status === 403)
      return failure('LauncherRefused', `${what}. Give the account the role that docs/launchers.md lists.`);
    if (status === 404 && said.includes('page not found'))
      return failure('LauncherRefused', `${what}. The cluster has no ${plural}.${group}: install ${operator}.`);
    return failure('LauncherRefused', what);
  }

  private connect(): Promise<Clients> {
    this.clients ??= openClients(this.config, this.answerMs, this.kubeconfig);
    // What a kubeconfig lacks now may be there later.
    this.clients.catch(() => (this.clients = undefined));
    return this.clients;
  }
}

/** Loaded when it is needed: the client's hundreds of modules take longer to load than all else here. */
async function openClients(
  { context }: Pick<KubernetesConfig, 'context'>,
  answerMs: number,
  kubeconfig?: string,
): Promise<Clients> {
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw failure('LauncherNotConfigured', `The kubeconfig can not be read: ${(error as Error).message}.`, error);
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    const known = config.getContexts().map(({ name }) => name);
    const wanted = config.getCurrentContext();
    throw failure(
      'LauncherNotConfigured',
      `The kubeconfig has no context "${wanted}"; it has: ${known.join(', ') || 'none'}.`,
    );
  }
  const settings = client.createConfiguration({
    baseServer: new client.ServerConfiguration(cluster.server, {}),
    authMethods: { default: config },
    httpApi: boundedHttp(client, answerMs),
  });
  return {
    server: cluster.server,
    core: new client.CoreV1Api(settings),
    custom: new client.CustomObjectsApi(settings),
  };
}

const statusBody = z.object({ message: z.string() });

/** What the API says of an error: an object of the kind Status, or plain text. */
function messageOf(body: unknown): string {
  const text = typeof body === 'string' ? body.trim() : '';
  try {
    const parsed = statusBody.safeParse(typeof body === 'string' ? JSON.parse(body) : body);
    return limitText(parsed.data?.message ?? text, SAID);
  } catch {
    return limitText(text, SAID);
  }
}
