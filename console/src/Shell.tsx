import { ApartmentOutlined, ApiOutlined, AuditOutlined, ControlOutlined, HomeOutlined, KeyOutlined, LoginOutlined, RobotOutlined, SafetyCertificateOutlined, TeamOutlined, UserOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Layout, Menu, Space, type MenuProps } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Outlet, useLocation } from 'react-router';
import { call, setLanguage } from './api/client';
import { useMe } from './parts/me';

export function LanguageButton(): ReactElement {
  const { t, i18n } = useTranslation();
  return (
    <Button
      size="small"
      onClick={() => {
        const next = i18n.language === 'en' ? 'zh' : 'en';
        localStorage.setItem('quanji.language', next);
        setLanguage(next === 'en' ? 'en' : 'zh-CN');
        document.documentElement.lang = next === 'en' ? 'en' : 'zh-CN';
        void i18n.changeLanguage(next);
      }}
    >
      {t('language')}
    </Button>
  );
}

export function Shell(): ReactElement {
  const { t } = useTranslation();
  const { me, may, again } = useMe();
  const place = useLocation();
  const queries = useQueryClient();
  const leave = useMutation({
    mutationFn: () => call('POST', '/api/v1/auth/logout', {}),
    onSettled: () => {
      queries.clear();
      again();
    },
  });
  const link = (to: string, label: string, icon: ReactElement, permission?: string): NonNullable<MenuProps['items']> =>
    !permission || may(permission) ? [{ key: to, icon, label: <Link to={to}>{label}</Link> }] : [];
  const all: NonNullable<MenuProps['items']> = [
    ...link('/', t('home'), <HomeOutlined />),
    { type: 'group', label: t('groupOperation'), children: [...link('/robots', t('robots'), <RobotOutlined />, 'robot.read')] },
    {
      type: 'group',
      label: t('groupOrganisation'),
      children: [
        ...link('/departments', t('departments'), <ApartmentOutlined />, 'department.read'),
        ...link('/users', t('users'), <TeamOutlined />, 'user.read'),
        ...link('/roles', t('roles'), <SafetyCertificateOutlined />, 'role.read'),
        ...link('/api-clients', t('apiClients'), <KeyOutlined />, 'api_client.read'),
        ...link('/approvals', t('approvals'), <AuditOutlined />, 'approval.read'),
      ],
    },
    {
      type: 'group',
      label: t('groupControl'),
      children: [
        ...link('/audit', t('auditLog'), <AuditOutlined />, 'audit.read'),
        ...link('/calls', t('calls'), <ApiOutlined />, 'api_call.read'),
        ...link('/settings', t('settings'), <ControlOutlined />, 'setting.read'),
        ...link('/sessions', t('sessions'), <UserOutlined />),
        { key: 'docs', icon: <ApiOutlined />, label: <a href="/docs">{t('apiDocs')}</a> },
      ],
    },
  ];
  const groups = all.filter((group) => !group || !('children' in group) || (group.children?.length ?? 0) > 0);
  return (
    <Layout style={{ minHeight: '100vh' }}>
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      <Layout.Sider breakpoint="lg" collapsedWidth={0} theme="light" width={210}>
        <div className="brand">
          <img src="/icon.svg" alt="" width={26} height={26} /> {t('app')}
        </div>
        <nav aria-label={t('app')}>
          <Menu mode="inline" selectedKeys={[place.pathname]} items={groups} />
        </nav>
      </Layout.Sider>
      <Layout>
        <Layout.Header className="head">
          <Space>
            <LanguageButton />
            <span>
              <UserOutlined /> {me?.name ?? me?.account}
            </span>
            <Button size="small" icon={<LoginOutlined />} onClick={() => leave.mutate()}>
              {t('signOut')}
            </Button>
          </Space>
        </Layout.Header>
        <Layout.Content id="content" role="main" style={{ padding: 20 }}>
          <Outlet />
        </Layout.Content>
      </Layout>
    </Layout>
  );
}
