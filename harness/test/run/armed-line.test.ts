/** What shows that a line has failed a guest, and where the guest was sent. */
import t from 'tap';
import type { LineFault } from '../../domain/fault.ts';
import { nameNotResolved } from '../../faults/name-not-resolved.ts';
import { repositoryDown } from '../../faults/repository-down.ts';
import { armedLine, type ArmedLine } from '../../run/armed-line.ts';

const served = { port: 8080 };
const [NAME, fault] = ['updates.invalid', 'name-not-resolved'];

/** After a guest has said so. */
const heard = (said: string, line: LineFault = nameNotResolved()): ArmedLine => {
  const armed = armedLine(line);
  armed.hears(said);
  return armed;
};

t.test('a host looks for a name that nobody has, and everything is there', (t) => {
  const line = armedLine(nameNotResolved());
  t.equal(line.server(served), `${NAME}:8080`);
  t.equal(line.failsAfterBytes, Infinity);
  t.equal(line.stamp, null, 'it has not met with it');
  t.equal(armedLine(repositoryDown()).server(served), '127.0.0.1:8080');
  t.end();
});

t.test("it has struck when the guest's own tool says that this name is not known", (t) => {
  // dnf 4.14 and ostree 2022.7, each with libcurl 7.88; getaddrinfo of glibc 2.36
  for (const said of [
    `  - Curl error (6): Couldn't resolve host name for http://${NAME}:8080/rpms/repodata/repomd.xml [Could not resolve host: ${NAME}]`,
    `error: While fetching http://${NAME}:8080/repo/summary.sig: [6] Couldn't resolve host name`,
    `${NAME}: Name or service not known`,
    `${NAME}: Temporary failure in name resolution`,
  ])
    t.same(heard(said).stamp, { fault, name: NAME, said });
  const line = heard(`${NAME}: Name or service not known`);
  line.hears(`Could not resolve host: ${NAME}`);
  t.match(line.stamp, { said: /service/ }, 'the first words count');
  const flood = heard(`Could not resolve host: ${NAME}${'x'.repeat(9999)}`);
  t.equal((flood.stamp as { said: string }).said.length, 300, 'bounded');
  t.end();
});

t.test('it has not struck when something else fails, or somebody has found the way', (t) => {
  t.equal(heard(`Curl error (7): Couldn't connect to server for http://${NAME}`).stamp, null);
  t.equal(heard('Could not resolve host: another.invalid').stamp, null);
  const found = heard(`Could not resolve host: ${NAME}`);
  found.onConnection?.();
  t.equal(found.stamp, null);
  t.equal(heard(`Could not resolve host: ${NAME}`, repositoryDown()).stamp, null);
  t.end();
});
