import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { limitText } from '../../kit/limit-text';
import { failure } from '../../errors';
import { type Answer, ask, parsedJson } from '../../kit/ask';
import { slurmAnswer, type SlurmError } from './slurm-shapes';

export interface SlurmAccess {
  /** Of slurmrestd. */
  url: string;
  user: string;
  /** JSON Web Token of the user. */
  token: string;
  /** Longest that an answer may take, in milliseconds; 30 s. */
  answerMs?: number;
}

/** What slurmrestd said to a call. */
export interface SlurmAnswer {
  /** HTTP's. */
  status: number;
  body: unknown;
  errors: SlurmError[];
}

/** Oldest version that is spoken, newest that is known; of what a server offers the newest in between is taken. */
const OLDEST = 38;
const NEWEST = 43;
// slurmrestd itself tries to reach the controller for 9 s.
const ANSWER_MS = 30_000;
/** A cluster with a hundred thousand jobs takes as much. */
const MOST_BYTES = 256 * 2 ** 20;
/** Characters of what it says of an error. */
const SAID = 1_000;
/** Between two tries of whether a token is taken. */
const AGAIN_MS = 2_000;

// slurm_errno.h
const NO_SUCH_JOB = 2017;
const AUTHENTICATION = 1007;
/** "Zero Bytes were transmitted or received": the controller hangs up on who shows a token that it does not take. */
const HUNG_UP = 5005;
/** Of slurmctld about what was asked for, which no waiting mends, but for the below. */
const ABOUT_THE_REQUEST = [2000, 2999] as const;
/** Not top priority, nodes busy, in transition, standby, a limit on jobs, ports busy, nodes or partition down, no submissions now. */
const TRANSIENT: ReadonlySet<number> = new Set([
  2013, 2016, 2020, 2027, 2050, 2059, 2068, 2070, 2078, 2079, 2101, 2105,
]);

/**
 * Calls to slurmrestd, in the newest version of its API that both sides know.
 *
 * A token that is not taken is told from a controller that is away with care: v0.0.38 answers both with 500 and -1 to whatever
 * is read. It says 5005 to a cancellation with such a token, so a job that can not be, number 0, is cancelled; twice,
 * for a controller that dies while it is asked looks the same once.
 */
export class SlurmRest {
  private known: number | undefined;
  /** Whether the controller has taken the token; then what it does not answer is no matter of the token. */
  private isTaken = false;

  constructor(private readonly access: SlurmAccess) {}

  /** Number at the end of the API's version, such as 38. */
  async version(): Promise<number> {
    this.known ??= await this.discover();
    return this.known;
  }

  /** @throws Unavailable, LauncherNotAllowed; any other error of Slurm is in the answer. */
  async call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<SlurmAnswer> {
    const answer = await this.ask(method, `/slurm/v0.0.${await this.version()}/${path}`, body);
    if (answer.errors.some(({ number }) => number === NO_SUCH_JOB)) return answer;
    if (answer.status === 404) {
      // An upgrade of Slurm takes old versions away.
      this.known = undefined;
      throw this.unavailable(`answers 404 to ${method} ${path}`);
    }
    if (answer.status >= 500 && answer.errors.every(isOfTheWay)) {
      if (!this.isTaken) await this.refuseWhenTokenIsNotTaken();
      throw this.unavailable(textOf(answer.errors) || `answers ${answer.status}`);
    }
    this.isTaken ||= answer.status < 400;
    return answer;
  }

  /** What {@link call} gives, read. */
  async read<T>(schema: z.ZodType<T>, path: string): Promise<T> {
    const answer = await this.call('GET', path);
    if (answer.errors.length > 0 && answer.status >= 400) throw this.unavailable(textOf(answer.errors));
    const read = schema.safeParse(answer.body);
    if (!read.success)
      throw this.unavailable(`answers what can not be read: ${limitText(z.prettifyError(read.error), SAID)}`);
    return read.data;
  }

  unavailable(what: string, cause?: unknown): Error {
    return failure('Unavailable', `Slurm at ${this.access.url}: ${what}.`, cause);
  }

