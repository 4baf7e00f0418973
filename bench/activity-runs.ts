import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';

/** Seconds that a phase took, by the clock and of CPU. */
export interface Spent {
  wall: number;
  cpu: number;
}

/** Calls activities as a worker of so many threads does, without a server. */
export function activityRuns(threads: number) {
  const logger = new DefaultLogger('ERROR');
  const run = <T>(call: () => Promise<T>): Promise<T> => new MockActivityEnvironment({}, { logger }).run(call);
  const each = async <T>(count: number, call: (unit: number) => Promise<T>): Promise<T[]> => {
    const results: T[] = [];
    let next = 0;
    const lane = async () => {
      for (let unit = next++; unit < count; unit = next++) results[unit] = await run(() => call(unit));
    };
    // As a worker has slots: one more than threads, for a unit that waits for the disk.
    await Promise.all(Array.from({ length: threads + 1 }, lane));
    return results;
  };
  return { run, each };
}

/** A clock that writes down what each phase takes. */
export function phaseClock() {
  const spending: Record<string, Spent> = {};
  const timed = async <T>(phase: string, call: () => Promise<T>): Promise<T> => {
    const [start, cpuStart] = [performance.now(), process.cpuUsage()];
    const result = await call();
    const { user, system } = process.cpuUsage(cpuStart);
    spending[phase] = { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
    return result;
  };
  return { spending, timed };
}
