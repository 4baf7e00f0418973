import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { type InternalConnectionOptions, InternalConnectionOptionsSymbol } from '@temporalio/client/lib/connection';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';
import { cached, defaultCacheDir } from '../../workers/stack/cache';
import { freePort } from './free-port';

const run = promisify(execFile);

const VERSION = '1.28.0';
const READY = '30s';
const KEYWORD = 2;

/** Temporal's test server, whose clock a test turns. It forgets everything when it stops. */
export interface SkippingServer {
  address: string;
  /** Lets the server's clock run so far ahead, through all that is due meanwhile. */
  skip(milliseconds: number): Promise<void>;
  /**
   * Lets go of a hold on the clock that the server itself keeps: this version of it takes one for a child that ends after its parent, to tell
   * that, and never gives it back.
   */
  letGo(): Promise<void>;
  /** What it shows, in milliseconds since 1970. */
  now(): Promise<number>;
  stop(): Promise<void>;
}

/** Folder of the server's jars: from an earlier time, or fetched by Maven (32 MB, some seconds). */
const serverJars = (): Promise<string> =>
  cached(defaultCacheDir(), `temporal-test-server-${VERSION}`, async (target) => {
    process.stderr.write(`[test server] fetching ${VERSION} with Maven (32 MB, once)\n`);
    const pom = path.join(target, 'pom.xml');
    await writeFile(pom, POM);
    await run('mvn', ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${target}`]);
  });

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>llm-pack</groupId><artifactId>test-server</artifactId><version>1</version><dependencies><dependency>
<groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version>
</dependency></dependencies></project>
`;

/** Starts the server on a free port. `alone` lets the clock skip by itself whenever nothing is under way. */
export async function startSkippingServer({ alone = false } = {}): Promise<SkippingServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const jars = path.join(await serverJars(), '*');
  const flags = alone ? ['--enable-time-skipping'] : [];
  const child = spawn('java', ['-cp', jars, 'io.temporal.testserver.TestServer', String(port), ...flags], {
    stdio: 'ignore',
  });
  const stop = () => Promise.resolve(void child.kill('SIGKILL'));
  const options: InternalConnectionOptions = {
    ...{ address, connectTimeout: READY },
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  };
  const connection = await Connection.connect(options).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  // A bare server knows none of the attributes that runs are found by.
  await connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, KEYWORD])),
  });
  return {
    address,
    async skip(milliseconds) {
      await connection.testService?.unlockTimeSkippingWithSleep({ duration: msToTs(milliseconds) });
    },
    async letGo() {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await connection.testService?.unlockTimeSkipping({});
          return;
        } catch (error) {
          // Asked before the server has taken it, there is nothing to let go of.
          if (attempt === 20) throw error;
          await after(100);
        }
      }
    },
    async now() {
      return tsToMs((await connection.testService?.getCurrentTime({}))?.time);
    },
    async stop() {
      await connection.close();
      await stop();
    },
  };
}
