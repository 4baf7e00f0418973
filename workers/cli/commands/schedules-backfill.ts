import { ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Command } from 'commander';
import { SCHEDULE_PREFIX } from '../../../schemas/names';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';

interface BackfillOptions {
  from: string;
  to?: string;
  json?: boolean;
}

export function backfillCommand(cli: Cli): Command {
  return cli
    .command('backfill', 'Run a schedule for every time that lies in a range of dates, one run after another.', [
      'llm-pack schedules backfill refresh-documents --from 2026-11-20 --to 2026-11-23',
    ])
    .argument('<id>', 'the schedule, as temporal.config.ts names it')
    .requiredOption('--from <date>', 'first moment: a date (midnight, UTC) or a time such as 2026-11-20T02:00:00Z')
    .option('--to <date>', 'the moment before which it ends; now when left out')
    .action(async (id: string, _options: unknown, chosen: Command) => {
      // --json may have been read by the command above this one.
      cli.exitCode = await backfill(cli, id, chosen.optsWithGlobals<BackfillOptions>());
    });
}

async function backfill(cli: Cli, id: string, options: BackfillOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const { start, end } = rangeOf(options, new Date());
  const scheduleId = id.startsWith(SCHEDULE_PREFIX) ? id : `${SCHEDULE_PREFIX}${id}`;
  const settings = await projectSettings(cli);
  await withTemporal(settings, ({ client }) =>
    client.schedule
      .getHandle(scheduleId)
      // Each waits for the one before: they write the same, and a stage that skips would leave out all but the first.
      .backfill({ start, end, overlap: ScheduleOverlapPolicy.BUFFER_ALL })
      .catch((error: unknown) => {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
        throw new CliError(
          EXIT.wrongUse,
          `There is no schedule ${scheduleId}.`,
          'llm-pack schedules apply makes them.',
        );
      }),
  );
  out.print(`${scheduleId} runs for its times from ${start.toISOString()} to ${end.toISOString()}.`);
  out.data({ id: scheduleId, from: start.toISOString(), to: end.toISOString() });
  return EXIT.done;
}

/** The range that the options name. @throws CliError (2) where it is empty, or lies in the future. */
export function rangeOf({ from, to }: Pick<BackfillOptions, 'from' | 'to'>, now: Date): { start: Date; end: Date } {
  const moment = (text: string): Date => {
    const date = new Date(text);
    if (/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text) && !Number.isNaN(date.getTime())) return date;
    throw new CliError(EXIT.wrongUse, `"${text}" is no date.`, 'Write it as 2026-11-20 or 2026-11-20T02:00:00Z.');
  };
  const [start, end] = [moment(from), to === undefined ? now : moment(to)];
  if (start >= end) throw new CliError(EXIT.wrongUse, `--from ${from} is not before --to ${to ?? 'now'}.`);
  if (end > now) throw new CliError(EXIT.wrongUse, `--to ${to} is in the future: the schedule itself runs then.`);
  return { start, end };
}
