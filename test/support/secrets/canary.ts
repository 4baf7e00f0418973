import { randomUUID } from 'node:crypto';

/** Stands in every credential that a test makes up, and in nothing else: where it turns up, a secret has leaked. */
export const CANARY = 'canary4c9e';

/** A credential for a test: `canary("s3")` is like `canary4c9e-s3-…`. */
export const canary = (what: string): string => `${CANARY}-${what}-${randomUUID()}`;
