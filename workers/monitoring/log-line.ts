import type { LogLevel, LogMetadata } from '@temporalio/common';

/** One entry of a worker's log. */
export interface LogEntry {
  level: LogLevel | 'INFO';
  message: string;
  meta?: LogMetadata | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

/** How a line of the log is written. */
export type LogFormat = 'text' | 'json';

/** What the SDK and the pack say of an entry, as far as it is of use: ids to look for, and no task tokens. */
interface LogAbout {
  workflowId?: string;
  runId?: string;
  workflowRunId?: string;
  workflowType?: string;
  activityType?: string;
  activityId?: string;
  attempt?: number;
  unit?: number;
  taskQueue?: string;
  traceId?: string;
  spanId?: string;
  durationMs?: number;
  error?: unknown;
}

/** By the setting, or by LOG_FORMAT. */
export const logFormat = (setting: LogFormat, env: NodeJS.ProcessEnv): LogFormat =>
  env['LOG_FORMAT'] === 'json' || env['LOG_FORMAT'] === 'text' ? env['LOG_FORMAT'] : setting;

const LEVELS: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** From which level on something is logged: LOG_LEVEL, else warnings, and with DEBUG what is going on. */
export function logLevel(env: NodeJS.ProcessEnv): LogLevel {
  const said = LEVELS.find((level) => level === env['LOG_LEVEL']?.toUpperCase());
  return said ?? (env['DEBUG'] ? 'INFO' : 'WARN');
}

/** One JSON object on one line. @param redact takes secrets out of what is said. */
export function jsonLine({ level, message, meta = {}, at }: LogEntry, redact: (text: string) => string): string {
  const about = meta as LogAbout;
  const { workflowId, runId, workflowRunId, workflowType, activityType, activityId, attempt, unit } = about;
  const { taskQueue, traceId, spanId, durationMs, error } = about;
  return JSON.stringify({
    time: new Date(at).toISOString(),
    level: level.toLowerCase(),
    message: redact(message),
    stage: workflowType,
    workflowId,
    runId: workflowRunId ?? runId,
    unit,
    activity: activityType,
    activityId,
    attempt,
    taskQueue,
    durationMs,
    traceId,
    spanId,
    error: error === undefined ? undefined : errorFields(error, redact),
  });
}

/** What failed, and the code of it where it is one of Temporal's failures. */
function errorFields(error: unknown, redact: (text: string) => string): Record<string, string | undefined> {
  if (!(error instanceof Error)) return { message: redact(String(error)) };
  const { name, message, stack } = error;
  const { type } = error as { type?: unknown };
  return {
    type: typeof type === 'string' ? type : name,
    message: redact(message),
    ...(stack === undefined ? {} : { stack: redact(stack) }),
  };
}
