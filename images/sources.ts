/** The part of a machine's apt sources that is Debian's own, in the words of the machine (mirror, keys, options). */

export interface SourceFile {
  /** File name below `/etc/apt`; its ending says which of apt's two formats it has (sources.list(5)). */
  readonly name: string;
  readonly text: string;
}

/** @param uris repositories that are Debian's own, as apt prints them (with a slash at the end) */
export function debianSources(files: readonly SourceFile[], uris: readonly string[]): SourceFile[] {
  const wanted = new Set(uris.map(withoutSlash));
  const isWanted = (word: string): boolean => wanted.has(withoutSlash(word));
  return files
    .map(({ name, text }) => ({
      name,
      text: name.endsWith('.sources') ? keepStanzas(text, isWanted) : keepLines(text, isWanted),
    }))
    .filter(({ text }) => text !== '');
}

function keepStanzas(text: string, isWanted: (word: string) => boolean): string {
  const stanzas = text.split(/\n(?:[ \t]*\n)+/).filter((stanza) => {
    const field = (name: string): string[] =>
      (new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1] ?? '')
        .trim()
        .split(/\s+/);
    const enabled = !field('Enabled').some((word) => /^(no|false|off|0)$/i.test(word));
    return enabled && field('Types').includes('deb') && field('URIs').some(isWanted);
  });
  return stanzas.map((stanza) => `${stanza.trim()}\n`).join('\n');
}

function keepLines(text: string, isWanted: (word: string) => boolean): string {
  const lines = text
    .split('\n')
    .filter((line) => /^\s*deb\s/.test(line) && line.split(/\s+/).some(isWanted));
  return lines.map((line) => `${line}\n`).join('');
}

function withoutSlash(uri: string): string {
  return uri.replace(/\/+$/, '');
}
