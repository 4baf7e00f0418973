import { CliError, EXIT } from './exit';

/** Ctrl-C was pressed, or a signal asked the command to end. */
export class Interrupted extends CliError {
  constructor() {
    super(EXIT.interrupted, 'Interrupted.');
  }
}

/** Ctrl-C as an abort signal, instead of the end of the process. */
export interface Interrupts {
  /** Aborted, with an `Interrupted`, by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
  /** Gives the signals back to Node, which ends the process at the next one. */
  release(): void;
}

// npm passes on to its script the Ctrl-C that the terminal has sent to both: one key press, two signals.
const SAME_PRESS_MS = 500;

/** Catches SIGINT and SIGTERM; `again` is called by every press after the first. */
export function catchInterrupts(again: () => void = () => process.exit(EXIT.interrupted)): Interrupts {
  const controller = new AbortController();
  let first = 0;
  const onSignal = () => {
    if (first === 0) {
      first = Date.now();
      controller.abort(new Interrupted());
    } else if (Date.now() - first > SAME_PRESS_MS) again();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
