// Times are absolute and in the platform's zone, as the interface gives them.
export function time(value: unknown): string {
  if (typeof value !== 'string') return '';
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})/.exec(value);
  return parts ? `${parts[1]} ${parts[2]}` : value;
}
export function short(value: unknown): string {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '—';
  if (typeof value === 'boolean') return value ? '✓' : '✗';
  if (Array.isArray(value)) return value.map(short).join('、');
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? time(text) : text;
}
// Microseconds as milliseconds with as many decimals as say something.
export function milliseconds(micros: number): string {
  const ms = micros / 1000;
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}
// A field's sentence goes on behind its name ("登录名，不分大小写唯一", "次序：先进先出"): a heading takes the name only.
export function heading(sentence: string): string {
  const cut = sentence.search(/[，；：（]|, |; |: | \(/);
  return cut > 0 ? sentence.slice(0, cut) : sentence;
}
