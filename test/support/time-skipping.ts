import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { InternalConnectionOptionsSymbol } from '@temporalio/client/lib/connection';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';
import { cached, defaultCacheDir } from '../../workers/stack/cache';
import { freePort } from './free-port';

// The newest whose parts are all there; it skips time for the same protocol as the SDK of TypeScript speaks.
const VERSION = '1.28.0';
const READY = '20 seconds';
/** How an operator service names a keyword. */
const KEYWORD = 2;

/** Temporal's test server. */
export interface TimeSkippingServer {
  address: string;
  /** Lets its clock go on by so many milliseconds at once, or step by step where a workflow has something to do before. */
  sleep(ms: number): Promise<void>;
  /** Its clock, in milliseconds since 1970. */
  now(): Promise<number>;
  stop(): Promise<void>;
}

/** Folder of its jars: from an earlier time, or fetched by Maven (32 MB, ten seconds). */
const jars = (): Promise<string> =>
  cached(defaultCacheDir(), `temporal-test-server-${VERSION}`, async (target) => {
    process.stderr.write(`[temporal test server] fetching ${VERSION} with Maven\n`);
    const pom = path.join(target, 'pom.xml');
    const [server, project] = ['io.temporal', 'temporal-test-server'];
    await writeFile(
      pom,
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>test</groupId><artifactId>test</artifactId><version>1</version><dependencies><dependency>
<groupId>${server}</groupId><artifactId>${project}</artifactId><version>${VERSION}</version>
</dependency></dependencies></project>`,
    );
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
    await promisify(execFile)('mvn', ['-q', '-B', '-f', pom, goal, `-DoutputDirectory=${target}`]);
  });

/** Starts the server on a free port of the loopback, with the search attributes of the pack. */
export async function startTimeSkippingServer(): Promise<TimeSkippingServer> {
  const port = await freePort();
  const classes = path.join(await jars(), '*');
  const child = spawn('java', ['-Xmx1g', '-cp', classes, 'io.temporal.testserver.TestServer', `${port}`], {
    stdio: 'ignore',
  });
  const address = `127.0.0.1:${port}`;
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  try {
    // As @temporalio/testing opens it, which starts no server that is there already.
    const test = { [InternalConnectionOptionsSymbol]: { supportsTestService: true } };
    const connection = await Connection.connect({ address, connectTimeout: READY, ...test });
    // A bare server knows none of the attributes that runs are found by.
    await connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, KEYWORD])),
    });
    return {
      address,
      async sleep(ms) {
        await connection.testService?.unlockTimeSkippingWithSleep({ duration: msToTs(ms) });
      },
      async now() {
        return tsToMs((await connection.testService?.getCurrentTime({}))?.time);
      },
      async stop() {
        await connection.close();
        await kill();
      },
    };
  } catch (error) {
    await kill();
    throw error;
  }
}
