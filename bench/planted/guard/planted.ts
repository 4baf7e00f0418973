import type { GuardSurface } from '../../../schemas/guard';

/** Texts of one kind, written by hand. */
export interface Planted {
  family: string;
  surface: Exclude<GuardSurface, 'output'>;
  texts: readonly string[];
}
