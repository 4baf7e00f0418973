import type { StageProgress } from '../../schemas/common';
import { currentPhase, duration, progressBar } from '../../workflows/kit/progress-text';
import type { Stream } from './output';

// A log that is read later needs to show that something moves, not how it moves.
const LINE_EVERY_MS = 4_000;

/** One line that is redrawn on a terminal; elsewhere a line every few seconds, when it has changed. */
export class ProgressLine {
  private shown = '';
  private lastAt = -Infinity;

  constructor(
    private readonly stream: Stream,
    private readonly now: () => number = Date.now,
  ) {}

  show(text: string): void {
    if (text === this.shown) return;
    if (this.stream.isTTY) {
      const width = (this.stream.columns ?? 80) - 1;
      this.stream.write(`\r\x1b[2K${[...text].slice(0, width).join('')}`);
    } else {
      if (this.now() - this.lastAt < LINE_EVERY_MS) return;
      this.lastAt = this.now();
      this.stream.write(`${text}\n`);
    }
    this.shown = text;
  }

  /** Takes the line away, or replaces it by a last one that stays. */
  end(last?: string): void {
    if (this.stream.isTTY && this.shown) this.stream.write('\r\x1b[2K');
    if (last !== undefined) this.stream.write(`${last}\n`);
    this.shown = '';
    this.lastAt = -Infinity;
  }
}

/** How a run stands, on one line: its phase with a bar; then what troubles it, or counts and how long it will take. */
export function progressText(progress: StageProgress, trouble: string | null = null): string {
  const { stage, subject, status, phases, counts, etaSeconds, hold } = progress;
  if (hold) return `${stage} ${subject} waits for a person: ${hold}`;
  const phase = currentPhase(progress) ?? { name: status, done: 0, total: 0 };
  const step = `${phases.findIndex(({ name }) => name === phase.name) + 1}/${phases.length}`;
  const units = phase.total > 1 ? ` ${phase.done}/${phase.total}` : '';
  const totals = Object.entries(counts)
    .slice(0, 3) // the main ones come first; reasons follow
    .map(([name, value]) => `${value.toLocaleString('en')} ${name}`);
  const eta = etaSeconds !== null && etaSeconds >= 1 ? [`${duration(etaSeconds)} left`] : [];
  const state = status === 'running' ? '' : ` (${status})`;
  const bar = `${stage} ${subject}${state}  ${progressBar(phase.done, phase.total, 16)} ${step} ${phase.name}${units}`;
  return [bar, ...(trouble === null ? [...totals, ...eta] : [trouble])].join(' · ');
}
