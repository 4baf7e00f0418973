import * as z from 'zod';

/** An address that a server listens on: an IP address and a port, as in `127.0.0.1:9464` or `[::1]:9464`. */
export const listenAddress = z
  .string()
  .refine(
    (text) => parseAddress(text) !== undefined,
    'must be an IP address and a port from 1 to 65535, as in 127.0.0.1:9464',
  );

/** Its two parts; undefined where the text is no such address. */
export function parseAddress(text: string): { host: string; port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(0, colon));
  const port = Number(text.slice(colon + 1));
  const isBracketed = host.startsWith('[') && host.endsWith(']');
  const isHost = isBracketed ? z.ipv6().safeParse(host.slice(1, -1)).success : z.ipv4().safeParse(host).success;
  return isHost && /^\d{1,5}$/.test(text.slice(colon + 1)) && port > 0 && port < 65_536 ? { host, port } : undefined;
}

/** How workers are watched. */
export const monitoringConfig = z.strictObject({
  /**
   * Where workers show Prometheus metrics, under `/metrics`; nowhere when left out. A process of the cpu pool takes the next port,
   * one of the gpu pool the one after that, so that one setting does for a host; LLM_PACK_METRICS wins.
   */
  metrics: listenAddress.optional(),
  /** How often held runs, queues and feeds are counted anew, in seconds. */
  everySeconds: z.int().min(1).max(600).default(15),
  /** What a line of the log is: text for people, or a JSON object with ids; LOG_FORMAT wins. */
  logs: z.enum(['text', 'json']).default('text'),
});
export type MonitoringConfig = z.output<typeof monitoringConfig>;
