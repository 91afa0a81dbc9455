import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { codeOf, messageOf, UserError } from '../helper/errors.js';

export interface Login {
  user?: string;
  password?: string;
}

/** What a .netrc says for a host, or for any by `default`. */
export function loginFor(host: string, file: string): Login | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new UserError('netrc', `netrc ${file}: ${why}`);
  }
  return parse(text).find(({ machine }) => machine === host || machine === undefined)?.login;
}

/** Where `netrc => true` is. */
export function netrcFile(netrc: true | string): string {
  return netrc === true ? join(homedir(), '.netrc') : netrc;
}

/** All that it holds, for who must not let one slip; none where it cannot be read. */
export function passwordsIn(file: string): string[] {
  try {
    return parse(readFileSync(file, 'utf8')).flatMap(({ login }) => login.password ?? []);
  } catch {
    return [];
  }
}

interface Entry {
  machine: string | undefined;
  login: Login;
}

function parse(text: string): Entry[] {
  // A macro ends at an empty line and is none of our business; nor is a comment.
  const plain = text
    .replace(/^\s*macdef[\s\S]*?(\n\s*\n|$(?![\s\S]))/gm, '\n')
    .replace(/^\s*#.*$/gm, '');
  const words = plain.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const entries: Entry[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === 'machine') entries.push({ machine: unquoted(words[++at]), login: {} });
    else if (word === 'default') entries.push({ machine: undefined, login: {} });
    else if (word === 'login' || word === 'password' || word === 'account') {
      const value = unquoted(words[++at]);
      const login = entries.at(-1)?.login;
      if (login && word === 'login') login.user = value;
      if (login && word === 'password') login.password = value;
    }
  }
  return entries;
}

function unquoted(word = ''): string {
  return word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word;
}
