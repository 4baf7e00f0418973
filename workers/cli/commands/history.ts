import { ApplicationFailure } from '@temporalio/common';
import type { Command } from 'commander';
import { Registry } from '../../../activities/stores/registry';
import type { DecisionRecord } from '../../../activities/stores/registry-decisions';
import type { PromotionRecord } from '../../../activities/stores/registry-promotions';
import { resolveDatabase } from '../../settings';
import type { Cli } from '../cli';
import { projectSettings, reachable } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { wholeNumber } from '../options';
import { table } from '../output';

interface HistoryOptions {
  limit: number;
  json?: boolean;
}

export function historyCommand(cli: Cli): Command {
  return cli
    .command('history', 'Tell what went live and what was decided, when, why, by whom, and what it was measured at.', [
      'llm-pack history',
      'llm-pack history documents --limit 5 --json',
    ])
    .argument('[name]', 'an index or a model; all of them where none is named')
    .option('--limit <number>', 'moves to show, the newest first, 1 to 1000', wholeNumber(1, 1_000), 20)
    .action(async (name: string | undefined, options: HistoryOptions) => {
      cli.exitCode = await history(cli, name, options);
    });
}

async function history(cli: Cli, name: string | undefined, options: HistoryOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const registry = new Registry(await reachable(resolveDatabase(await projectSettings(cli))));
  try {
    const filter = { ...(name ? { name } : {}), limit: options.limit };
    const [promotions, decisions] = [await registry.promotions(filter), await registry.decisions(filter)];
    out.data({ promotions, decisions });
    out.print(promotions.length > 0 ? table(promotions.map(cells)) : 'Nothing was promoted yet.');
    if (decisions.length > 0) out.print(`\nVerdicts\n${table(decisions.map(verdictCells))}`);
    return EXIT.done;
  } catch (error) {
    // Its message holds the remedy.
    const away = error instanceof ApplicationFailure && error.type === 'Unavailable';
    throw away ? new CliError(EXIT.unreachable, error.message) : error;
  } finally {
    await registry.close();
  }
}

/** A verdict in cells of a table: of which version of what, against which, how, when, by whom, and all of its reasons. */
export function verdictCells({
  kind,
  name,
  version,
  reference,
  verdict,
  at,
  approval,
  reasons,
}: DecisionRecord): string[] {
  const against = reference === null ? '' : `against ${reference}`;
  const by = approval === null ? 'by itself' : `${approval.approved ? 'approved' : 'rejected'} by ${approval.by}`;
  return [`${kind} ${name}`, `${version}`, against, verdict, at.slice(0, 16), by, reasons.map(firstOf).join('; ')];
}

/** A cell holds no line break. */
const firstOf = (text: string): string => text.split('\n')[0] ?? '';

function cells({ kind, name, version, previous, at, gate, decision, approvedBy, reason }: PromotionRecord): string[] {
  const passed =
    decision !== null
      ? `by verdict ${decision}`
      : gate === null
        ? 'not measured'
        : gate.passed
          ? 'passed its gate'
          : 'did not pass its gate';
  const by = approvedBy === null ? 'by itself' : `by ${approvedBy}`;
  return [`${kind} ${name}`, `${previous ?? 'nothing'} → ${version}`, at.slice(0, 16), passed, by, firstOf(reason)];
}
