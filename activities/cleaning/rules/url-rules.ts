import type { ListName } from '../../../schemas/cleaning-names';

const NOT_ALPHANUMERIC = /[^a-zA-Z0-9]+/;
const normalised = (text: string): string => text.split(NOT_ALPHANUMERIC).join('').toLowerCase();

/** Host of an address, and the domain that somebody registered of it (`bbc.co.uk` of `news.bbc.co.uk`). */
export type ParseHost = (url: string) => { hostname: string | null; domain: string | null };

/**
 * datatrove 0.10's URL filter over lists that are given: registered domains and hosts, whole addresses, words that are
 * banned, words of which several are, and parts of words. Gives its reason, or undefined.
 */
export class UrlRules {
  private readonly domains: ReadonlySet<string>;
  private readonly urls: ReadonlySet<string>;
  private readonly words: ReadonlySet<string>;
  private readonly softWords: ReadonlySet<string>;
  private readonly substrings: readonly string[];

  /** @param minSoftWords different words of the soft list from which an address is refused. */
  constructor(
    lists: Partial<Record<ListName, readonly string[]>>,
    private readonly minSoftWords: number,
    private readonly parseHost: ParseHost,
  ) {
    this.domains = new Set(lists.urlDomains);
    this.urls = new Set(lists.urls);
    const words = (name: ListName) => new Set((lists[name] ?? []).map(normalised).filter((word) => word !== ''));
    this.words = words('urlWords');
    this.softWords = words('urlSoftWords');
    this.substrings = [...words('urlSubstrings')];
  }

  reasonFor(url: string): string | undefined {
    const { hostname, domain } = this.parseHost(url);
    if (domain !== null && this.domains.has(domain)) return 'domain';
    if (hostname !== null && this.domains.has(hostname)) return 'subdomain';
    if (this.urls.has(url)) return 'url';
    const words = new Set(url.split(NOT_ALPHANUMERIC));
    if ([...words].some((word) => this.words.has(word))) return 'hard_blacklisted';
    const soft = [...words].filter((word) => this.softWords.has(word)).length;
    if (this.softWords.size > 0 && soft >= this.minSoftWords) return 'soft_blacklisted';
    const joined = normalised(url);
    return this.substrings.some((part) => joined.includes(part)) ? 'blacklisted_subword' : undefined;
  }
}
