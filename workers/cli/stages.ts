import * as z from 'zod';
import { STAGES, type StageDefinition } from '../../schemas';
import { closeNames, distance } from '../../schemas/close-names';
import { parseInput, type InputIssue } from '../../schemas/stage';
import { CliError, EXIT } from './exit';

/** The stage of that workflow name. @throws CliError (2) with all names, the likeliest first. */
export function findStage(name: string): StageDefinition {
  const stage = STAGES.find((known) => known.name === name);
  if (stage) return stage;
  const [close] = closeNames(
    name,
    STAGES.map((known) => known.name),
    1,
  );
  const meant = close && distance(name, close) <= name.length / 2 ? ` Did you mean ${close}?` : '';
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
