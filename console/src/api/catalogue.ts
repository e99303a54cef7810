// What the platform offers, read from its published contract: forms, labels and permissions are never written a second time here.
import contract from '../../../contracts/openapi.json';

export interface Schema {
  type?: string | string[];
  format?: string;
  enum?: string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
  default?: unknown;
  allOf?: Schema[];
  $ref?: string;
}
interface Parameter {
  name?: string;
  in?: string;
  schema?: Schema;
  description?: string;
  $ref?: string;
}
interface Described {
  operationId: string;
  summary: string;
  'x-permission'?: string;
  'x-second-person'?: string;
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json'?: { schema: Schema } } };
}
export interface Operation {
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  summary: string;
  permission: string;
  body?: Schema;
  query: { name: string; schema: Schema; description: string }[];
}

const schemas = contract.components.schemas as unknown as Record<string, Schema>;
export function resolve(schema: Schema): Schema {
  if (schema.$ref) return resolve(schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {});
  const whole = schema.allOf?.[0];
  return whole ? { ...resolve(whole), description: schema.description } : schema;
}

const operations = new Map<string, Operation>();
for (const [path, verbs] of Object.entries(contract.paths as unknown as Record<string, Record<string, Described>>)) {
  for (const [verb, described] of Object.entries(verbs)) {
    const schema = described.requestBody?.content['application/json']?.schema;
    operations.set(described.operationId, {
      id: described.operationId,
      method: verb.toUpperCase() as Operation['method'],
      path,
      summary: described.summary,
      permission: described['x-permission'] ?? '-',
      ...(schema ? { body: resolve(schema) } : {}),
      query: (described.parameters ?? [])
        .filter((p) => p.in === 'query' && p.name)
        .map((p) => ({ name: p.name ?? '', schema: resolve(p.schema ?? {}), description: p.description ?? '' })),
    });
  }
}
export function operation(id: string): Operation {
  const found = operations.get(id);
  if (!found) throw new Error(`the contract has no operation ${id}`);
  return found;
}
export const offers = (id: string): boolean => operations.has(id);
// The sentence of an operation by its name in logs ("user.create"); the name itself when the contract has none.
export const summaryOf = (name: string): string => operations.get(name.replace('.', '_'))?.summary ?? name;
// "/api/v1/users/{id}" with the values of a row.
export function pathOf(op: Operation, row: Record<string, unknown>): string {
  return op.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(row[name] ?? '')));
}
// Sentences stand as "中文 / English" in the contract.
export function said(text: string | undefined, english: boolean): string {
  if (!text) return '';
  const cut = text.indexOf(' / ');
  return cut < 0 ? text : english ? text.slice(cut + 3) : text.slice(0, cut);
}
// The sentence of each field of a named type.
export function sentences(type: string): Record<string, string> {
  const fields = Object.entries(schemas[type]?.properties ?? {});
  return Object.fromEntries(fields.map(([name, field]) => [name, field.description ?? resolve(field).description ?? '']));
}
// The fields of what a list answers, one item of it.
export function itemOf(op: Operation): Record<string, Schema> {
  const described = (contract.paths as unknown as Record<string, Record<string, { responses: Record<string, { content: Record<string, { schema: Schema }> }> }>>)[op.path]?.[op.method.toLowerCase()];
  const envelope = described?.responses['200']?.content['application/json']?.schema;
  return resolve(resolve(envelope?.properties?.data ?? {}).properties?.items?.items ?? {}).properties ?? {};
}
