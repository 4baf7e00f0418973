import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { PhaseProgress, StageProgress, StageStatus } from '../../schemas/common';
import { progressMarkdown } from './progress-text';

// Current details are for a glance; the log and the report hold the rest.
const MAX_WARNINGS = 5;

/** How a run stands: the `progress` query returns it, and the UI's current details are redrawn at each change. */
export class ProgressBoard {
  private readonly phases: PhaseProgress[];
  private readonly counts: Record<string, number> = {};
  private readonly warnings: string[] = [];
  private standing: string | null = null;
  private links: StageProgress['links'] = [];
  private readonly findings: string[] = [];
  private readonly sheets = new Map<string, string>();
  private status: StageStatus = 'running';
  private hold: string | null = null;
  private rateSince = { at: Date.now(), done: 0 };
  private current: PhaseProgress | undefined;

  constructor(
    private readonly stage: string,
    private readonly subject: string,
    phases: readonly string[],
    private readonly concurrency: () => number,
  ) {
    this.phases = phases.map((name) => ({ name, done: 0, total: 0 }));
  }

  /** Starts a phase at `done` of `total` units. @throws when the stage did not declare it. */
  begin(name: string, total: number, done = 0): void {
    const phase = this.phases.find((declared) => declared.name === name);
    if (!phase) throw new Error(`${this.stage} does not declare the phase ${name}`);
    Object.assign(phase, { total, done });
    this.current = phase;
    this.rateSince = { at: Date.now(), done };
    this.draw();
  }

  advance(): void {
    if (this.current) this.current.done += 1;
    this.draw();
  }

  /** Moves the phase under way to `done` of `total`, where what it counts is done elsewhere. */
  reach(done: number, total: number): void {
    if (this.current) Object.assign(this.current, { done, total });
    this.draw();
  }

  count(counts: Record<string, number>): void {
    Object.assign(this.counts, counts);
    this.draw();
  }

  warn(message: string): void {
    this.warnings.push(message);
    if (this.warnings.length > MAX_WARNINGS) this.warnings.shift();
    this.draw();
  }

  /** Shows a warning for as long as it holds: until another takes its place, or null ends it. */
  alert(message: string | null): void {
    if (message === this.standing) return;
    this.standing = message;
    this.draw();
  }

  /** Shows a report of the run, and the command by which a person opens it; the last one. */
  showReport(uri: string): void {
    this.links = this.links.filter(({ name }) => name !== 'report');
    this.links.push({ name: 'report', uri, command: `llm-pack report ${workflowInfo().workflowId}` });
    this.draw();
  }

  /** Shows what the run has found, each a sentence or a table in Markdown. */
  showFindings(...findings: string[]): void {
    this.findings.push(...findings.filter((finding) => finding !== ''));
    this.draw();
  }

  /** Shows something that changes as the run goes on, in Markdown: the last under each name. */
  showSheet(name: string, markdown: string): void {
    this.sheets.set(name, markdown);
    this.draw();
  }

  setStatus(status: StageStatus, hold: string | null = null): void {
    this.status = status;
    this.hold = hold;
    this.draw();
  }

  /** Time in a workflow is that of its last task, so rate and ETA are the same on replay. */
  snapshot(): StageProgress {
    const elapsed = (Date.now() - this.rateSince.at) / 1000;
    const { done = 0, total = 0 } = this.current ?? {};
    const finished = done - this.rateSince.done;
    const unitsPerSecond = elapsed > 0 ? finished / elapsed : 0;
    return {
      stage: this.stage,
      subject: this.subject,
      status: this.status,
      phases: this.phases.map((phase) => ({ ...phase })),
      counts: { ...this.counts },
      unitsPerSecond,
      // A phase without an end has no total, and no time at which it is over.
      etaSeconds: unitsPerSecond > 0 && total > 0 ? (total - done) / unitsPerSecond : null,
      concurrency: this.concurrency(),
      hold: this.hold,
      warnings: [...this.warnings, ...(this.standing === null ? [] : [this.standing])],
      links: this.links.map((link) => ({ ...link })),
      findings: [...this.findings, ...this.sheets.values()],
    };
  }

  private draw(): void {
    setCurrentDetails(progressMarkdown(this.snapshot()));
  }
}
