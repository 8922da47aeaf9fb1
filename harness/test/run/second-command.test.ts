/** A step beside which a second command begins: both are waited for, and the second only if it has begun. */
import t from 'tap';
import type { FaultStamp } from '../../domain/fault.ts';
import { besideSecondCommand, type SecondCommand } from '../../run/second-command.ts';

const never = new Promise<never>(() => undefined);
const seen = { bytesWritten: 5 };
const stamp: FaultStamp = {
  ...{ fault: 'update-twice', bytesWritten: 5, bytesPlanned: 10 },
  second: { status: 1, said: 'another one is at work' },
};
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
};

function armed(changes: Partial<SecondCommand> = {}): SecondCommand {
  return {
    ...{ come: Promise.resolve(seen), strike: () => Promise.resolve(stamp) },
    ...{ signal: new AbortController().signal, ...changes },
  };
}

/** Something that ends when it is told. */
function told<T>(value: T): { readonly ended: Promise<T>; readonly end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<T>((resolve) => {
    end = () => {
      resolve(value);
    };
  });
  return { ended, end };
}

t.test('the second begins at its moment, and both come to their ends', async (t) => {
  const [moment, first] = [told(seen), told('done')];
  const struck: unknown[] = [];
  const strike: SecondCommand['strike'] = (at) => {
    struck.push(at);
    return Promise.resolve(stamp);
  };
  const both = besideSecondCommand(armed({ come: moment.ended, strike }), () => first.ended);
  await turns();
  t.same(struck, []);
  moment.end();
  await turns();
  t.same(struck, [seen]);
  first.end();
  t.same(await both, { ended: 'done', stamp, isLate: false });
});

t.test('a second that takes longer is waited for', async (t) => {
  const second = told(stamp);
  const both = besideSecondCommand(armed({ strike: () => second.ended }), async () => {
    await turns();
    return 'done';
  });
  let isOver = false;
  void both.then(() => (isOver = true));
  await turns();
  await turns();
  t.notOk(isOver);
  second.end();
  t.same(await both, { ended: 'done', stamp, isLate: true });
});

t.test('a step that ends before the moment has no second, and never gets one', async (t) => {
  const moment = told(seen);
  let struck = 0;
  const strike = (): Promise<FaultStamp> => {
    struck++;
    return Promise.resolve(stamp);
  };
  const end = await besideSecondCommand(armed({ come: moment.ended, strike }), () =>
    Promise.resolve('done'),
  );
  t.same(end, { ended: 'done', stamp: null, isLate: false });
  moment.end();
  await turns();
  t.equal(struck, 0);
});

t.test('a second that cannot even be begun ends the step, and is told to go', async (t) => {
  const lost = (): Promise<never> => Promise.reject(new Error('the connection was lost'));
  await t.rejects(
    besideSecondCommand(armed({ strike: lost }), () => never),
    /connection was lost/,
  );
  let given: AbortSignal | undefined;
  const strike: SecondCommand['strike'] = (_seen, signal) => {
    given = signal;
    return never;
  };
  const failed = besideSecondCommand(armed({ strike }), async () => {
    await turns();
    throw new Error('the first failed to run');
  });
  await t.rejects(failed, /first failed/);
  t.ok(given?.aborted, 'nobody waits for it any more');
});

t.test('a second that fails after the step has ended is no quiet success', async (t) => {
  let fail: (error: Error) => void = () => undefined;
  const second = new Promise<never>((_, reject) => (fail = reject));
  const both = besideSecondCommand(armed({ strike: () => second }), async () => {
    await turns();
    return 'done';
  });
  await turns();
  await turns();
  fail(new Error('the connection was lost'));
  await t.rejects(both, /connection was lost/);
});
