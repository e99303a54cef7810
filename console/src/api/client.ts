// The one way to the platform's interface: envelope, session cookie, CSRF token, errors with their fields.
export interface FieldProblem {
  field: string;
  reason: string;
}
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly requestId: string,
    readonly fields: FieldProblem[],
  ) {
    super(message);
  }
}
export interface Answer<T> {
  data: T;
  status: number;
  etag: string | null;
}

let csrf: string | undefined;
let language = 'zh-CN';
export const setCsrf = (token: string | undefined): void => {
  csrf = token;
};
export const setLanguage = (next: string): void => {
  language = next;
};

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
export async function call<T>(method: Method, path: string, body?: unknown, options: { ifMatch?: string | null } = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { 'Accept-Language': language };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf) headers['X-Csrf-Token'] = csrf;
  if (method === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
  if (options.ifMatch) headers['If-Match'] = options.ifMatch;
  let response: Response;
  try {
    response = await fetch(path, { method, headers, credentials: 'same-origin', body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal(0, 0, 'unreachable', language.startsWith('zh') ? '无法连接平台，请检查网络后重试' : 'The platform cannot be reached: check the network and try again', '', []);
  }
  const envelope = (await response.json().catch(() => null)) as { code: number; message: string; reason?: string; requestId?: string; data?: T; errors?: FieldProblem[] } | null;
  if (!envelope) throw new Refusal(response.status, 0, 'unreadable', `HTTP ${response.status}`, '', []);
  if (envelope.code !== 0) throw new Refusal(response.status, envelope.code, envelope.reason ?? '', envelope.message, envelope.requestId ?? '', envelope.errors ?? []);
  return { data: envelope.data as T, status: response.status, etag: response.headers.get('ETag') };
}
export const get = async <T,>(path: string): Promise<T> => (await call<T>('GET', path)).data;
export interface Page<T> {
  items: T[];
  nextCursor?: string;
  // Absent where all there is is answered at once.
  total?: number;
  totalExact?: boolean;
}
