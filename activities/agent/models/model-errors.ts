import type { ApplicationFailure } from '@temporalio/common';
import type { ErrorCode } from '../../../schemas/errors';
import { failure } from '../../errors';

/** What is known of a call that failed. */
export interface ModelProblem {
  /** What happened, in words of ours that hold nothing of what was sent. */
  what: string;
  /** Status of the answer, or the one that an error within a stream names; none where no answer came or it broke off. */
  status?: number;
  /** It was given up after its time. */
  isLate?: true;
  /** Codes that the provider gave: `error.code` and `error.type`. */
  codes: readonly string[];
  /** What the provider said. Never shown: it may hold pieces of the prompt or of the key. */
  said: string;
  headers: Readonly<Record<string, string>>;
}

type ModelErrorCode = Extract<
  ErrorCode,
  'ModelUnavailable' | 'ModelRequestRefused' | 'ModelNotAllowed' | 'ContextTooLong' | 'ContentFiltered'
>;

/** A rule fits where the provider's words or the status do. */
interface Rule {
  code: ModelErrorCode;
  /** Values of `error.code` or `error.type`, in lower case. */
  codes?: readonly string[];
  /** For servers that give no code of their own for it. */
  said?: RegExp;
  status?: (status: number) => boolean;
}

const oneOf =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status);

/** The first rule that fits decides. */
const RULES: readonly Rule[] = [
  {
    code: 'ContextTooLong',
    codes: ['context_length_exceeded', 'exceed_context_size_error', 'string_above_max_length'],
    // vLLM and others say it with no code but `BadRequestError`.
    said: /maximum context length|exceeds? (the )?(available )?context|context (length|size|window) (is |was )?exceeded/i,
    status: oneOf(413),
  },
  { code: 'ContentFiltered', codes: ['content_filter', 'content_policy_violation', 'responsibleaipolicyviolation'] },
  {
    code: 'ModelNotAllowed',
    // Out of money: some send it with 429, and no waiting mends it.
    codes: ['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active'],
    status: oneOf(401, 402, 403),
  },
  { code: 'ModelUnavailable', status: (status) => oneOf(408, 409, 425, 429)(status) || status >= 500 },
  // 400, 404, 422, a redirect, and all that nobody has thought of: the same would be refused again.
  { code: 'ModelRequestRefused', status: () => true },
];

/** Without a status and known words nobody has refused anything: the network failed, or a stream broke off. */
const codeOf = ({ status, codes, said }: ModelProblem): ModelErrorCode =>
  RULES.find(
    (rule) =>
      codes.some((code) => rule.codes?.includes(code.toLowerCase())) ||
      rule.said?.test(said) ||
      (status !== undefined && rule.status?.(status)),
  )?.code ?? 'ModelUnavailable';

/** No server is waited for longer than this, whatever it says, in seconds. */
const LONGEST_WAIT = 600;

/**
 * Seconds after which a server wants to be asked again: `Retry-After` as seconds or as a date, or the form in
 * milliseconds that some endpoints send beside it. Undefined where it says nothing that can be used.
 */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const header = headers['retry-after']?.trim() ?? '';
  const milliseconds = Number(headers['retry-after-ms']?.trim() || NaN);
  const seconds = Number.isFinite(milliseconds)
    ? milliseconds / 1_000
    : /^\d+(\.\d+)?$/.test(header)
      ? Number(header)
      : (Date.parse(header) - now) / 1_000;
  return seconds > 0 ? Math.min(seconds, LONGEST_WAIT) : undefined;
}

/** What a failure of a model carries for those who ask many questions. */
export interface ModelFailureDetails {
  /** The endpoint is there and fails at this question, as far as one can tell: to wait may not help. */
  isOfQuestion: boolean;
}

/** Whether it failed at a question that it took: an error of its own, or no end. One that is away or busy has not taken it. */
const isOfQuestion = ({ status, isLate }: ModelProblem): boolean =>
  isLate === true || (status !== undefined && status >= 500 && status !== 503);

/** A code that may be shown: a plain word, and so neither a key nor a text of the prompt. */
const PLAIN_CODE = /^[A-Za-z][A-Za-z_]{2,47}$/;

/**
 * The failure that a problem means.
 * @param model its name in the configuration. @param now in milliseconds, for dates in headers.
 */
export function modelFailure(model: string, problem: ModelProblem, now = Date.now()): ApplicationFailure {
  const code = codeOf(problem);
  const shown = problem.codes.find((word) => PLAIN_CODE.test(word));
  const why = shown ? `${problem.what}, ${shown}` : problem.what;
  const wait = code === 'ModelUnavailable' ? retryAfter(problem.headers, now) : undefined;
  const details = { isOfQuestion: isOfQuestion(problem) } satisfies ModelFailureDetails;
  return failure(code, `The model "${model}" gave no answer (${why}).`, undefined, wait, details);
}
