import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json';

/**
 * What stands for one call of a tool, whatever attempt makes it: the same run, step, tool and arguments have the same
 * key, in whatever order the arguments come. A receiver that keeps it can tell a repeated call.
 * @param run id of the workflow, which keeps its name when it continues as new.
 */
export const idempotencyKey = (
  run: string,
  step: number,
  tool: string,
  args: Readonly<Record<string, unknown>>,
): string =>
  createHash('sha256')
    .update(canonicalJson([run, step, tool, args]))
    .digest('hex');
