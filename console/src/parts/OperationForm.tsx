import { useMutation } from '@tanstack/react-query';
import { App, Descriptions, Form, Input, InputNumber, Modal, Select, Switch, Typography } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { pathOf, resolve, said, type Operation, type Schema } from '../api/catalogue';
import { call, Refusal } from '../api/client';
import { Failure } from './Failure';

type Values = Record<string, unknown>;
const typeOf = (schema: Schema): string => (Array.isArray(schema.type) ? (schema.type[0] ?? '') : (schema.type ?? ''));

function Control({ schema, ...rest }: { schema: Schema } & Record<string, unknown>): ReactElement {
  switch (typeOf(schema)) {
    case 'boolean':
      return <Switch {...rest} />;
    case 'integer':
    case 'number':
      return <InputNumber {...rest} style={{ width: '100%' }} />;
    case 'array': {
      const item = resolve(schema.items ?? {});
      if (item.type === 'object') return <Input.TextArea {...rest} autoSize={{ minRows: 3 }} />;
      return <Select {...rest} mode={item.enum ? 'multiple' : 'tags'} options={(item.enum ?? []).map((word) => ({ value: word, label: word }))} />;
    }
    case 'object':
      return <Input.TextArea {...rest} autoSize={{ minRows: 3 }} />;
    default:
      if (schema.enum) return <Select {...rest} allowClear options={schema.enum.map((word) => ({ value: word, label: word }))} />;
      if (schema.format === 'password') return <Input.Password {...rest} autoComplete="new-password" />;
      return (schema.maxLength ?? 0) > 200 ? <Input.TextArea {...rest} autoSize /> : <Input {...rest} />;
  }
}

// Values as the contract wants them: nothing for what was left empty, JSON for what was written as JSON.
function cleaned(schema: Schema, values: Values): Values {
  const out: Values = {};
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const value = values[name];
    if (value === undefined || value === '' || value === null) continue;
    const rule = resolve(field);
    const structured = typeOf(rule) === 'object' || !rule.type || (typeOf(rule) === 'array' && resolve(rule.items ?? {}).type === 'object');
    out[name] = structured && typeof value === 'string' ? JSON.parse(value) : value;
  }
  return out;
}

export interface OperationFormProps {
  op: Operation;
  row?: Values;
  initial?: Values;
  // Taken from the row as it was seen, shown but not to be changed.
  fixed?: string[];
  onClose: () => void;
  onDone: (answer: unknown) => void;
}
// The form of an operation, drawn from its contract: fields, rules and sentences come from there.
export function OperationForm({ op, row, initial, fixed, onClose, onDone }: OperationFormProps): ReactElement {
  const { t, i18n } = useTranslation();
  const english = i18n.language === 'en';
  const { message } = App.useApp();
  const [form] = Form.useForm<Values>();
  const schema = op.body ?? { properties: {} };
  const send = useMutation({
    mutationFn: (values: Values) => {
      const body = cleaned(schema, values);
      const path = pathOf(op, row ?? {});
      if (op.method === 'PATCH' && initial) for (const name of Object.keys(body)) if (JSON.stringify(body[name]) === JSON.stringify(initial[name])) delete body[name];
      return call<unknown>(op.method, path, op.method === 'DELETE' ? undefined : body, { ifMatch: row?.revision ? `"${String(row.revision)}"` : null });
    },
    onSuccess: (answer) => {
      const held = answer.status === 202 ? (answer.data as { approvalId: string }) : undefined;
      void message.success(held ? t('held', { id: held.approvalId }) : t('done'));
      onDone(answer.data);
    },
    onError: (error) => {
      if (error instanceof Refusal) form.setFields(error.fields.map((f) => ({ name: f.field.split('/')[0] ?? '', errors: [f.reason] })));
    },
  });
  return (
    <Modal open title={said(op.summary, english)} okText={t('ok')} cancelText={t('cancel')} onCancel={onClose} confirmLoading={send.isPending} onOk={() => form.submit()} destroyOnHidden>
      {send.isError ? <Failure error={send.error} /> : null}
      {fixed?.map((name) =>
        schema.properties?.[name] && row?.[name] !== undefined ? (
          <Descriptions key={name} column={1} size="small" layout="vertical" items={[{ key: name, label: said(schema.properties[name].description, english) || name, children: <Typography.Text code>{String(row[name])}</Typography.Text> }]} />
        ) : null,
      )}
      <Form form={form} layout="vertical" initialValues={initial ?? {}} onFinish={(values) => send.mutate(values)} style={{ marginTop: 12 }}>
        {Object.entries(schema.properties ?? {}).map(([name, field]) => {
          const rule = resolve(field);
          const structured = typeOf(rule) === 'object' || !rule.type;
          return (
            <Form.Item
              key={name}
              name={name}
              hidden={(fixed?.includes(name) ?? false) && row?.[name] !== undefined}
              label={said(field.description ?? rule.description, english) || name}
              valuePropName={typeOf(rule) === 'boolean' ? 'checked' : 'value'}
              rules={[{ required: schema.required?.includes(name) ?? false }]}
              {...(structured && initial?.[name] !== undefined ? { getValueProps: (v: unknown) => ({ value: typeof v === 'string' ? v : JSON.stringify(v) }) } : {})}
            >
              <Control schema={rule.type ? rule : { type: 'object' }} />
            </Form.Item>
          );
        })}
      </Form>
    </Modal>
  );
}
