/** One line of what the stack is doing, for the command line to show. Never holds a credential. */
export interface LogEvent {
  /** The part it is about: `temporal`, `postgres`, `elasticsearch`, or the name of a supervised process. */
  part: string;
  message: string;
  /** Set while a slow step is still going: seconds since it began. */
  elapsedSeconds?: number;
}

export type Log = (event: LogEvent) => void;

/** What is wrong with a part and what to do about it; the message holds both. */
export class StackError extends Error {
  constructor(what: string, remedy: string, options?: ErrorOptions) {
    super(`${what}\nRemedy: ${remedy}`, options);
    this.name = 'StackError';
  }
}

/** Another process runs the stack of this state folder, or is just starting it. */
export class StackTaken extends StackError {}
