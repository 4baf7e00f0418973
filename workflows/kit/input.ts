import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import type * as z from 'zod';
import { errorMessage } from '../../schemas/errors';
import { parseInput, type InputIssue, type StageDefinition } from '../../schemas/stage';
import { failureMarkdown } from './progress-text';

// Enough to mend an input in one go; a hostile one with thousands of unknown fields stays a small failure.
const MAX_LISTED = 50;

/**
 * The stage's input with every default filled in.
 * @throws `InvalidInput`, which ends the run at once and lists every wrong path with a working example. Anything but
 * a Temporal failure thrown here would leave the run hanging in workflow task retries.
 */
export function parseStageInput<I extends z.ZodObject>(stage: StageDefinition<I>, raw: unknown): z.output<I> {
  const parsed = parseInput(stage.input, raw);
  if (parsed.ok) return parsed.value;
  const message = errorMessage('InvalidInput', describe(stage, parsed.issues));
  // There is no board yet, and people look at the details first.
  setCurrentDetails(failureMarkdown(message));
  throw ApplicationFailure.create({
    type: 'InvalidInput',
    nonRetryable: true,
    message,
    details: [{ issues: parsed.issues.slice(0, MAX_LISTED), example: stage.example }],
  });
}

function describe(stage: StageDefinition, issues: InputIssue[]): string {
  const listed = issues.slice(0, MAX_LISTED).map(({ path, problem }) => `- ${path}: ${problem}`);
  if (issues.length > MAX_LISTED) listed.push(`- … and ${issues.length - MAX_LISTED} more`);
  return [
    `The input of ${stage.name} has ${issues.length === 1 ? 'one problem' : `${issues.length} problems`}:`,
    ...listed,
    `Example: ${JSON.stringify(stage.example)}`,
  ].join('\n');
}
