import type { ScheduleDescription } from '@temporalio/client';
import { canonicalJson } from '../../activities/kit/canonical-json';
import type { ScheduleConfig } from '../../schemas/config';
import { SCHEDULE_PREFIX } from '../../schemas/names';
import { formatCron, parseCron } from './cron';

/** What of a schedule the configuration decides, each as one line of text that can be compared and shown. */
export interface ScheduleFacts {
  workflow: string;
  input: string;
  cron: string;
  timezone: string;
  overlap: string;
  catchup: string;
  jitter: string;
  /** As the configuration last set it: pausing a schedule or writing a note in the UI is no difference. */
  paused: string;
  note: string;
}

export type ScheduleChange =
  | { id: string; action: 'create'; facts: ScheduleFacts }
  | {
      id: string;
      action: 'update';
      facts: ScheduleFacts;
      fields: { field: keyof ScheduleFacts; from: string; to: string }[];
    }
  | { id: string; action: 'delete'; facts: ScheduleFacts }
  | { id: string; action: 'same'; facts: ScheduleFacts };

/** What the configuration last set of the things that people change in the UI; kept in the memo of the action. */
export interface AppliedState {
  paused: boolean;
  note: string;
}
export const APPLIED_MEMO = 'llmPackSchedule';

/** The id a schedule of the configuration has at the server. */
export const scheduleId = (config: Pick<ScheduleConfig, 'id'>): string => `${SCHEDULE_PREFIX}${config.id}`;

/** @throws where the cron expression is wrong. */
export function configuredFacts(config: ScheduleConfig): ScheduleFacts {
  return {
    workflow: config.workflow,
    input: canonicalJson(config.input),
    cron: formatCron(parseCron(config.cron)) ?? config.cron,
    timezone: config.timezone,
    overlap: config.overlap,
    catchup: `${config.catchupSeconds} s`,
    jitter: `${config.jitterSeconds} s`,
    paused: String(config.paused),
    note: config.note,
  };
}

/** The same of a schedule as the server describes it. */
export function describedFacts({
  action,
  spec,
  policies,
}: Pick<ScheduleDescription, 'action' | 'spec' | 'policies'>): ScheduleFacts {
  const applied = action.memo?.[APPLIED_MEMO] as AppliedState | undefined;
  return {
    workflow: action.workflowType,
    input: canonicalJson(action.args?.[0]),
    cron: describedCron(spec),
    timezone: spec.timezone || 'UTC',
    overlap: policies.overlap ?? '',
    catchup: `${policies.catchupWindow / 1000} s`,
    jitter: `${(spec.jitter ?? 0) / 1000} s`,
    paused: String(applied?.paused),
    note: applied?.note ?? '',
  };
}

function describedCron({ calendars = [], intervals = [], skip = [] }: ScheduleDescription['spec']): string {
  const [only] = calendars;
  const cron =
    calendars.length === 1 && intervals.length === 0 && skip.length === 0 && only ? formatCron(only) : undefined;
  return cron ?? 'times that are not one cron expression';
}

/** What must be done to make the server's schedules those of the configuration, in order of their ids. */
export function diffSchedules(
  wanted: ReadonlyMap<string, ScheduleFacts>,
  actual: ReadonlyMap<string, ScheduleFacts>,
): ScheduleChange[] {
  const ids = [...new Set([...wanted.keys(), ...actual.keys()])].sort();
  return ids.map((id) => change(id, wanted.get(id), actual.get(id)));
}

function change(id: string, to: ScheduleFacts | undefined, from: ScheduleFacts | undefined): ScheduleChange {
  // Every id comes from one of the two.
  if (!to) return { id, action: 'delete', facts: from as ScheduleFacts };
  if (!from) return { id, action: 'create', facts: to };
  const fields = (Object.keys(to) as (keyof ScheduleFacts)[])
    .filter((field) => from[field] !== to[field])
    .map((field) => ({ field, from: from[field], to: to[field] }));
  return fields.length > 0 ? { id, action: 'update', facts: to, fields } : { id, action: 'same', facts: to };
}
