import { inject } from 'vitest';
import type { ServerAddresses } from './pack';

export interface SharedServers extends ServerAddresses {
  temporalUi: string;
}

/**
 * The servers that global-stack.ts has started for this file: those that run side by side have servers of their own each, since they use
 * the queues that every pack has, and count the rows of a whole table. A file finds what others before it have left.
 */
export function sharedServers(): SharedServers {
  const servers = inject('servers');
  // Of the processes that run at once, the first is called 1.
  const own = servers[Number(process.env['VITEST_POOL_ID']) - 1];
  if (own === undefined)
    throw new Error(`There are no servers for process ${process.env['VITEST_POOL_ID']} of the tests.`);
  return own;
}
