// Times are absolute and in the platform's zone, as the interface gives them.
export function time(value: unknown): string {
  if (typeof value !== 'string') return '';
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})/.exec(value);
  return parts ? `${parts[1]} ${parts[2]}` : value;
}
export function short(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—';
  if (typeof value === 'boolean') return value ? '✓' : '✗';
  if (Array.isArray(value)) return value.map(short).join('、');
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? time(text) : text;
}
