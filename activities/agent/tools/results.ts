import * as z from 'zod';
import type { Passage } from '../../../schemas/agent';
import { limitText } from '../../kit/limit-text';
import type { ToolContext, ToolResult } from './tool';

/** A result that says why nothing came of a call. */
export const failed = (text: string, most: number): ToolResult => ({ text: limitText(text, most), failed: true });

/** A result whose whole text an answer may rest on, named by the tool and the call. */
export function found(text: string, most: number, source: Omit<Passage, 'text'>): ToolResult {
  const cut = limitText(text, most);
  return { text: cut, passages: [{ ...source, text: cut }] };
}

/** Names a result by its tool and its call. */
export const callName = (tool: string, { idempotencyKey }: ToolContext): string =>
  `${tool}:${idempotencyKey.slice(0, 12)}`;

/** Arguments as a tool wants them; a `failed` result that names what is wrong, for the model to mend. */
export function readArguments<T>(
  schema: z.ZodType<T>,
  args: unknown,
): { ok: true; value: T } | { ok: false; result: ToolResult } {
  const parsed = schema.safeParse(args);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, result: failed(`The arguments are wrong:\n${z.prettifyError(parsed.error)}`, 2_000) };
}

/** The JSON Schema of arguments, as models are told it. */
export function parametersOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' });
  return parameters;
}
