import { loadClientConfigProfile, type LoadClientProfileOptions, toClientOptions } from '@temporalio/envconfig';
import type { ClientConfigProfile, ClientConnectConfig } from '@temporalio/envconfig';
import * as z from 'zod';
import { checkTlsFiles } from './tls-files';
import { WrongConnection } from './wrong-connection';

/** Variables of an environment, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

const text = z.string();
const source = z.union([z.object({ path: text }), z.object({ data: z.union([text, z.instanceof(Uint8Array)]) })]);
// A header that gRPC takes; the SDK's own message of one that it does not take shows it whole.
const header = text.regex(/^[\x20-\x7e]*$/, 'must be of printable ASCII characters');

// What the SDK takes; its own message of one that it does not take shows it whole, with a password where there is one.
const address = text.regex(/^(\[[0-9a-f:.%]+\]|[^\s/@?#:[\]]+)(:\d{1,5})?$/i, 'must be a host, or host:port');

/** What the SDK reads from a file without looking at its types. */
const profileShape = z.object({
  address: address.optional(),
  namespace: text.optional(),
  apiKey: header.optional(),
  tls: z
    .object({
      disabled: z.boolean().optional(),
      serverName: text.optional(),
      clientCert: source.optional(),
      clientKey: source.optional(),
      serverCACert: source.optional(),
    })
    .optional(),
  grpcMeta: z.record(text, header).optional(),
});

/**
 * How to connect to the Temporal that the environment or a profile of Temporal's own configuration file names, checked as far as
 * this host can tell: files that are there, certificates that are some and have not run out, a key that belongs to its
 * certificate. The SDK leaves much of that to the first connection, and then gives no reason.
 * @throws WrongConnection
 */
export function temporalOptions(env: Variables, profile?: string): ClientConnectConfig {
  const read = readProfile(env, profile);
  checkTlsFiles(read.tls);
  return toClientOptions(read);
}

/** The profile that `env` and `profile` choose, with the variables that override it. @throws WrongConnection */
export function readProfile(env: Variables, profile?: string): ClientConfigProfile {
  const read = loadProfile(profileOptions(env, profile));
  const key = typeof read.apiKey === 'string' ? read.apiKey.trim() : read.apiKey;
  const { apiKey: _read, ...rest } = read;
  // An empty variable is none; a secret that was mounted often ends with its file's line break.
  const trimmed = key === undefined || key === '' ? rest : { ...rest, apiKey: key };
  const { error } = profileShape.safeParse(trimmed);
  if (!error) return trimmed;
  const wrong = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new WrongConnection(
    'SettingsInvalid',
    `How to connect to Temporal is not clear: ${wrong}`,
    'Correct the TEMPORAL_* variables, or the profile.',
  );
}

function loadProfile(options: LoadClientProfileOptions): ClientConfigProfile {
  try {
    return loadClientConfigProfile(options);
  } catch (error) {
    const { line, code, message } = error as NodeJS.ErrnoException & { line?: number };
    const file = 'The configuration file of Temporal (TEMPORAL_CONFIG_FILE)';
    if (code) {
      throw new WrongConnection('FileUnreadable', `${file} can not be read: ${message}`, 'Let this user read it.');
    }
    // The parser's message shows the lines around the place: a key may stand there.
    const what = line === undefined ? `${file}: ${message}` : `${file} is no TOML: look at line ${line}`;
    throw new WrongConnection('SettingsInvalid', what, '"temporal config list" must work.');
  }
}

/** What @temporalio/envconfig is to look at; a profile that `env` names wins. */
function profileOptions(env: Variables, profile?: string): LoadClientProfileOptions {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    overrideEnvVars: Object.fromEntries(set),
    ...(profile !== undefined && !env['TEMPORAL_PROFILE'] ? { profile } : {}),
  };
}
