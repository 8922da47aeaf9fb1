/** Starts `main.ts`, wherever it is called from. */
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
