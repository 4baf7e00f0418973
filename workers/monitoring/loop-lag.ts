import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setGauge } from './gauge';

/** How often the lag is looked at, in milliseconds: what Prometheus usually scrapes at. */
const EVERY_MS = 15_000;
/** How often the loop is asked for its lag, in milliseconds. */
const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

/** Shows how late the event loop is. Heartbeats and polls wait behind whatever holds it up. Returns what ends it. */
export function watchLoopLag(everyMs = EVERY_MS): () => void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  // What is measured is the time between two looks; what of it was not asked for is the lag.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1_000);
  const show = () => {
    // Of a moment in which nothing was measured there is nothing to say.
    if (delays.max === 0) return;
    setGauge('llm_pack_event_loop_lag_seconds', seconds(delays.percentile(50)), { stat: 'p50' });
    setGauge('llm_pack_event_loop_lag_seconds', seconds(delays.percentile(99)), { stat: 'p99' });
    setGauge('llm_pack_event_loop_lag_seconds', seconds(delays.max), { stat: 'max' });
    delays.reset();
  };
  const timer = setInterval(show, everyMs).unref();
  return () => {
    clearInterval(timer);
    delays.disable();
  };
}
