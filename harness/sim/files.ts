/** The files that a simulated host knows: by path, with their content. */
import type { HostView } from '../domain/view.ts';

export type SimFiles = Readonly<Record<string, string>>;

/** Where all layers share what is there. */
export const SHARED = ['/var', '/home', '/boot'];

export function isShared(path: string): boolean {
  return SHARED.some((directory) => path.startsWith(`${directory}/`));
}

/** With the file written, or without it. */
export function changed(
  files: SimFiles,
  path: string,
  content: string | undefined,
): Record<string, string> {
  const others = Object.entries(files).filter(([other]) => other !== path);
  return Object.fromEntries(content === undefined ? others : [...others, [path, content]]);
}

/** As a probe compares `/etc` of a layer with what its image brought. */
export function changedEtc(
  files: SimFiles,
  brought: SimFiles,
  sha256: (text: string) => string,
): HostView['etc'] {
  const paths = [...new Set([...Object.keys(files), ...Object.keys(brought)])];
  const changes = paths
    .filter((path) => path.startsWith('/etc/') && files[path] !== brought[path])
    .map((path) => {
      const content = files[path];
      return [path, content === undefined ? null : sha256(content)] as const;
    });
  return Object.fromEntries(changes);
}
