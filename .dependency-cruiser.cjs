/** Who may import whom: ARCHITECTURE.md, "Folders". Tests may look at everything; nothing may look at tests. */
'use strict';

const TEST = '/test/';

/** @param allowed path patterns of this repository; a layer may always import itself */
function layer(name, path, allowed, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path, pathNot: TEST },
    to: { path: '^(harness|scenarios|images|qemu|reports|bench)/', pathNot: [path, ...allowed] },
  };
}

/** Node's modules and npm packages that a pure layer does without. */
function pure(name, path, packages) {
  return {
    name,
    comment: 'Pure code: what it needs from outside is handed to it.',
    severity: 'error',
    from: { path, pathNot: TEST },
    to: {
      dependencyTypes: [
        'core',
        'npm',
        'npm-dev',
        'npm-optional',
        'npm-peer',
        'npm-no-pkg',
        'npm-unknown',
      ],
      pathNot: packages.map((name) => `node_modules/${name}/`),
    },
  };
}

const DOMAIN = '^harness/domain/';
const PORTS = '^harness/ports/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unknown', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-development-packages',
      comment: 'What a user runs must not need a devDependency.',
      severity: 'error',
      from: { path: '^(harness|scenarios|images|qemu|reports)/', pathNot: TEST },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-tests-outside-tests',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: TEST },
    },
    {
      name: 'only-tests-and-users-import-cli',
      comment: 'The command line is the composition root: nothing stands on it.',
      severity: 'error',
      from: { pathNot: [TEST, '^harness/cli/', '^bench/'] },
      to: { path: '^harness/cli/' },
    },
    layer('domain', DOMAIN, [], 'The bottom: it stands on nothing.'),
    pure('domain-is-pure', DOMAIN, ['zod']),
    layer('ports', PORTS, [DOMAIN], 'Interfaces only.'),
    pure('ports-are-pure', PORTS, ['zod']),
    layer(
      'run',
      '^harness/run/',
      [DOMAIN, PORTS, '^harness/checks/[^/]+[.]ts$'],
      'Knows machines and layouts only as ports.',
    ),
    pure('run-is-pure', '^harness/run/', ['zod', 'p-queue', 'p-retry']),
    layer('layouts', '^harness/layouts/', [DOMAIN, PORTS]),
    layer('faults', '^harness/faults/', [DOMAIN, PORTS]),
    layer('checks', '^harness/checks/', [DOMAIN, PORTS]),
    layer('adapters', '^harness/adapters/', [DOMAIN, PORTS]),
    layer('sim', '^harness/sim/', [DOMAIN, PORTS]),
    layer('qemu', '^qemu/', [DOMAIN, PORTS], 'Knows nothing of hosts, only of machines.'),
    layer('images', '^images/', [DOMAIN, PORTS, '^harness/adapters/(lock|sha256)[.]ts$']),
    layer('scenario-entry', '^harness/scenario[.]ts$', [DOMAIN, '^harness/faults/']),
    layer(
      'scenarios',
      '^scenarios/',
      ['^harness/scenario[.]ts$'],
      'Authors of stories have one public entry.',
    ),
    pure('scenarios-are-pure', '^(scenarios/|harness/scenario[.]ts$)', ['zod']),
    layer(
      'reports',
      '^reports/',
      ['^harness/domain/(event|verdict)[.]ts$'],
      'Folds of the event stream.',
    ),
    pure('reports-are-pure', '^reports/', ['.*']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
