import * as z from 'zod';
import { slug } from './common';
import { rowSource } from './rollout-config';

/** What set-point control looks at, each by a name that inputs use. */
export const controlConfig = z.strictObject({
  /**
   * Online metrics. A query gets $1 the strategy's name, $2 the knob's, $3 the time from which on and $4 the time until which rows are asked for,
   * an endpoint `?name=…&knob=…&from=…&until=…`. docs/control.md says which rows.
   */
  metrics: z.record(slug, rowSource).default({}),
});
export type ControlConfig = z.output<typeof controlConfig>;
