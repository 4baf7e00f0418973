import { createHash } from 'node:crypto';
import { canonicalJson } from '../kit/canonical-json';
import type { Message } from './models/model';

/**
 * Names one call of a tool (sha256, hex): the same for every attempt, in whatever order the arguments come, so that a
 * receiver that keeps it can tell a call that is repeated.
 * @param run key of the run's pieces, which stays when the run continues as new.
 */
export const toolCallKey = (run: string, step: number, tool: string, args: Readonly<Record<string, unknown>>): string =>
  hashOf([run, step, tool, args]);

/**
 * Names one question to a model (sha256, hex): the same for every attempt. What is asked is a part of it, because an
 * attempt on a worker whose code or configuration words it otherwise asks something else, and endpoints refuse another
 * request under a key that they know.
 * @param work what it is asked for: a run's key, or a work key. @param place where in that work.
 */
export const modelCallKey = (work: string, place: number | string, messages: readonly Message[]): string =>
  hashOf([work, place, 'model', messages]);

const hashOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
