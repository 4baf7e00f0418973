import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextOfRun, parseTraceparent, traceparent } from '../../../schemas/trace-context';
import { tracesEndpoint } from '../../../workers/monitoring/tracing';

const RUN = '019ac0de-1234-7abc-8def-0123456789ab';

describe('where a trace goes on', () => {
  it('is read as it is written', () => {
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length - 1}}[1-9a-f]$`));
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        expect(parseTraceparent(traceparent({ traceId, spanId, sampled }))).toEqual({ traceId, spanId, sampled });
      }),
    );
  });

  it.each([
    undefined,
    '',
    'x',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`,
  ])('is not read from %s', (text) => expect(parseTraceparent(text)).toBeUndefined());

  it('takes unknown flags and later versions, as the recommendation asks', () => {
    const [trace, span] = ['1'.repeat(32), '2'.repeat(16)];
    expect(parseTraceparent(`cc-${trace}-${span}-09-more`)).toEqual({ traceId: trace, spanId: span, sampled: true });
  });

  it('follows from the id of a run, which goes on with the trace that it was started in', () => {
    const own = contextOfRun(RUN, undefined);
    expect(own).toEqual({ traceId: RUN.replaceAll('-', ''), spanId: '8def0123456789ab', sampled: true });
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: false };
    expect(contextOfRun(RUN, parent)).toEqual({ ...own, traceId: parent.traceId, sampled: false });
  });
});

describe('where traces are sent', () => {
  it.each([
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, 'http://c:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }, 'http://c:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x' }, 'http://t/x'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SDK_DISABLED: 'true' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_TRACES_EXPORTER: 'none' }, undefined],
  ])('by %j', (env, endpoint) => expect(tracesEndpoint(env)).toBe(endpoint));
});
