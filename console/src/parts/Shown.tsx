import { Descriptions, Tag, Tooltip } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { said, sentences, summaryOf, type Schema } from '../api/catalogue';
import { spell } from '../words';
import { heading, milliseconds, short } from './format';

const good = new Set(['enabled', 'approved', 'accepted', 'succeeded', 'success', 'up', 'normal', 'open', 'idle', 'running']);
const bad = new Set(['revoked', 'refused', 'failed', 'abnormal', 'locked', 'objected', 'abandoned', 'expired']);
const waits = new Set(['pending', 'due', 'held', 'paused', 'on_hold', 'draining']);

export function State({ word }: { word: string }): ReactElement {
  const { i18n } = useTranslation();
  return <Tag color={good.has(word) ? 'green' : bad.has(word) ? 'red' : waits.has(word) ? 'gold' : 'default'}>{spell(word, i18n.language === 'en')}</Tag>;
}

// One value as a person reads it: states as coloured words, operations by their sentence, truth as a word, microseconds as milliseconds.
export function Shown({ name, value, schema }: { name: string; value: unknown; schema?: Schema }): ReactElement {
  const { t, i18n } = useTranslation();
  if (typeof value === 'boolean') return <>{value ? t('yes') : t('no')}</>;
  if (typeof value === 'number' && name.endsWith('Micros')) return <>{milliseconds(value)}</>;
  if (typeof value === 'string' && (name === 'state' || name === 'result')) return <State word={value} />;
  if (typeof value === 'string' && name === 'operation' && summaryOf(value) !== value)
    return (
      <Tooltip title={value}>
        <span>{heading(said(summaryOf(value), i18n.language === 'en'))}</span>
      </Tooltip>
    );
  if (name === 'sandbox' && value && typeof value === 'object' && 'level' in value) return <>{spell(String(value.level), i18n.language === 'en')}</>;
  if (typeof value === 'string' && schema?.enum) return <>{spell(value, i18n.language === 'en')}</>;
  return <>{short(value)}</>;
}

// All of an object of a type of the contract, each field under its sentence.
export function Facts({ type, of }: { type: string; of: Record<string, unknown> }): ReactElement {
  const { i18n } = useTranslation();
  const known = sentences(type);
  const label = (name: string): string => heading(said(known[name], i18n.language === 'en')) || name;
  return <Descriptions column={{ xs: 1, md: 2, xl: 3 }} size="small" items={Object.entries(of).map(([name, value]) => ({ key: name, label: label(name), children: <Shown name={name} value={value} /> }))} />;
}
