import t from 'tap';
import { rpmRepository } from '../../adapters/rpm-repository.ts';
import { updateRepository } from '../../adapters/update-repository.ts';

const artefact = { path: '/nonexistent/update', sha256: '', sizeBytes: 0 };

t.test('a place that a repository cannot be in is the fault of the machine below', async (t) => {
  for (const repository of [rpmRepository, updateRepository]) {
    await t.rejects(repository('/etc/hostname/repository').take(artefact), {
      code: 'env/io',
      blame: 'environment',
    });
  }
});
