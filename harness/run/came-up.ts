/** The signs that a host nobody here knows has come up. */
import type { MachineConsole } from '../ports/console.ts';

/** What a getty writes; after it there may come kernel messages in the same row. */
const LOGIN_PROMPT = /^\S+ login:(\s|$)/;

/** Resolves when the console shows a login prompt. */
export async function loginPrompt(console: MachineConsole, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const unsubscribe: (() => void)[] = [];
    const end = (settle: () => void): void => {
      for (const each of unsubscribe) each();
      settle();
    };
    signal.addEventListener(
      'abort',
      () => {
        end(() => {
          reject(signal.reason as Error);
        });
      },
      { once: true },
    );
    let isLooking = false;
    const look = async (): Promise<void> => {
      if (isLooking) return;
      isLooking = true;
      const { rows } = await console.screen();
      isLooking = false;
      if (rows.some((row) => LOGIN_PROMPT.test(row))) end(resolve);
    };
    unsubscribe.push(
      console.onLine((line) => {
        if (LOGIN_PROMPT.test(line)) end(resolve);
      }),
      // A prompt has no line end: it is seen on the screen.
      console.onOutput(() => void look().catch(reject)),
    );
  });
}
