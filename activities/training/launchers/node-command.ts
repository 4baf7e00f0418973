import { spawn } from 'node:child_process';
import path from 'node:path';
import { failure } from '../../errors';
import { trainersFolder } from './torchrun';

// What a node's command may know of the worker's environment: where programs are and how text is written. Trainers run code
// and data of others; the pack's credentials are no business of theirs.
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|SSH_AUTH_SOCK|HF_HOME|XDG_\w+)$/;
const INHERITED_DEVICES = /^(CUDA|NVIDIA|NCCL|GLOO|UCX|FI)_\w+$/;

const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => INHERITED.test(name) || INHERITED_DEVICES.test(name)),
  );

// A shell says by these that there is no such program, or none that it may run.
const NO_SUCH_PROGRAM = [126, 127];

/** Characters that are shown of an answer that is none. */
const SHOWN = 200;
/** Characters of an answer; who writes more is ended. */
const MOST_OUTPUT = 16 * 2 ** 20;
/** Of what it says of an error the last characters. */
const MOST_ERRORS = 10_000;

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Runs `supervise.py` on a node and returns the object that it answers.
 * @param words before the command, such as `['ssh', 'gpu-2']`.
 * @throws `Unavailable` where the node does not answer in time or breaks off, `LauncherRefused` where it has no
 * such program, or its shell writes other things than the answer.
 */
export function askNode(
  words: readonly string[],
  python: string,
  argv: readonly string[],
  timeoutMs: number,
): Promise<unknown> {
  const script = path.join(trainersFolder(), 'llm_pack_trainers', 'supervise.py');
  const [program = python, ...rest] = [...words, python, '-I', '-S', script, ...argv];
  const name = words.length > 0 ? `The node behind "${words.join(' ')}"` : 'This host';
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { env: inherited(), stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length + text.length > MOST_OUTPUT) child.kill('SIGKILL');
      else output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-MOST_ERRORS)));
    const limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', (error) => {
      clearTimeout(limit);
      reject(failure('LauncherRefused', `${name} can not run ${program}: ${error.message}.`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (code === 0) {
        const answer = jsonIn(output);
        if (answer !== undefined) return resolve(answer);
        // A shell that greets who logs in: thrown here it would end the worker, for nobody waits for this handler.
        const begins = JSON.stringify(output.slice(0, SHOWN));
        return reject(failure('LauncherRefused', `${name} answers "${argv[0]}" with what is no JSON: ${begins}.`));
      }
      const said = errors.trim().split('\n').slice(-3).join('\n') || (signal ?? `exit code ${code}`);
      const refused = code !== null && NO_SUCH_PROGRAM.includes(code);
      reject(failure(refused ? 'LauncherRefused' : 'Unavailable', `${name} did not do "${argv[0]}": ${said}`));
    });
  });
}
