/** How a command ends; every help text lists them. 130 is the shell's own number for Ctrl-C. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, unreachable: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP = `Exit codes:
  0    done
  1    failed; the message says why and what to do
  2    wrong usage or input
  3    a part (Temporal, PostgreSQL, Elasticsearch) is not reachable
  130  interrupted`;

/** Where ids of runs are found, for whoever has named one that is not there. */
export const FIND_RUNS = 'The UI lists all runs; "llm-pack start" prints the id of each that it starts.';

/** An error that is the reader's to mend: what happened, what to do, and how the command ends. No stack is shown. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    what: string,
    readonly remedy?: string,
    options?: ErrorOptions,
  ) {
    super(what, options);
    this.name = 'CliError';
  }
}
