#!/usr/bin/env node
import { run } from './run';

void run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  isWatched: process.stdout.isTTY,
}).then((code) => (process.exitCode = code));
