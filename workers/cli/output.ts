import type { WriteStream } from 'node:tty';

/** Where a command writes; a terminal, a pipe or a test's buffer. */
export type Stream = Pick<NodeJS.WritableStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

const ESCAPE = '\x1b';
const STYLE_MARKS = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');

/** Marks text for the eye. Does nothing where the stream is no terminal or NO_COLOR is set (no-color.org). */
export interface Style {
  bold: (text: string) => string;
  dim: (text: string) => string;
  good: (text: string) => string;
  bad: (text: string) => string;
}

export function createStyle(stream: Stream, env: NodeJS.ProcessEnv): Style {
  const colours = stream.isTTY === true && !env['NO_COLOR'];
  const mark = (start: number, end: number) => (text: string) =>
    colours ? `${ESCAPE}[${start}m${text}${ESCAPE}[${end}m` : text;
  return { bold: mark(1, 22), dim: mark(2, 22), good: mark(32, 39), bad: mark(31, 39) };
}

/**
 * What a command says. For people: results on stdout, chatter on stderr. With `--json`: one JSON value on stdout and
 * nothing else there, so that it can be piped.
 */
export class Output {
  readonly style: Style;

  constructor(
    readonly json: boolean,
    private readonly stdout: Stream,
    readonly stderr: Stream,
    readonly env: NodeJS.ProcessEnv,
  ) {
    this.style = createStyle(stdout, env);
  }

  /** A result, for people. */
  print(text = ''): void {
    if (!this.json) this.stdout.write(`${text}\n`);
  }

  /** What is going on; not part of the result. */
  note(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** The result, for machines. */
  data(value: unknown): void {
    if (this.json) this.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }
}

/** Rows as aligned columns, two blanks apart. The last column is not padded. Cells must hold no line break. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, visible(cell))));
  const pad = (cell: string, at: number) => cell + ' '.repeat((widths[at] ?? 0) - visible(cell));
  return rows.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : pad(cell, at))).join('  ')).join('\n');
}

/** Characters that are seen: style marks are not. */
const visible = (text: string): number => text.replace(STYLE_MARKS, '').length;
