import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { TRACE_HEADER } from '../../../schemas/trace-context';
import { traceOf, withTrace } from '../../../workflows/kit/trace-header';

const CONTEXT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true };
const headerOf = (value: unknown) => ({ [TRACE_HEADER]: defaultPayloadConverter.toPayload(value) });

describe('the header of a trace', () => {
  it('is read as it is written, beside other headers', () => {
    const other = defaultPayloadConverter.toPayload('mine');
    const headers = withTrace({ other }, CONTEXT);
    expect(headers['other']).toBe(other);
    expect(traceOf(headers)).toEqual(CONTEXT);
  });

  it.each([
    ['missing', {}],
    ['null', headerOf(null)],
    ['a word', headerOf('x')],
    ['without a trace', headerOf({ baggage: 'a=b' })],
    ['of an encoding that is not known', { [TRACE_HEADER]: { metadata: { encoding: Buffer.from('x/y') } } }],
    ['no JSON', { [TRACE_HEADER]: { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') } }],
  ])('stops no run where it is %s', (_what, headers) => expect(traceOf(headers)).toBeUndefined());
});
