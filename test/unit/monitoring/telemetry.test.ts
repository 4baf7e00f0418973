import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { monitoringConfig } from '../../../schemas/monitoring-config';
import { CliError } from '../../../workers/cli/exit';
import { installRuntime } from '../../../workers/cli/run-monitoring';
import { metricsPlace } from '../../../workers/monitoring/telemetry';

const setting = (metrics?: string) => monitoringConfig.parse(metrics === undefined ? {} : { metrics });

describe('where metrics are shown', () => {
  it('is nowhere by default, and where the environment says so', () => {
    expect(metricsPlace(setting(), {}, ['llm'])).toBeUndefined();
    expect(metricsPlace(setting('127.0.0.1:9464'), { LLM_PACK_METRICS: 'off' }, ['llm'])).toBeUndefined();
  });

  it('is a port of its own for each pool that has a process of its own', () => {
    const portOf = (...pools: ('llm' | 'cpu' | 'gpu')[]) =>
      metricsPlace(setting('127.0.0.1:9464'), {}, pools)?.bindAddress;
    expect([portOf('llm'), portOf('cpu'), portOf('gpu')]).toEqual([
      '127.0.0.1:9464',
      '127.0.0.1:9465',
      '127.0.0.1:9466',
    ]);
    expect(portOf('llm', 'cpu', 'gpu')).toBe('127.0.0.1:9464');
    expect(portOf('cpu', 'gpu')).toBe('127.0.0.1:9465');
  });

  it('is said as one opens it, also where every address of the host is listened on', () => {
    const env = { LLM_PACK_METRICS: '0.0.0.0:9500' };
    const everywhere = { bindAddress: '0.0.0.0:9500', url: 'http://localhost:9500/metrics' };
    expect(metricsPlace(setting('127.0.0.1:9464'), env, ['llm'])).toEqual(everywhere);
    expect(metricsPlace(setting('[::1]:9464'), {}, ['cpu'])?.url).toBe('http://[::1]:9465/metrics');
  });

  it.each(['9464', 'localhost:9464', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:x', '::1:9464'])(
    'is refused as "%s"',
    (text) => {
      expect(monitoringConfig.safeParse({ metrics: text }).success).toBe(false);
      expect(() => metricsPlace(setting(), { LLM_PACK_METRICS: text }, ['llm'])).toThrow(
        /LLM_PACK_METRICS is ".*127\.0\.0\.1:9464/,
      );
    },
  );

  it('is refused where another process has the port, with what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const bindAddress = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const log = { level: 'ERROR' as const, entry: () => undefined, note: () => undefined };
    const installing = () => installRuntime(log, { bindAddress, url: '' });
    expect(installing).toThrow(CliError);
    expect(installing).toThrow(`Metrics can not be shown at ${bindAddress}`);
    other.close();
  });
});