  private async discover(): Promise<number> {
    const answer = await this.ask('GET', '/openapi/v3');
    const read = z.object({ paths: z.record(z.string(), z.unknown()) }).safeParse(answer.body);
    const offered = Object.keys(read.data?.paths ?? {}).flatMap((path) => {
      const [, number] = /^\/slurm\/v0\.0\.(\d+)\/job\/submit/.exec(path) ?? [];
      return number ? [Number(number)] : [];
    });
    const spoken = offered.filter((number) => number >= OLDEST && number <= NEWEST);
    if (spoken.length > 0) return Math.max(...spoken);
    if (offered.length === 0) throw this.unavailable(`answers ${answer.status} and names no version of its API`);
    throw failure(
      'LauncherRefused',
      `Slurm at ${this.access.url} speaks v0.0.${limitText(offered.join(', v0.0.'), SAID)}; this pack v0.0.${OLDEST} to v0.0.${NEWEST}.`,
    );
  }

  private async ask(method: string, path: string, body?: object): Promise<SlurmAnswer> {
    const { url, user, token, answerMs: withinMs = ANSWER_MS } = this.access;
    const end = expiry(token);
    if (end !== undefined && end * 1_000 <= Date.now())
      throw this.notAllowed(`the token ended ${Math.round(Date.now() / 1_000 - end)} s ago`);
    const headers = {
      'X-SLURM-USER-NAME': user,
      'X-SLURM-USER-TOKEN': token,
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    };
    const within = { withinMs, mostBytes: MOST_BYTES, secrets: [token] };
    const sent = body ? { body: JSON.stringify(body) } : {};
    let response: Answer;
    try {
      response = await ask(new URL(path, url), { method, headers, ...sent, ...within });
    } catch (error) {
      throw this.unavailable(`slurmrestd does not answer (${causeOf(error)})`, error);
    }
    // 511: releases from 2025 on.
    if ([401, 403, 511].includes(response.status)) throw this.notAllowed(`answers ${response.status}`);
    const parsed = parsedJson(response);
    const { errors = [] } = slurmAnswer.safeParse(parsed).data ?? {};
    if (errors.some(({ number }) => number === AUTHENTICATION)) throw this.notAllowed(textOf(errors));
    if (parsed === undefined && response.status < 400) {
      throw failure('LauncherRefused', `What answers at ${url} is no slurmrestd: no JSON to ${method} ${path}.`);
    }
    return { status: response.status, body: parsed, errors };
  }

  private async refuseWhenTokenIsNotTaken(): Promise<void> {
    for (let tries = 0; tries < 2; tries += 1) {
      if (tries > 0) await sleep(AGAIN_MS);
      const { errors } = await this.ask('DELETE', `/slurm/v0.0.${await this.version()}/job/0`);
      if (!errors.some(({ number }) => number === HUNG_UP)) return;
    }
    throw this.notAllowed('the controller does not take the token');
  }

  private notAllowed(what: string): Error {
    return failure('LauncherNotAllowed', `Slurm at ${this.access.url}, as ${this.access.user}: ${what}.`);
  }
}

/** Whether the errors say that a request can never be met. */
export const isAboutRequest = (errors: SlurmError[]): boolean =>
  errors.some(
    ({ number }) => number >= ABOUT_THE_REQUEST[0] && number <= ABOUT_THE_REQUEST[1] && !TRANSIENT.has(number),
  );

/** Whether a job is not known: it never was, or ended longer ago than MinJobAge. */
export const isNoSuchJob = (answer: SlurmAnswer): boolean => answer.errors.some(({ number }) => number === NO_SUCH_JOB);

export const textOf = (errors: SlurmError[]): string => limitText(errors.map(({ text }) => text).join('; '), SAID);

// The request did not reach the controller, or its answer did not reach slurmrestd.
const isOfTheWay = ({ number }: SlurmError): boolean =>
  number === -1 || (number >= 1000 && number < 2000) || (number >= 5000 && number < 6000);

/** Seconds since 1970 at which a JSON Web Token ends by its own word. */
function expiry(token: string): number | undefined {
  const claims = parsedJson({ text: Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8') });
  return z.object({ exp: z.number() }).safeParse(claims).data?.exp;
}

function causeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
