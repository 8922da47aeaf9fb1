/** The reference host: what its versions have in common, as recipes. */
import type { Recipe } from './recipe.ts';

/** What makes one version differ from the others. */
interface Version {
  /** Name in the catalogue. */
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly notes: string;
  readonly packages?: readonly string[];
  readonly files?: Recipe['files'];
  readonly wrong?: Recipe['wrong'];
  readonly detail?: string;
  readonly example?: string;
  readonly tamper?: Recipe['tamper'];
  readonly family?: string;
}

export function referenceNode(of: Version): Recipe {
  const nvr = `reference-node-${of.version}-1`;
  return {
    name: of.name,
    title: of.title,
    detail: of.detail ?? null,
    example: of.example ?? null,
    family: of.family ?? null,
    version: of.version,
    nvr,
    wrong: of.wrong ?? null,
    packages: [...(of.packages ?? [])],
    tamper: of.tamper ?? null,
    files: {
      '/usr/lib/os-release': { text: osRelease(of.version) },
      '/usr/share/hostproof/nvr': { text: `${nvr}\n` },
      '/usr/share/hostproof/release-notes': { text: `${of.notes}\n` },
      // An administrator edits the first and deletes the second; nobody touches the third.
      '/etc/reference-node.conf': { text: `greeting=welcome to ${of.version}\n` },
      '/etc/reference-node.d/banner.conf': { text: `banner=reference node ${of.version}\n` },
      '/etc/reference-node.d/tuning.conf': { text: `profile=virtual-host-${of.version}\n` },
      ...of.files,
    },
  };
}

function osRelease(version: string): string {
  return [
    'ID=reference-node',
    'ID_LIKE=debian',
    'NAME="Reference Node"',
    `VERSION_ID=${version}`,
    `PRETTY_NAME="Reference Node ${version} (hostproof)"`,
    '',
  ].join('\n');
}
