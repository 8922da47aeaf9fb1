#!/usr/bin/env node
/** Starts hostproof: TypeScript is loaded in this very process, so that a signal meets the one that owns the machines. */
import { register } from 'tsx/esm/api';

register();
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
