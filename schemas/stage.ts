import type * as z from 'zod';

/** What the pack must know of a stage besides its code. One object a stage, listed in `schemas/index.ts`. */
export interface StageDefinition<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  /** The workflow type. */
  name: string;
  /** One sentence for the UI and the help text. */
  summary: string;
  /** Part of the work key. Raise it when the same input would give another output; a golden test notices. */
  codeVersion: number;
  input: I;
  output: O;
  /** A complete, valid input that works on the embedded stack: shown on a wrong input and in the start form. */
  example: z.input<I>;
  /**
   * Goes on until it is cancelled or its time is over: it has no work key, and is never `reused`. The fields are those that make of its
   * example, which ends by itself, one that does not.
   */
  endless?: Partial<z.input<I>>;
  /** Answers anew each time that it is asked: it has no work key, no dry run, and is never `reused`. */
  answers?: boolean;
  /** Its first run makes the trainers' Python, 3 GB of downloads: no example of it is run unasked but as a dry run. */
  needs?: 'trainers';
  /** What the run is about, for ids, search attributes and titles. */
  subject(input: z.output<I>): string;
}

/** Types a stage definition by its own schemas. */
export function defineStage<I extends z.ZodObject, O extends z.ZodObject>(
  stage: StageDefinition<I, O>,
): StageDefinition<I, O> {
  return stage;
}

/** One thing that is wrong with an input. */
export interface InputIssue {
  path: string;
  problem: string;
}

export type ParsedInput<T> = { ok: true; value: T } | { ok: false; issues: InputIssue[] };

/**
 * Parses a stage's input. Never throws: a thrown ZodError would make a workflow task retry for ever.
 * Every wrong path is listed, unknown fields included.
 */
export function parseInput<I extends z.ZodObject>(schema: I, raw: unknown): ParsedInput<z.output<I>> {
  // A start with no input at all reads better as "source is missing" than as "undefined is not an object".
  const parsed = schema.safeParse(raw ?? {});
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, issues: parsed.error.issues.flatMap((issue) => describeIssue(issue, raw)) };
}

function describeIssue(issue: z.core.$ZodIssue, raw: unknown): InputIssue[] {
  const at = (path: PropertyKey[]) => path.map(String).join('.') || '(input)';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: at([...issue.path, key]), problem: 'is not a field of this input' }));
  }
  if (issue.code === 'invalid_union') {
    // Of a union's branches, the one that got furthest is what the person meant.
    const branch = [...issue.errors].sort((a, b) => deepest(b) - deepest(a))[0] ?? [];
    if (branch.length > 0 && deepest(branch) > 0) {
      return branch.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, raw));
    }
  }
  const missing = issue.code === 'invalid_type' && valueAt(raw, issue.path) === undefined;
  return [{ path: at(issue.path), problem: missing ? `is missing${expected(issue.message)}` : issue.message }];
}

/** zod's "expected string, received undefined", less what everyone knows of a missing field. */
const expected = (message: string): string => {
  const [, type] = /expected (.+), received undefined$/.exec(message) ?? [];
  return type ? ` (expected ${type})` : '';
};

const deepest = (issues: z.core.$ZodIssue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));

function valueAt(raw: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
}
