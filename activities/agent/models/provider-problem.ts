import * as z from 'zod';
import type { ModelProblem } from './model-errors';

const word = z.union([z.string(), z.number()]).nullish();

/** An error as the protocol has it, in a body or as an event of a stream. */
const errorBody = z.object({ message: z.string().nullish(), type: word, code: word });
/** The same, around it: some servers put it in an object, and some do not. */
const anyErrorBody = z.union([z.object({ error: errorBody }).transform(({ error }) => error), errorBody]);

/** What the client library throws for an answer with a status that is no success, or none. */
const callError = z.object({
  name: z.literal('AI_APICallError'),
  message: z.string(),
  statusCode: z.number().optional(),
  responseHeaders: z.record(z.string(), z.string()).optional(),
  responseBody: z.string().optional(),
  cause: z.unknown(),
});

/** Reads what the library, the network or a stream has thrown. */
export function problemOf(thrown: unknown): ModelProblem {
  const call = callError.safeParse(thrown);
  if (call.success) {
    const { statusCode, responseHeaders = {}, responseBody = '', cause } = call.data;
    if (statusCode === undefined) return { ...NOTHING, what: `no connection, ${systemCode(cause)}` };
    // A body that breaks off, or that is none: the status was a success.
    if (statusCode < 300) return { ...NOTHING, what: 'the answer broke off', headers: responseHeaders };
    const { codes, said } = wordsOf(parsed(responseBody));
    return {
      what: `status ${statusCode}`,
      status: statusCode,
      codes,
      said: said || responseBody,
      headers: responseHeaders,
    };
  }
  if (thrown instanceof Error) return { ...NOTHING, what: `the answer broke off, ${systemCode(thrown)}` };
  // An error that came as an event of the stream, after a status that was a success.
  const { codes, said, status } = wordsOf(thrown);
  return { what: 'the stream told of an error', codes, said, headers: {}, ...(status === undefined ? {} : { status }) };
}

const NOTHING: Pick<ModelProblem, 'codes' | 'said' | 'headers'> = { codes: [], said: '', headers: {} };

function wordsOf(body: unknown): { codes: string[]; said: string; status?: number } {
  const read = anyErrorBody.safeParse(body);
  if (!read.success) return { codes: [], said: '' };
  const { message, type, code } = read.data;
  const codes = [code, type].flatMap((one) => (one == null ? [] : [String(one)]));
  const status = Number(code ?? NaN);
  const said = message ?? '';
  return status >= 400 && status <= 599 ? { codes, said, status } : { codes, said };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** A code as the system has them, `ECONNREFUSED` and the like; the name of the error where there is none. */
function systemCode(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
  }
  return error instanceof Error ? error.name : 'unknown';
}
