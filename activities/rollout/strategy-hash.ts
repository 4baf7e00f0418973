import { createHash } from 'node:crypto';
import { canonicalJson } from '../kit/canonical-json';

/** sha256 (hex) of a strategy's canonical JSON: equal content is the same version. */
export const hashOfStrategy = (strategy: Record<string, unknown>): string =>
  createHash('sha256').update(canonicalJson(strategy)).digest('hex');
