import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts message and stack of a failure into a payload, which is encrypted like any other: a message may quote what it is about.
 * Loaded by its path, by clients and workers and into the bundle of the workflows, and only where payloads are encrypted.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
