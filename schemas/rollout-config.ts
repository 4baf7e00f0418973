import * as z from 'zod';
import { slug } from './common';

const timeoutSeconds = z.int().min(1).max(600).default(30);

/** Where rows come from that a rollout looks at. docs/rollout.md says which rows. */
export const rowSource = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('postgres'),
    /** Environment variable that holds the URL of the database. Its role needs to read, and no more. */
    urlVariable: z.string().min(1),
    /**
     * One select, run in a read-only transaction. $1 is the strategy's name, $2 the candidate's version, $3 the sequence number of the
     * pointer from which on users count, $4 the time until which their values are complete.
     */
    query: z.string().min(1),
    timeoutSeconds,
  }),
  z.strictObject({
    type: z.literal('http'),
    /** Asked with `?name=…&version=…&sequence=…&until=…`; answers `{"rows": […]}`. */
    url: z.url({ protocol: /^https?$/ }),
    /** Environment variable with a token that is sent as `Authorization: Bearer …`. */
    tokenVariable: z.string().min(1).optional(),
    timeoutSeconds,
  }),
]);
export type RowSource = z.output<typeof rowSource>;

/** What rollouts look at, each by a name that inputs use. */
export const rolloutConfig = z.strictObject({
  /** Metrics of users, by arm. */
  metrics: z.record(slug, rowSource).default({}),
  /** Logged decisions of live strategies, for offline replay. */
  logs: z.record(slug, rowSource).default({}),
});
export type RolloutConfig = z.output<typeof rolloutConfig>;
