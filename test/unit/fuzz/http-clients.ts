import { mkdtempSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAIModel } from '../../../activities/agent/models/openai-model';
import { fetchTool } from '../../../activities/agent/tools/fetch/fetch-tool';
import { McpServer } from '../../../activities/agent/tools/mcp/mcp-server';
import { openHttp } from '../../../activities/cleaning/source/http-source';
import { readMetricRows } from '../../../activities/control/read-window';
import { bulkIndex } from '../../../activities/indexing/bulk';
import { judgeReplay } from '../../../activities/rollout/judge-replay';
import { readBaseline, readMetric } from '../../../activities/rollout/metric-rows';
import { askSource } from '../../../activities/rollout/read-rows';
import { KubernetesApi } from '../../../activities/training/launchers/kubernetes/api';
import { capacityOf } from '../../../activities/training/launchers/kubernetes/capacity';
import { KINDS } from '../../../activities/training/launchers/kubernetes/kinds';
import { statusOf } from '../../../activities/training/launchers/kubernetes/status';
import { rayLauncher } from '../../../activities/training/launchers/ray';
import { RayRest } from '../../../activities/training/launchers/ray-rest';
import { SlurmRest } from '../../../activities/training/launchers/slurm-rest';
import { slurmJobs, slurmNodes } from '../../../activities/training/launchers/slurm-shapes';
import { statusOf as slurmStatusOf } from '../../../activities/training/launchers/slurm-status';
import { fetchFiles } from '../../../activities/training/models/sources/fetch-files';
import { hubSource } from '../../../activities/training/models/sources/hub-source';
import { mcpServer, modelConfig, type OpenAIModelConfig, toolConfig } from '../../../schemas/agent-config';
import type { ErrorCode } from '../../../schemas/errors';
import { openElasticsearch } from '../../../workers/elasticsearch';
import { downloadFromHub } from '../../../workers/stack/hub-download';
import { probeElasticsearch } from '../../../workers/stack/probes';

/** One that asks a server, and what may come of whatever it answers. */
export interface HttpClient {
  name: string;
  /** Files of the pack that it stands for in the list of those that parse. */
  files: readonly string[];
  codes: readonly ErrorCode[];
  /** @param secret that it sends, where it sends one. */
  ask: (url: string, secret: string, signal: AbortSignal) => Promise<unknown>;
  /** Requests that are answered as they should be, before the one that is not. */
  right?: (request: IncomingMessage) => string | undefined;
  /** Of the answer it takes so many bytes at most. */
  most: number;
}

const MIB = 2 ** 20;
/** For a whole answer, in milliseconds, where it can be said. */
const WITHIN_MS = 700;

const scratch = mkdtempSync(join(tmpdir(), 'llm-pack-hostile-'));
let made = 0;
const fresh = (name: string): string => join(scratch, `${(made += 1)}-${name}`);
const NOBODY = { ends: [], all: false };

function kubernetes(server: string, token: string): KubernetesApi {
  const file = fresh('kubeconfig');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
  };
  writeFileSync(file, JSON.stringify(config));
  return new KubernetesApi({ namespace: 'default' }, KINDS.PyTorchJob, file, WITHIN_MS);
}

const model = (baseUrl: string): OpenAIModelConfig =>
  modelConfig.parse({
    ...{ provider: 'openai', baseUrl, model: 'm', logLikelihoods: true, timeoutSeconds: 1, idleSeconds: 1 },
  }) as OpenAIModelConfig;
const MODEL_CODES = [
  ...(['ModelUnavailable', 'ModelRequestRefused', 'ModelNotAllowed'] as const),
  ...(['ContextTooLong', 'ContentFiltered', 'SubjectUnsuitable'] as const),
];
const LAUNCHER_CODES = ['Unavailable', 'LauncherRefused', 'LauncherNotAllowed'] as const;

const COMMIT = 'a'.repeat(40);
const described = { sha: COMMIT, siblings: [{ rfilename: 'config.json', size: 1_000, blobId: 'b' }] };
const hub = (url: string, secret: string, signal: AbortSignal) =>
  hubSource({ env: { HF_ENDPOINT: url, HF_TOKEN: secret }, allowed: ['*'] }, 'hub:a/b', signal);

const metric = (url: string, secret: string, signal: AbortSignal): Promise<unknown[]> => {
  const source = { type: 'http' as const, url, tokenVariable: 'TOKEN', timeoutSeconds: 1 };
  return askSource('metrics.m', source, { name: 'n' }, { env: { TOKEN: secret }, signal });
};

