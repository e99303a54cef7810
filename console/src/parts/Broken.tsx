import { Button, Result } from 'antd';
import { Component, type ReactNode } from 'react';
import i18next from '../words';

// A page that failed says so and offers a way on; the rest of the console stays.
export class Broken extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }
  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return <Result status="error" title={i18next.t('broken')} subTitle={`${i18next.t('brokenLead')} (${this.state.error.message})`} extra={<Button type="primary" onClick={() => window.location.reload()}>{i18next.t('refresh')}</Button>} />;
  }
}
