import { createInterface } from 'node:readline/promises';
import type { ScheduleClient, ScheduleOptions, ScheduleUpdateOptions } from '@temporalio/client';
import type { Command } from 'commander';
import type { ScheduleConfig } from '../../../schemas/config';
import { QUEUES, SCHEDULE_PREFIX, workflowId } from '../../../schemas/names';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { parseCron } from '../cron';
import { CliError, EXIT, type ExitCode } from '../exit';
import type { Output } from '../output';
import {
  APPLIED_MEMO,
  configuredFacts,
  describedFacts,
  diffSchedules,
  scheduleId,
  type AppliedState,
  type ScheduleChange,
  type ScheduleFacts,
} from '../schedule-diff';
import { checkInput, fieldsMarkdown, findStage } from '../stages';
import { backfillCommand } from './schedules-backfill';

const ABOUT = `
Only schedules whose id begins with "${SCHEDULE_PREFIX}" are looked at. What people change in the UI by pausing or with a note stays
until the configuration itself changes it.`;

export function schedulesCommand(cli: Cli): Command {
  const command = cli.command(
    'schedules',
    'Make the schedules of the server match `schedules` in temporal.config.ts.',
    ['llm-pack schedules diff', 'llm-pack schedules apply --yes'],
  );
  const diff = cli
    .command('diff', 'Show what apply would do. Ends with 0 where there is nothing to do, with 1 where there is.', [
      'llm-pack schedules diff',
    ])
    .addHelpText('after', ABOUT)
    .action(async (_options: unknown, chosen: Command) => {
      // --json may have been read by the command above this one.
      cli.exitCode = await compare(cli, cli.output(chosen.optsWithGlobals()), (changes) =>
        Promise.resolve(changes.length > 0 ? EXIT.failed : EXIT.done),
      );
    });
  const apply = cli
    .command('apply', 'Create, update and delete schedules until they match.', ['llm-pack schedules apply --yes'])
    .option('-y, --yes', 'do not ask first')
    .addHelpText('after', ABOUT)
    .action(async (options: { yes?: boolean }, chosen: Command) => {
      const out = cli.output(chosen.optsWithGlobals());
      cli.exitCode = await compare(cli, out, async (changes, schedules, client) => {
        if (changes.length === 0) return EXIT.done;
        if (!options.yes && !(await confirmed(out))) return EXIT.interrupted;
        for (const change of changes) await applyChange(client, change, schedules);
        out.note('Done.');
        return EXIT.done;
      });
    });
  return command.addCommand(diff).addCommand(apply).addCommand(backfillCommand(cli));
}

type Schedules = ReadonlyMap<string, ScheduleConfig>;

/** Checks every schedule of the configuration, compares them with the server's, shows it, and calls `then`. */
async function compare(
  cli: Cli,
  out: Output,
  then: (changes: ScheduleChange[], schedules: Schedules, client: ScheduleClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  const settings = await projectSettings(cli);
  const schedules = checked(settings.config.schedules);
  return withTemporal(settings, async ({ client }) => {
    const wanted = new Map([...schedules].map(([id, schedule]) => [id, configuredFacts(schedule)]));
    const all = diffSchedules(wanted, await actualFacts(client.schedule));
    for (const change of all) show(out, change);
    const changes = all.filter(({ action }) => action !== 'same');
    if (changes.length === 0) out.print(asConfigured(all.length));
    const exitCode = await then(changes, schedules, client.schedule);
    out.data({ changes: all });
    return exitCode;
  });
}

/** The configured schedules by id. @throws CliError (2) for a wrong workflow, input or cron, or an id used twice. */
function checked(schedules: readonly ScheduleConfig[]): Schedules {
  const byId = new Map<string, ScheduleConfig>();
  for (const schedule of schedules) {
    checkInput(findStage(schedule.workflow), schedule.input, `Schedule "${schedule.id}": the input`);
    try {
      parseCron(schedule.cron);
    } catch (error) {
      throw new CliError(EXIT.wrongUse, `Schedule "${schedule.id}": ${(error as Error).message}`);
    }
    if (byId.has(scheduleId(schedule)))
      throw new CliError(EXIT.wrongUse, `Two schedules have the id "${schedule.id}".`);
    byId.set(scheduleId(schedule), schedule);
  }
  return byId;
}

async function actualFacts(client: ScheduleClient): Promise<Map<string, ScheduleFacts>> {
  const actual = new Map<string, ScheduleFacts>();
  for await (const { scheduleId: id } of client.list()) {
    if (id.startsWith(SCHEDULE_PREFIX)) actual.set(id, describedFacts(await client.getHandle(id).describe()));
  }
  return actual;
}

async function applyChange(
  client: ScheduleClient,
  { id, action }: ScheduleChange,
  schedules: Schedules,
): Promise<void> {
  const schedule = schedules.get(id);
  if (action === 'delete' || !schedule) return client.getHandle(id).delete();
  const definition = definitionOf(schedule);
  const { paused, note } = schedule;
  if (action === 'create') {
    await client.create({ scheduleId: id, ...definition, state: { paused, note } });
    return;
  }
  await client.getHandle(id).update(({ state, action: before }): ScheduleUpdateOptions => {
    const applied = before.memo?.[APPLIED_MEMO] as AppliedState | undefined;
    // Only what the configuration itself changed: a schedule that somebody paused in the UI stays paused.
    const next = {
      paused: applied?.paused === paused ? state.paused : paused,
      note: applied?.note === note ? state.note : note,
    };
    return { ...definition, state: next };
  });
}

function definitionOf({
  cron,
  timezone,
  jitterSeconds,
  overlap,
  catchupSeconds,
  workflow,
  input,
  paused,
  note,
}: ScheduleConfig): Pick<ScheduleOptions, 'spec' | 'policies' | 'action'> {
  const stage = findStage(workflow);
  const subject = stage.subject(checkInput(stage, input));
  return {
    spec: { calendars: [parseCron(cron)], timezone, jitter: jitterSeconds * 1000 },
    policies: { overlap, catchupWindow: catchupSeconds * 1000 },
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      // The server adds the time to it.
      workflowId: workflowId(workflow, subject),
      taskQueue: QUEUES.llm,
      args: [input],
      memo: { [APPLIED_MEMO]: { paused, note } satisfies AppliedState },
      staticSummary: `${workflow} · ${subject}`,
      staticDetails: fieldsMarkdown(stage),
    },
  };
}

function show(out: Output, change: ScheduleChange): void {
  const { id, action } = change;
  if (action === 'same') return;
  if (action === 'create')
    out.print(
      `${out.style.good('+')} ${id}  ${change.facts.workflow} at ${change.facts.cron} (${change.facts.timezone})`,
    );
  if (action === 'delete')
    out.print(
      `${out.style.bad('-')} ${id}  ${change.facts.workflow} at ${change.facts.cron} (${change.facts.timezone})`,
    );
  if (action === 'update') {
    out.print(`~ ${id}`);
    for (const { field, from, to } of change.fields) out.print(`    ${field}: ${from} → ${to}`);
  }
}

async function confirmed(out: Output): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CliError(EXIT.wrongUse, 'There is nobody to ask.', 'Add --yes.');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const yes = /^y(es)?$/i.test((await prompt.question('Apply? [y/N] ')).trim());
    if (!yes) out.note('Nothing was changed.');
    return yes;
  } finally {
    prompt.close();
  }
}

const asConfigured = (count: number): string =>
  count === 0
    ? 'temporal.config.ts has no `schedules`, and the server none of them.'
    : `${count === 1 ? 'One schedule is' : `${count} schedules are`} as configured.`;
