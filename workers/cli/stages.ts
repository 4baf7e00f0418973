import * as z from 'zod';
import { STAGES, type StageDefinition } from '../../schemas';
import { parseInput, type InputIssue } from '../../schemas/stage';
import { CliError, EXIT } from './exit';

/** The stage of that workflow name. @throws CliError (2) with all names, the likeliest first. */
export function findStage(name: string): StageDefinition {
  const stage = STAGES.find((known) => known.name === name);
  if (stage) return stage;
  const close = [...STAGES].sort((a, b) => distance(name, a.name) - distance(name, b.name))[0];
  const meant = close && distance(name, close.name) <= name.length / 2 ? ` Did you mean ${close.name}?` : '';
  const known = STAGES.map((known) => `  ${known.name}  ${known.summary}`).join('\n');
  throw new CliError(
    EXIT.wrongUse,
    `There is no workflow "${name}".${meant}\n${known}`,
    'llm-pack examples shows each with an input.',
  );
}

/** Parses an input by the stage's schema, as its workflow will. @throws CliError (2) with every wrong path. */
export function checkInput(stage: StageDefinition, raw: unknown, where = 'The input'): Record<string, unknown> {
  const parsed = parseInput(stage.input, raw);
  if (parsed.ok) return parsed.value;
  throw new CliError(
    EXIT.wrongUse,
    describeIssues(stage, parsed.issues, where),
    `An input that works: '${JSON.stringify(stage.example)}'`,
  );
}

function describeIssues(stage: StageDefinition, issues: readonly InputIssue[], where: string): string {
  const count = issues.length === 1 ? 'one problem' : `${issues.length} problems`;
  return [
    `${where} of ${stage.name} has ${count}:`,
    ...issues.map(({ path, problem }) => `  ${path}: ${problem}`),
  ].join('\n');
}

/** JSON Schema (draft 2020-12) of what a person may write as the stage's input. */
export const inputSchema = (stage: StageDefinition): z.core.JSONSchema.JSONSchema =>
  z.toJSONSchema(stage.input, { io: 'input' });

/** Markdown that explains the fields of a stage's input: the UI shows it beside the form and with each run. */
export function fieldsMarkdown(stage: StageDefinition): string {
  const schema = inputSchema(stage);
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const { description = '', default: value, enum: options } = typeof field === 'object' ? field : {};
    const required = schema.required?.includes(name) ? '**required**' : code(value);
    return `| \`${name}\` | ${required} | ${cell(description)}${options ? ` One of ${options.map(code).join(', ')}.` : ''} |`;
  });
  return [stage.summary, '', '| field | default | |', '|---|---|---|', ...rows].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (value: unknown): string => (value === undefined ? '' : `\`${cell(JSON.stringify(value))}\``);

/** Levenshtein distance, upper and lower case alike. */
export function distance(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