const openApi = JSON.stringify({ paths: { '/slurm/v0.0.38/job/submit': {} } });
const slurm = (url: string, token: string) => new SlurmRest({ url, user: 'u', token, answerMs: WITHIN_MS });
const knowsVersion = ({ url }: IncomingMessage) => (url === '/openapi/v3' ? openApi : undefined);

/** Every reader of what a server answers; a new one is a line here. Files on the disk: parsers.ts. */
export const HTTP_CLIENTS: readonly HttpClient[] = [
  {
    name: 'a job of Ray',
    files: ['activities/training/launchers/ray-rest.ts'],
    codes: LAUNCHER_CODES,
    ask: (url, token) => new RayRest(url, token, WITHIN_MS).job('j'),
    most: 32 * MIB,
  },
  {
    name: 'the log and the nodes of Ray',
    files: [],
    codes: LAUNCHER_CODES,
    ask: async (url, token) => {
      const options = { nodeTimeoutSeconds: 15, graceSeconds: 1, python: 'python3', rayPython: 'python3' };
      const launcher = rayLauncher({ ...options, url, token, trainingDir: scratch, answerMs: WITHIN_MS });
      await launcher.capacity();
      return new RayRest(url, token, WITHIN_MS).logs('j');
    },
    most: 64 * MIB,
  },
  {
    name: 'a job that is given to Ray',
    files: [],
    codes: LAUNCHER_CODES,
    ask: (url, token) =>
      new RayRest(url, token, WITHIN_MS).submit({ submission_id: 'j', entrypoint: 'x', runtime_env: {}, metadata: {} }),
    most: 96 * MIB,
  },
  {
    name: 'the version of Slurm',
    files: ['activities/kit/ask.ts', 'activities/training/launchers/slurm-rest.ts'],
    codes: LAUNCHER_CODES,
    ask: (url, token) => slurm(url, token).version(),
    most: 256 * MIB,
  },
  {
    name: 'jobs of Slurm',
    files: [],
    codes: LAUNCHER_CODES,
    right: knowsVersion,
    ask: async (url, token) =>
      (await slurm(url, token).read(slurmJobs, 'jobs')).map((job) => slurmStatusOf(job, NOBODY)),
    most: 256 * MIB,
  },
  {
    name: 'nodes of Slurm',
    files: [],
    codes: LAUNCHER_CODES,
    right: knowsVersion,
    ask: (url, token) => slurm(url, token).read(slurmNodes, 'nodes'),
    most: 256 * MIB,
  },
  {
    name: 'a job of Kubernetes and its pods',
    files: ['activities/training/launchers/kubernetes/api.ts'],
    codes: LAUNCHER_CODES,
    ask: async (url, token) => {
      const api = kubernetes(url, token);
      const object = (await api.object('j')) ?? { metadata: {} };
      return statusOf('PyTorchJob', { object, pods: await api.pods('j'), ends: [], nodes: 2 });
    },
    most: 128 * MIB,
  },
  {
    name: 'the log of a pod, and the nodes of Kubernetes',
    files: [],
    codes: LAUNCHER_CODES,
    ask: async (url, token) => {
      const api = kubernetes(url, token);
      await api.podLog('p');
      return capacityOf((await api.nodes()) ?? []);
    },
    most: 128 * MIB,
  },
  {
    name: 'a job that is given to Kubernetes',
    files: [],
    codes: LAUNCHER_CODES,
    ask: (url, token) => kubernetes(url, token).create({ kind: 'PyTorchJob' }),
    most: 64 * MIB,
  },
  {
    name: 'the description of a model on the hub',
    files: ['activities/training/models/sources/hub-source.ts'],
    codes: ['Unavailable', 'SourceNotFound', 'SourceNotAllowed'],
    ask: hub,
    most: 16 * MIB,
  },
  {
    name: 'a file of a model on the hub',
    files: [],
    codes: ['Unavailable', 'SourceNotFound', 'SourceNotAllowed', 'SourceChanged'],
    right: ({ url }) => (url?.startsWith('/api/') ? JSON.stringify(described) : undefined),
    ask: async (url, token, signal) => {
      const source = await hub(url, token, signal);
      const context = { downloads: fresh('downloads'), report: () => undefined, signal };
      return fetchFiles(source, [{ name: 'config.json', bytes: 1_000, pin: 'git:b' }], scratch, context);
    },
    most: 2_000,
  },
  {
    name: 'weights of an encoder on the hub',
    files: [],
    codes: [],
    ask: (url, token, signal) =>
      downloadFromHub({ model: 'a/b', revision: 'main', file: 'x' }, fresh('x'), {
        env: { HF_ENDPOINT: url, HF_TOKEN: token },
        signal,
      }),
    most: Infinity,
  },
  {
    name: 'a chat model',
    files: [],
    codes: MODEL_CODES,
    ask: (url, key, signal) => {
      const messages = [{ role: 'user' as const, content: 'x' }];
      const tools = [{ name: 't', description: 't', parameters: { type: 'object' }, effect: 'read', polling: false }];
      const asked = { messages, tools: tools as never, maxTokens: 50, temperature: 0, signal };
      return openAIModel('m', model(url), key).complete(asked);
    },
    most: 16 * MIB,
  },
  {
    name: 'a model that tells log-likelihoods',
    files: ['activities/agent/models/likelihoods.ts'],
    codes: MODEL_CODES,
    ask: async (url, key, signal) =>
      openAIModel('m', model(url), key).likelihoods?.({ context: 'x', continuations: ['y'], signal }),
    most: 16 * MIB,
  },
  {
    name: 'a metric of a rollout',
    files: ['activities/rollout/read-rows.ts'],
    codes: ['Unavailable', 'MetricUnusable'],
    ask: async (url, token, signal) => {
      const rows = await metric(url, token, signal);
      return [readMetric('metrics.m', rows, new Map([[1, 0.5]]), new Date()), readBaseline('m', rows, new Date())];
    },
    most: 32 * MIB,
  },
  {
    name: 'a metric of a knob, and logged decisions',
    files: [],
    codes: ['Unavailable', 'MetricUnusable', 'ReplayRefused'],
    ask: async (url, token, signal) => {
      const rows = await metric(url, token, signal);
      const options = { source: 'l', method: 'snips' as const, minimumEffective: 1, maximumLoss: 0 };
      return [readMetricRows('metrics.m', rows), judgeReplay(rows, options)];
    },
    most: 32 * MIB,
  },
  {
    name: 'a file behind an address',
    files: [],
    codes: ['Unavailable', 'SourceNotAllowed', 'SourceNotFound', 'SourceChanged'],
    ask: async (url, _secret, signal) => {
      const address = { url: `${url}/%zz.jsonl`, kind: 'http' as const };
      const opened = openHttp([{ url: `${url}/`, maxBytes: MIB, privateNetwork: true }], address);
      for await (const file of opened.list(new Set(['jsonl']), signal).files) {
        for await (const _ of file.read?.(0, file.bytes) ?? []);
      }
    },
    most: 3 * MIB,
  },
  {
    name: 'a page that an agent asks for',
    files: [],
    codes: ['Unavailable'],
    ask: async (url, _secret, signal) => {
      const addresses = [{ url, privateNetwork: true, maxBytes: MIB }];
      const config = toolConfig.parse({ type: 'fetch', addresses, timeoutSeconds: 1 });
      const tool = fetchTool('f', config as Parameters<typeof fetchTool>[1]);
      const context = { idempotencyKey: 'k', signal, heartbeat: () => undefined };
      return tool.call({ url: `${url}/` }, context).finally(() => tool.close());
    },
    most: 2 * MIB,
  },
  {
    name: 'an MCP server',
    files: [],
    codes: ['Unavailable', 'AgentToolMissing'],
    ask: (url, secret) => {
      const config = { transport: 'http', url, headerVariables: { 'x-api-key': 'KEY' }, startSeconds: 1 };
      const server = new McpServer('m', mcpServer.parse(config), { env: { KEY: secret }, projectDir: scratch });
      return server.tools().finally(() => server.close());
    },
    most: 11 * MIB,
  },
  {
    name: 'a probe of Elasticsearch',
    files: ['workers/stack/probes.ts'],
    codes: [],
    ask: (url, key) => probeElasticsearch(url, { ELASTICSEARCH_API_KEY: key }),
    most: MIB,
  },
  {
    name: 'a bulk of Elasticsearch',
    files: [],
    codes: ['Unavailable', 'InvariantBroken', 'BuildClosed', 'StorageFull'],
    ask: async (url, key, signal) => {
      const client = openElasticsearch({ elasticsearch: { node: url, apiKey: key } });
      const operations = [{ id: 'a', version: 1, source: '{}' }];
      await bulkIndex(client, 'alias', operations, { signal, written: () => undefined }).finally(() => client.close());
    },
    most: 128 * MIB,
  },
];
