import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { LOOPBACK, type PartContext, type RunningPart } from '../parts';
import { buildElasticsearch, elasticsearchSources, elasticsearchVersion, type BuiltNode } from './build';

// Not 9200, so that a team's own node on this machine is not in the way.
const PREFERRED_PORT = 9201;
// A cold JVM takes 4 s on a free machine; a loaded one with many shards to recover takes much longer.
const READY_SECONDS = 180;
// Twenty thousand documents of 384 dimensions fit with room to spare; more only takes memory from the workers.
const HEAP = '512m';

/** Starts the embedded node on the loopback address: it has no authentication. */
export async function startElasticsearch(context: PartContext): Promise<{ url: string; part: RunningPart }> {
  const { cacheDir, env, log, signal, dir } = context;
  const node = await buildElasticsearch({ cacheDir, env, log, signal });
  const port = await context.ports.choose('elasticsearch', PREFERRED_PORT);
  await mkdir(dir, { recursive: true });
  const url = `http://${LOOPBACK}:${port}`;
  const child = await context.supervise({
    name: 'elasticsearch',
    command: node.java.java,
    args: [...jvmOptions(node), 'llmpack.Main', ...settings(dir, port)],
    env,
    cwd: dir,
    readyWithinSeconds: READY_SECONDS,
    ready: () => elasticsearchIsReady(url),
  });
  return {
    url,
    part: {
      name: 'elasticsearch',
      version: await elasticsearchVersion(),
      found: `${node.dir} on Java ${node.java.major} (${node.java.java})`,
      get pid() {
        return child.pid;
      },
    },
  };
}

/** True once every index has its primary shards; a node answers well before that. */
export async function elasticsearchIsReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=2s`, {
    signal: AbortSignal.timeout(5_000),
  });
  return response.ok;
}

function jvmOptions({ java, dir }: BuiltNode): string[] {
  return [
    `-Xms${HEAP}`,
    `-Xmx${HEAP}`,
    // One thread of collection and the quick compiler alone: it starts in half the time and takes a third less memory,
    // and bulk indexing of vectors was no slower on 2 cores.
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    // A heap that ran out leaves a node that answers some requests; ended, it is started again.
    '-XX:+ExitOnOutOfMemoryError',
    '-Dfile.encoding=UTF-8',
    // As Elasticsearch's own start script has them.
    '-Djna.nosys=true',
    '-Dio.netty.noUnsafe=true',
    '-Dio.netty.noKeySetOptimization=true',
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    '-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1',
    // Lucene maps its files through calls that newer Java versions warn about without this.
    ...(java.major >= 21 ? ['--enable-native-access=ALL-UNNAMED'] : []),
    `-Des.path.conf=${path.join(elasticsearchSources(), 'config')}`,
    '-cp',
    [path.join(dir, 'classes'), path.join(dir, 'jars', '*')].join(path.delimiter),
  ];
}

function settings(dir: string, port: number): string[] {
  const values = {
    'cluster.name': 'llm-pack',
    'node.name': 'llm-pack',
    'discovery.type': 'single-node',
    'network.host': LOOPBACK,
    'http.port': port,
    // A single node talks to no other; any free port.
    'transport.port': 0,
    'path.home': dir,
    'path.data': path.join(dir, 'data'),
    'path.logs': path.join(dir, 'logs'),
    'path.repo': path.join(dir, 'snapshots'),
    // A typing error in an index name is an error, not a new index without a mapping.
    'action.auto_create_index': false,
    // On a developer's nearly full disk the thresholds would make every index read-only.
    'cluster.routing.allocation.disk.threshold_enabled': false,
    // With a small heap and a serial collector, garbage that is not collected yet would count as used and answer 429.
    'indices.breaker.total.use_real_memory': false,
  };
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}
