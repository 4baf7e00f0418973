import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue, makeAuthority, type Authority, type Certificate } from './certificates';

/** The name that the server's certificate is for; it stands in no DNS. */
export const SERVER_NAME = 'temporal.test';

const DAY_MS = 86_400_000;
export const expired = { from: new Date(Date.now() - 2 * DAY_MS), until: new Date(Date.now() - DAY_MS) };

/** Certificates of a team and of a stranger, as files of a folder. */
export interface TlsFiles {
  ours: Authority;
  server: Certificate;
  expiredServer: Certificate;
  /** Writes a file of the folder and returns its path. */
  write(name: string, text: string): Promise<string>;
  /** Paths of a client's certificate and its key. */
  client(name: string, certificate: Certificate): Promise<{ certificate: string; key: string }>;
  remove(): Promise<void>;
}

export async function makeTlsFiles(): Promise<TlsFiles> {
  const dir = await mkdtemp(join(tmpdir(), 'llm-pack-tls-'));
  const ours = makeAuthority('Authority of the test');
  const write = async (name: string, text: string) => {
    await writeFile(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  return {
    ours,
    server: issue(ours, { name: 'server', hosts: [SERVER_NAME] }),
    expiredServer: issue(ours, { name: 'server', hosts: [SERVER_NAME], ...expired }),
    write,
    async client(name, { certificate, key }) {
      return { certificate: await write(`${name}.pem`, certificate), key: await write(`${name}.key`, key) };
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
