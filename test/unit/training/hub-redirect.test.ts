import { describe, expect, it } from 'vitest';
import { redirectOf, WrongRedirect } from '../../../activities/training/models/sources/hub-redirect';

const hub = { url: new URL('https://hub.example.org/api'), address: '8.8.8.8' };
const mirror = { url: new URL('http://10.0.0.5:8080/api'), address: '10.0.0.5' };

describe('a redirect of the hub', () => {
  it('leads to other hosts, whose names are looked up as those of public ones', () => {
    expect(redirectOf(hub, 'https://files.example.org/x')).toMatchObject({ mustBePublic: true });
    expect(redirectOf(hub, '/other')).toMatchObject({
      mustBePublic: false,
      url: new URL('https://hub.example.org/other'),
    });
  });

  it.each([
    'https://127.0.0.1/x',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://0x7f000001/x',
    'https://2130706433/x',
    'http://files.example.org/x',
    'file:///etc/passwd',
    'ftp://files.example.org/x',
    'http://[',
  ])('to %s is not followed', (location) => {
    expect(() => redirectOf(hub, location)).toThrow(WrongRedirect);
  });

  it('stays in a private network where the hub is a mirror in one', () => {
    expect(redirectOf(mirror, 'http://10.0.0.6/x')).toMatchObject({ mustBePublic: false });
    expect(() => redirectOf(mirror, 'gopher://10.0.0.6/x')).toThrow(WrongRedirect);
  });
});
