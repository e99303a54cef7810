// The operations of contracts/openapi.json, and what an answer must look like by it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../platform.mjs';

const need = createRequire(join(root, 'console/package.json'));
const Ajv = need('ajv/dist/2020.js').default, formats = need('ajv-formats').default;
export const contract = JSON.parse(readFileSync(join(root, 'contracts/openapi.json'), 'utf8'));

const resolve = (one) => (one.$ref ? one.$ref.slice(2).split('/').reduce((at, key) => at[key], contract) : one);
export const operations = Object.entries(contract.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => {
    const parameters = (operation.parameters ?? []).map(resolve);
    // Absent where bytes are taken in: those come with any type.
    const json = operation.requestBody?.content['application/json'];
    return {
      stream: Object.keys(operation.responses['200']?.content ?? {}).find((type) => type !== 'application/json'),
      id: operation.operationId, verb, method: verb.toUpperCase(), path, responses: operation.responses, parameters,
      query: parameters.filter((p) => p.in === 'query'), example: json?.example,
      schema: json && resolve(json.schema), takesBody: Boolean(json), takesBytes: Boolean(operation.requestBody && !json),
    };
  }));

const ajv = new Ajv({ strict: false, allErrors: false });
formats(ajv);
ajv.addFormat('int64', true);
ajv.addSchema(contract, 'contract');
const checks = new Map();
// Nothing when the answer fits, or what does not.
export function misfit(operation, status, json) {
  const key = `${operation.id} ${status}`;
  if (!checks.has(key)) {
    const said = operation.responses[status];
    if (!said) return `status ${status} is not in the contract of ${operation.id}`;
    const pointer = said.$ref ? `${said.$ref}/content/application~1json/schema` : `#/paths/${operation.path.replaceAll('~', '~0').replaceAll('/', '~1')}/${operation.verb}/responses/${status}/content/application~1json/schema`;
    checks.set(key, ajv.compile({ $ref: `contract${encodeURI(pointer)}` }));
  }
  const check = checks.get(key);
  return check(json) ? undefined : ajv.errorsText(check.errors);
}
