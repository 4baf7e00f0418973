import type { FailureClass, FailureReport } from '../../schemas/training';
import type { JobStatus } from './launchers/launcher';

/** What is known of an attempt that ended without a result. */
export interface Ending {
  status: JobStatus;
  /** `failure.json` of this attempt; null where no rank could write one. */
  report: FailureReport | null;
  /** The end of its log. */
  log: string;
}

export interface Classified {
  class: FailureClass;
  /** One sentence: what failed, as far as anyone knows. */
  why: string;
}

// 128 and a signal: torchrun and the shells tell it so. SIGKILL is the kernel's word for a lack of memory, too, but only a
// launcher or a log can tell that from a process that somebody killed.
const KILLED = 137;
const SIGNALS = new Set([129, 130, 131, 134, 135, 136, KILLED, 138, 139, 143]);

const MEMORY_STATES = /OUT_OF_MEMORY|OOMKilled/i;

/** Texts in the log of a job whose ranks could not say what happened; the first that is found counts. */
const PATTERNS: readonly (readonly [RegExp, FailureClass])[] = [
  [
    /CUDA out of memory|CUBLAS_STATUS_ALLOC_FAILED|\bMemoryError\b|oom-kill|[Oo]ut of memory|can't allocate memory/,
    'memory',
  ],
  [/ModuleNotFoundError|ImportError|SyntaxError|IndentationError/, 'user'],
  [/Signal \d+ \(SIG[A-Z]+\) received|exitcode\s*:\s*-\d+/, 'infrastructure'],
  [/Connection (closed|reset) by peer|NCCL (error|WARN)|ncclSystemError|RendezvousConnectionError/, 'infrastructure'],
  [/Watchdog caught collective operation timeout|Timed out waiting \d+ms|Socket Timeout/, 'infrastructure'],
  [/No space left on device|Disk quota exceeded|Input\/output error/, 'infrastructure'],
];

/**
 * Why an attempt failed. What a rank has said of itself counts most, unless the launcher knows better: a rank whose neighbour
 * was killed only sees that the line went dead.
 */
export function classify({ status, report, log }: Ending): Classified {
  const { state, native, reason, exitCode } = status;
  const told = reason ? `${native}: ${reason}` : native;
  if (MEMORY_STATES.test(told)) return { class: 'memory', why: `a node has run out of memory (${told})` };
  if (report)
    return {
      class: report.class,
      why: `rank ${report.rank} at step ${report.step}: ${report.type}: ${report.message}`,
    };
  if (state === 'lost' || state === 'cancelled')
    return { class: 'infrastructure', why: `the job was taken away (${told})` };
  for (const [pattern, found] of PATTERNS) {
    const line = log.split('\n').find((text) => pattern.test(text));
    if (line !== undefined) return { class: found, why: line.trim().slice(0, 300) };
  }
  const code = exitCode === undefined ? told : `exit code ${exitCode}`;
  if (exitCode !== undefined && SIGNALS.has(exitCode))
    return { class: 'infrastructure', why: `a process was ended by a signal (${code})` };
  return { class: 'user', why: `it ended with ${code}` };
}
