import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { failure } from '../activities/errors';

/**
 * Largest result of an activity in bytes of JSON. Temporal warns at 256 KB and refuses at 2 MB, and every payload is
 * replayed for as long as the history lives: big things are artifacts.
 */
export const MAX_PAYLOAD_BYTES = 64 * 1024;

/** Refuses a result that is too large for a history, by name, where the server would only fail the task. */
export class PayloadGuard implements ActivityInboundCallsInterceptor {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const result = await next(input);
    const bytes = Buffer.byteLength(JSON.stringify(result ?? null));
    if (bytes > MAX_PAYLOAD_BYTES) {
      throw failure('PayloadTooLarge', `An activity returned ${bytes} bytes; ${MAX_PAYLOAD_BYTES} are the limit.`);
    }
    return result;
  }
}
