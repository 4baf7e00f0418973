import * as z from 'zod';
import { limitText } from '../../kit/limit-text';
import { failure } from '../../errors';
import { type Answer, ask, parsedJson } from '../../kit/ask';
import type { NodeRequest } from './launcher';

// https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
const rayJob = z.object({
  status: z.string(),
  message: z
    .string()
    .nullish()
    .transform((text) => text ?? ''),
  /** Of a failure: a member of JobErrorType. */
  error_type: z.string().nullish(),
});
export type RayJob = z.output<typeof rayJob>;

const rayLogs = z.object({ logs: z.string().nullable() });

const rayNodes = z.object({
  data: z.object({
    summary: z.array(
      z.object({
        raylet: z.object({
          state: z.string(),
          resourcesTotal: z.object({
            CPU: z.number().default(0),
            GPU: z.number().default(0),
            memory: z.number().default(0),
          }),
        }),
      }),
    ),
  }),
});

const ANSWER_MS = 30_000;
/** Of an answer; of a log, all that a job has written, the same. */
const MOST_BYTES = 32 * 2 ** 20;
/** Characters of what it says of an error. */
const SAID = 500;

/** The calls of Ray's dashboard that a launcher needs. All throw `Unavailable` while it does not answer. */
export class RayRest {
  private readonly headers: Record<string, string>;

  constructor(
    private readonly url: string,
    private readonly token?: string,
    private readonly answerMs = ANSWER_MS,
  ) {
    this.headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  }

  /** A job, undefined where the cluster knows of none. */
  async job(id: string): Promise<RayJob | undefined> {
    const answer = await this.call('GET', `/api/jobs/${encodeURIComponent(id)}`);
    return answer.status === 404 ? undefined : this.read(answer, rayJob);
  }

  /** Submits a job, or finds the one with its id. @returns whether it was there. @throws `LauncherRefused`. */
  async submit(description: {
    submission_id: string;
    entrypoint: string;
    runtime_env: object;
    metadata: object;
  }): Promise<boolean> {
    const { submission_id: id } = description;
    if (await this.job(id)) return true;
    const answer = await this.call('POST', '/api/jobs/', description);
    if (answer.status === 200) return false;
    // An id that is there already is answered like a defect, by 500 and a traceback; so ask before it is called one.
    if (await this.job(id)) return true;
    throw this.refusal(answer);
  }

  /** Asks for the end of a job; returns at once. */
  async stop(id: string): Promise<void> {
    const answer = await this.call('POST', `/api/jobs/${encodeURIComponent(id)}/stop`);
    if (answer.status !== 404 && answer.status !== 200) throw this.refusal(answer);
  }

  /** All that a job's entry point has written. */
  async logs(id: string): Promise<string> {
    const answer = await this.call('GET', `/api/jobs/${encodeURIComponent(id)}/logs`);
    return answer.status === 404 ? '' : (this.read(answer, rayLogs).logs ?? '');
  }

  /** What each node has in all, free or taken. */
  async nodes(): Promise<NodeRequest[]> {
    const { data } = this.read(await this.call('GET', '/nodes?view=summary'), rayNodes);
    return data.summary
      .filter(({ raylet }) => raylet.state === 'ALIVE')
      .map(({ raylet: { resourcesTotal: has } }) => ({ cpus: has.CPU, gpus: has.GPU, memoryBytes: has.memory }));
  }

  private async call(method: string, path: string, body?: object): Promise<Answer> {
    const { headers, answerMs: withinMs, token } = this;
    const within = { withinMs, mostBytes: MOST_BYTES, secrets: [token] };
    try {
      const sent = body ? { body: JSON.stringify(body) } : {};
      return await ask(new URL(path, this.url), { method, headers, ...sent, ...within });
    } catch (error) {
      throw failure('Unavailable', `Ray at ${this.url} does not answer: ${(error as Error).message}.`, error);
    }
  }

  private read<T>(answer: Answer, schema: z.ZodType<T>): T {
    if (answer.status !== 200) throw this.refusal(answer);
    const read = schema.safeParse(parsedJson(answer));
    if (read.success) return read.data;
    throw failure('LauncherRefused', `What answers at ${this.url} is no dashboard of Ray.`);
  }

  private refusal({ status, text: told }: Answer): Error {
    // The last line of a traceback says what it is about.
    const [last = ''] = told.trim().split('\n').slice(-1);
    const said = `Ray at ${this.url} answered ${status}: ${limitText(last, SAID)}`;
    return failure(status >= 500 || status === 429 ? 'Unavailable' : 'LauncherRefused', said);
  }
}
