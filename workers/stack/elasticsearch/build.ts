import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../../activities/kit/package-root';
import { cached, type Env } from '../cache';
import { onPath, runCommand } from '../commands';
import { findJava, type Java } from '../java';
import { type Log, StackError } from '../log';

/** Elasticsearch 8.19 is compiled for Java 17; nothing older loads it. */
export const JAVA_MIN = 17;

/** Folder of the pom, the Java sources and the configuration, which are published as they are. */
export const elasticsearchSources = (): string => path.join(packageRoot(), 'workers', 'stack', 'elasticsearch');

/** A node that is ready to run. */
export interface BuiltNode {
  java: Java;
  /** Jars and our classes. */
  dir: string;
}

export interface BuildOptions {
  cacheDir: string;
  env: Env;
  log: Log;
  signal: AbortSignal;
}

/**
 * Fetches the jars with Maven and compiles our node, once for each content of the sources.
 * @throws StackError where a Java or Maven that can do it is missing, or Maven can not reach a repository.
 */
export async function buildElasticsearch({ cacheDir, env, log, signal }: BuildOptions): Promise<BuiltNode> {
  const java = await findJava(env);
  if (!java || java.major < JAVA_MIN) {
    throw new StackError(
      `Elasticsearch needs Java ${JAVA_MIN} or newer; found ${java ? `Java ${java.major} at ${java.java}` : 'none'}.`,
      `Install a JDK (Debian: openjdk-17-jdk-headless), set JAVA_HOME to one, or set ELASTICSEARCH_URL.`,
    );
  }
  const dir = await cached(
    cacheDir,
    await elasticsearchCacheName(),
    (into) => build(into, java, { env, log, signal }),
    signal,
  );
  return { java, dir };
}

/** The folder of the cache that holds the built node, as named by what it is built from. */
async function elasticsearchCacheName(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [pom(), ...(await javaFiles())]) {
    hash
      .update(path.basename(file))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  }
  return `elasticsearch-${await elasticsearchVersion()}-${hash.digest('hex').slice(0, 12)}`;
}

/** The folder of a built node; undefined where it is not built yet. */
export async function findElasticsearch(cacheDir: string): Promise<string | undefined> {
  const dir = path.join(cacheDir, await elasticsearchCacheName());
  return existsSync(dir) ? dir : undefined;
}

export async function elasticsearchVersion(): Promise<string> {
  const version = /<elasticsearch\.version>(.+)<\/elasticsearch\.version>/.exec(await readFile(pom(), 'utf8'))?.[1];
  if (!version) throw new Error(`${pom()} names no elasticsearch.version.`);
  return version;
}

async function build(
  into: string,
  { javac }: Java,
  { env, log, signal }: Omit<BuildOptions, 'cacheDir'>,
): Promise<void> {
  const mvn = onPath('mvn', env);
  if (!mvn || !javac) {
    throw new StackError(
      `Elasticsearch is fetched with Maven and compiled with javac once; missing: ${mvn ? 'javac' : 'mvn'}.`,
      'Install Maven and a JDK (Debian: maven openjdk-17-jdk-headless), or set ELASTICSEARCH_URL.',
    );
  }
  const say = (message: string, elapsedSeconds?: number) =>
    log({ part: 'elasticsearch', message, ...(elapsedSeconds === undefined ? {} : { elapsedSeconds }) });
  const jars = path.join(into, 'jars');
  const fetching = `fetching Elasticsearch ${await elasticsearchVersion()} with Maven (41 MB, once; about half a minute)`;
  say(fetching);
  // Maven writes beside the pom in some failures, so it works on a copy.
  await copyFile(pom(), path.join(into, 'pom.xml'));
  await runCommand(mvn, ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`], {
    cwd: into,
    env,
    signal,
    onWait: (seconds) => say(fetching, seconds),
  }).catch((cause: Error) => {
    signal.throwIfAborted();
    throw new StackError(
      `Maven could not fetch Elasticsearch. ${cause.message}`,
      'Check the network and the mirrors of your Maven settings, or set ELASTICSEARCH_URL.',
      { cause },
    );
  });
  const classes = path.join(into, 'classes');
  await mkdir(classes);
  const args = ['--release', String(JAVA_MIN), '-encoding', 'UTF-8', '-cp', path.join(jars, '*'), '-d', classes];
  await runCommand(javac, [...args, ...(await javaFiles())], { env, signal });
}

const pom = (): string => path.join(elasticsearchSources(), 'pom.xml');

async function javaFiles(): Promise<string[]> {
  const root = path.join(elasticsearchSources(), 'java');
  const files = await readdir(root, { recursive: true });
  return files
    .filter((file) => file.endsWith('.java'))
    .sort()
    .map((file) => path.join(root, file));
}
