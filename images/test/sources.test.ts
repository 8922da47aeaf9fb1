import t from 'tap';
import { debianSources } from '../sources.ts';

const URIS = ['http://mirror.example/debian/', 'http://mirror.example/debian-security/'];

void t.test('only what is Debian is taken over, in its own words', (t) => {
  const stanza = `Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg`;
  const foreign = stanza.replace('mirror.example/debian', 'vendor.example/apt');
  const off = `${stanza}\nEnabled: no`;
  const sources = stanza.replace('Types: deb', 'Types: deb-src');
  const folded = stanza.replace(
    'URIs: http://mirror.example/debian',
    'URIs:\n http://mirror.example/debian/',
  );
  t.strictSame(
    debianSources(
      [{ name: 'debian.sources', text: [stanza, foreign, off, sources, folded].join('\n\n') }],
      URIS,
    ),
    [{ name: 'debian.sources', text: `${stanza}\n\n${folded}\n` }],
  );
  const list = [
    'deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main',
    'deb-src http://mirror.example/debian bookworm main',
    '# deb http://mirror.example/debian bookworm main',
    'deb http://vendor.example/apt stable main',
  ];
  t.strictSame(debianSources([{ name: 'sources.list', text: list.join('\n') }], URIS), [
    { name: 'sources.list', text: `${list[0] ?? ''}\n` },
  ]);
  t.strictSame(debianSources([{ name: 'vendor.list', text: list[3] ?? '' }], URIS), []);
  t.end();
});
