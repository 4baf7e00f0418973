import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { Output } from '../../../workers/cli/output';
import { workerLog } from '../../../workers/cli/run-monitoring';
import { jsonLine, logFormat, logLevel } from '../../../workers/monitoring/log-line';
import { redactor } from '../../../workers/monitoring/redact';
import { packConfig } from '../../../schemas/config';
import type { Settings } from '../../../workers/settings';

const AT = Date.UTC(2026, 10, 26, 12);
const parsed = (line: string) => JSON.parse(line) as Record<string, unknown>;

describe('a line of a log', () => {
  it('names the run, the unit and the attempt, and no task token', () => {
    const meta = {
      ...{ workflowId: 'w', workflowRunId: 'r', workflowType: 'cleanDataset', activityType: 'filterUnit' },
      ...{ activityId: '7', attempt: 2, unit: 3, taskQueue: 'llm-cpu', taskToken: 'abc', traceId: 't', spanId: 's' },
      error: ApplicationFailure.nonRetryable('gone', 'SourceNotFound'),
    };
    const line = parsed(jsonLine({ level: 'WARN', message: 'Activity failed', meta, at: AT }, (text) => text));
    expect(line).toEqual({
      ...{ time: '2026-11-26T12:00:00.000Z', level: 'warn', message: 'Activity failed', stage: 'cleanDataset' },
      ...{ workflowId: 'w', runId: 'r', unit: 3, activity: 'filterUnit', activityId: '7', attempt: 2 },
      ...{ taskQueue: 'llm-cpu', traceId: 't', spanId: 's' },
      error: { type: 'SourceNotFound', message: 'gone', stack: expect.any(String) as string },
    });
  });

  it.each(['two\nlines', '"quoted" \\', '\u2028\u2029\r', '\ud800 alone', ''])(
    'is one line that holds %j',
    (message) => {
      const line = jsonLine({ level: 'INFO', message, meta: { error: message }, at: AT }, (text) => text);
      expect(line).not.toContain('\n');
      expect(parsed(line)).toMatchObject({ message, error: { message } });
    },
  );

  it('is of the form and from the level that the environment says', () => {
    expect([logFormat('text', {}), logFormat('json', {}), logFormat('text', { LOG_FORMAT: 'json' })]).toEqual([
      'text',
      'json',
      'json',
    ]);
    expect(logFormat('json', { LOG_FORMAT: 'xml' })).toBe('json');
    expect([logLevel({}), logLevel({ DEBUG: '1' }), logLevel({ LOG_LEVEL: 'debug' })]).toEqual([
      'WARN',
      'INFO',
      'DEBUG',
    ]);
  });

  it('holds no secret, as text and as JSON', () => {
    const env = { DATABASE_URL: 'postgres://me:p%40ssword-1@db/x', CLOUD_API_KEY: 'sk-0123456789' };
    for (const format of ['text', 'json']) {
      let written = '';
      const stream = { write: (text: string) => ((written += text), true) };
      const settings = { config: packConfig.parse({ monitoring: { logs: format } }), env } as unknown as Settings;
      const log = workerLog(settings, new Output(false, stream, stream, env));
      log.note(`at ${env.DATABASE_URL}`);
      log.entry({ level: 'WARN', message: 'with sk-0123456789', meta: { error: new Error('p@ssword-1') }, at: AT });
      expect(written).toContain('[redacted]');
      for (const secret of ['p%40ssword-1', 'p@ssword-1', 'sk-0123456789']) expect(written).not.toContain(secret);
    }
  });
});

describe('what is taken out of texts', () => {
  it('is the value of each variable that is a secret by its name, and logins before any host', () => {
    const redact = redactor({
      AWS_SECRET_ACCESS_KEY: 'abcdefghij',
      SLURM_JWT: 'eyJ0eXAi',
      HOME: '/home/somebody',
      MY_TOKEN_FILE: '/run/secrets/token',
    });
    expect(redact('abcdefghij eyJ0eXAi /home/somebody /run/secrets/token')).toBe(
      '[redacted] [redacted] /home/somebody /run/secrets/token',
    );
    expect(redact('see https://user:pw@host/a and s3://bucket/b@c')).toBe(
      'see https://[redacted]@host/a and s3://bucket/b@c',
    );
  });

  it('leaves nothing of a secret that holds another one', () => {
    const redact = redactor({ A_KEY: 'secret-one', B_KEY: 'secret-one-and-more' });
    expect(redact('secret-one-and-more')).toBe('[redacted]');
  });
});
