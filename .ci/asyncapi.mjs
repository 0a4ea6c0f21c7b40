// Prints what AsyncAPI's parser says of a document; ends with 1 where it is not valid.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const found = await new Parser().validate(readFileSync(process.argv[2], 'utf8'));
for (const one of found) console.log(['error', 'warning', 'note', 'hint'][one.severity], one.path.join('/'), one.message);
const errors = found.filter((one) => one.severity === 0).length;
console.log(`${process.argv[2]}: ${errors} errors`);
process.exit(errors ? 1 : 0);
