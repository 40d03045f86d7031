// A function runtime as small as it can be: one JSON object a line on standard
// input is an invocation ({event, environment}), one on standard output its answer
// ({result} or {error}). Less than what SCF's own does, in Node's favour.
'use strict';

const readline = require('node:readline');
const { main_handler: handler } = require('./handler.js');

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const { event, environment } = JSON.parse(line);
  Object.assign(process.env, environment);
  let answer;
  try {
    answer = { result: await handler(event) };
  } catch (e) {
    answer = { error: String((e && (e.message || e.code)) || e) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
