import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';
import { cached, defaultCacheDir } from '../../workers/stack/cache';
import { onPath, runCommand } from '../../workers/stack/commands';

const INSTALLED = ['chromium', 'chromium-browser', 'google-chrome'];

/** Whether a browser can be had here; where not, a line says why. */
export function mayBrowse(): boolean {
  const may = (process.platform === 'linux' && process.arch === 'x64') || installed() !== undefined;
  if (!may) process.stderr.write('[browser] not tried: no Chromium on the PATH, none in CHROMIUM\n');
  return may;
}

/** A headless Chromium: the one that CHROMIUM names, one on the PATH, or the one that comes as a package. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = installed();
  // Root may not use Chromium's sandbox; the pages are this machine's own.
  if (executablePath) return chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const home = await packaged();
  return chromium.launch({
    executablePath: path.join(home, 'chromium'),
    args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader'],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: path.join(home, 'lib'),
      FONTCONFIG_FILE: path.join(home, 'llm-pack-fonts.conf'),
      XDG_DATA_HOME: home,
    },
  });
}

const installed = (): string | undefined =>
  process.env['CHROMIUM'] || INSTALLED.map((name) => onPath(name, process.env)).find((file) => file !== undefined);

/** Its own fonts, below XDG_DATA_HOME, and the machine's where it has any. */
const FONTS = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="xdg">fonts</dir></fontconfig>
`;

/** Folder of the package's program, its libraries and its fonts, unpacked once (0.2 GB). */
async function packaged(): Promise<string> {
  const root = path.join(path.dirname(createRequire(__filename).resolve('@sparticuz/chromium')), '..', '..');
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return cached(defaultCacheDir(), `chromium-${version}`, async (target) => {
    const unpack = (name: string) =>
      pipeline(
        createReadStream(path.join(root, 'bin', `${name}.br`)),
        createBrotliDecompress(),
        createWriteStream(path.join(target, name)),
      );
    await unpack('chromium');
    await chmod(path.join(target, 'chromium'), 0o755);
    for (const name of ['al2023.tar', 'swiftshader.tar', 'fonts.tar']) {
      await unpack(name);
      await runCommand('tar', ['-xf', name], { cwd: target });
      await rm(path.join(target, name));
    }
    await writeFile(path.join(target, 'llm-pack-fonts.conf'), FONTS);
  });
}
