import type { PhaseProgress, StageProgress } from '../../schemas/common';

/** A bar of block characters, `width` wide, for Markdown and terminals alike. An empty phase counts as not begun. */
export function progressBar(done: number, total: number, width = 24): string {
  const filled = total === 0 ? 0 : Math.floor((Math.min(done, total) / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** Seconds as `45 s`, `3 min` or `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const percent = ({ done, total }: PhaseProgress): string => (total === 0 ? '' : `${Math.floor((done / total) * 100)}%`);

/** The current details of a run as the Temporal UI shows them: state, a bar for each phase, counts, warnings. */
export function progressMarkdown(progress: StageProgress): string {
  const lines = [`**${progress.stage}** · ${progress.subject} · **${progress.status}**`, ''];
  if (progress.hold)
    lines.push(`> Waits for a person: ${progress.hold}`, '> Send the update `approve` or `reject`.', '');
  lines.push('| phase | | | units |', '|---|---|---|---|');
  for (const phase of progress.phases) {
    // Of a run that is over, an empty bar would look like work left undone.
    if (progress.status === 'done' && phase.total === 0) {
      lines.push(`| ${phase.name} | nothing to do | | |`);
      continue;
    }
    const units = phase.total > 0 ? `${phase.done} / ${phase.total}` : '';
    lines.push(`| ${phase.name} | \`${progressBar(phase.done, phase.total)}\` | ${percent(phase)} | ${units} |`);
  }
  if (progress.status === 'running' && progress.etaSeconds !== null && progress.etaSeconds > 0) {
    const rate = progress.unitsPerSecond.toFixed(progress.unitsPerSecond < 10 ? 2 : 0);
    lines.push(
      '',
      `${rate} units/s with ${progress.concurrency} at once · this phase ends in about ${duration(progress.etaSeconds)}`,
    );
  }
  const counts = Object.entries(progress.counts);
  if (counts.length > 0)
    lines.push('', counts.map(([name, value]) => `${name} **${value.toLocaleString('en')}**`).join(' · '));
  if (progress.links.length > 0) {
    lines.push('', ...progress.links.map(({ name, uri, command }) => `${name}: \`${command}\` opens \`${uri}\``));
  }
  for (const finding of progress.findings) lines.push('', finding);
  if (progress.warnings.length > 0) lines.push('', ...progress.warnings.map((warning) => `- ⚠ ${warning}`));
  return lines.join('\n');
}

/** Why a run failed, as its details say it: a paragraph for each line of the message, an example as it can be copied. */
export function failureMarkdown(message: string): string {
  const lines = message.split('\n').map((line) => line.replace(/^Example: (.*)$/, 'Example: `$1`'));
  return ['**Failed.**', ...lines].join('\n\n');
}

/** The phase that is under way: the first that is not complete, or the last. */
export function currentPhase(progress: StageProgress): PhaseProgress | undefined {
  return progress.phases.find((phase) => phase.total === 0 || phase.done < phase.total) ?? progress.phases.at(-1);
}
