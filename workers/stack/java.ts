import path from 'node:path';
import type { Env } from './cache';
import { isExecutable, onPath, runCommand } from './commands';

/** A Java on this machine. */
export interface Java {
  java: string;
  /** The compiler beside it; undefined for a run-time without one. */
  javac?: string;
  /** Such as 17. */
  major: number;
}

/** `JAVA_HOME`, or `java` on the PATH; undefined where neither runs. */
export async function findJava(env: Env): Promise<Java | undefined> {
  const home = env['JAVA_HOME'];
  const java = home ? path.join(home, 'bin', 'java') : onPath('java', env);
  if (!java || !isExecutable(java)) return undefined;
  const javac = home ? path.join(home, 'bin', 'javac') : onPath('javac', env);
  const major = majorOf(await runCommand(java, ['-version'], { env }).catch(() => ''));
  if (major === undefined) return undefined;
  return { java, major, ...(javac && isExecutable(javac) ? { javac } : {}) };
}

/** From a line such as `openjdk version "17.0.15" 2025-04-15`; Java 8 and older call themselves 1.8. */
function majorOf(text: string): number | undefined {
  const found = /version "(\d+)(?:\.(\d+))?/.exec(text);
  if (!found) return undefined;
  const [, first, second] = found;
  return Number(first === '1' ? second : first);
}
