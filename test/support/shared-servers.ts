import { inject } from 'vitest';
import type { ServerAddresses } from './pack';

/** The servers that global-stack.ts has started for this tier. */
export const sharedServers = (): ServerAddresses => ({
  temporalAddress: inject('temporalAddress'),
  databaseUrl: inject('databaseUrl'),
  elasticsearchUrl: inject('elasticsearchUrl'),
});
