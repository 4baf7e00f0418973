import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { processIdentity } from '../../workers/stack/processes';

// Links and namespaces are called by this and the pid of the test's process, so that what a killed one left is known.
const PREFIX = 'llmpk';

const ip = (...argv: string[]): string =>
  execFileSync('ip', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Whether this process may make networks. @throws where it could but iproute2 is missing. */
export function mayMakeNetworks(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  ip('-V');
  return true;
}

/** A host of a test network: a network namespace and a name. What runs there reaches the gateway and other hosts alone. */
export interface TestHost {
  name: string;
  /** Its address in the network. */
  address: string;
  /** Goes before a command that is to run on the host; the process stays the one that was started. */
  launcher: string[];
  /** Takes the host off the network, as a pulled cable does: connections stay open and nothing comes through. */
  cutLink(): void;
  /** Puts the cable back. */
  mendLink(): void;
}

/** A network that a test makes for itself inside this machine. One for a process. */
export class TestNetwork {
  /** Address of this machine in the network. */
  readonly gateway: string;
  private readonly bridge = `${PREFIX}${process.pid}`;
  private readonly subnet: string;
  private readonly forwarders: Server[] = [];
  private hosts = 0;
  private readonly removeLinks = (): void => removeAllOf(process.pid);

  constructor() {
    for (const pid of pidsWithLinks()) if (processIdentity(pid) === undefined) removeAllOf(pid);
    this.subnet = freeSubnet();
    this.gateway = `${this.subnet}.1`;
    ip('link', 'add', this.bridge, 'type', 'bridge');
    process.once('exit', this.removeLinks);
    ip('address', 'add', `${this.gateway}/24`, 'dev', this.bridge);
    ip('link', 'set', this.bridge, 'up');
  }

  addHost(name: string): TestHost {
    const number = (this.hosts += 1);
    const [namespace, link] = [`${this.bridge}-${number}`, `${this.bridge}v${number}`];
    ip('netns', 'add', namespace);
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('link', 'set', link, 'master', this.bridge, 'up');
    const address = `${this.subnet}.${number + 1}`;
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    for (const own of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', own, 'up');
    const named = ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', name];
    return {
      name,
      address,
      launcher: ['ip', 'netns', 'exec', namespace, ...named],
      cutLink: () => void ip('link', 'set', link, 'down'),
      mendLink: () => void ip('link', 'set', link, 'up'),
    };
  }

  /** Lets the hosts reach, by the gateway's address, a server that listens on a port of this machine's loopback alone. */
  async forward(port: number): Promise<void> {
    const server = createServer((inside) => {
      const outside = connect(port, '127.0.0.1');
      inside.pipe(outside).pipe(inside);
      // Where one side breaks, the other learns of it by its own connection.
      inside.on('error', () => outside.destroy());
      outside.on('error', () => inside.destroy());
    });
    this.forwarders.push(server);
    await once(server.listen(port, this.gateway), 'listening');
  }

  /** Takes all of it away. Processes on the hosts are their starter's to end. */
  remove(): void {
    for (const server of this.forwarders) server.close();
    process.off('exit', this.removeLinks);
    this.removeLinks();
  }
}

/** The first three numbers of a network that no link of this machine has; 198.18.0.0/15 is for such tests (RFC 2544). */
function freeSubnet(): string {
  const taken = ip('-4', '-o', 'address');
  // Two that look at the same moment begin at different ones.
  const nets = Array.from({ length: 256 }, (_, third) => `198.18.${(process.pid + third) % 256}`);
  const free = nets.find((net) => !taken.includes(` ${net}.`));
  if (free === undefined) throw new Error('Every network of 198.18.0.0/16 is taken.');
  return free;
}

const namespacesOf = (pid: number): string[] =>
  [...ip('netns', 'list').matchAll(/^\S+/gm)]
    .map(([name]) => name)
    .filter((name) => name.startsWith(`${PREFIX}${pid}-`));

const pidsWithLinks = (): number[] =>
  [...ip('-o', 'link', 'show', 'type', 'bridge').matchAll(new RegExp(`: ${PREFIX}(\\d+):`, 'g'))].map(([, pid]) =>
    Number(pid),
  );

/** The bridge goes last, for it says that there is something left. */
function removeAllOf(pid: number): void {
  // A namespace would take its link with it, but only when its last connection has timed out.
  for (const [, link = ''] of ip('-o', 'link', 'show', 'type', 'veth').matchAll(
    new RegExp(`: (${PREFIX}${pid}v\\d+)@`, 'g'),
  ))
    ip('link', 'delete', link);
  for (const namespace of namespacesOf(pid)) ip('netns', 'delete', namespace);
  ip('link', 'delete', `${PREFIX}${pid}`);
}
