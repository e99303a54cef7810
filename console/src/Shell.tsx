import { ApartmentOutlined, ApiOutlined, AuditOutlined, ControlOutlined, DatabaseOutlined, FormOutlined, HomeOutlined, KeyOutlined, LockOutlined, LogoutOutlined, MenuOutlined, RobotOutlined, SafetyCertificateOutlined, TeamOutlined, UnorderedListOutlined, UserOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Drawer, Grid, Layout, Menu, Space, type MenuProps } from 'antd';
import { useState, type ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Outlet, useLocation } from 'react-router';
import { call, setLanguage } from './api/client';
import { Broken } from './parts/Broken';
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
  const wide = Grid.useBreakpoint().lg ?? true;
  const [drawn, setDrawn] = useState(false);
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
    { type: 'group', label: t('groupOperation'), children: [
        ...link('/human-tasks', t('humanTasks'), <FormOutlined />),
        ...link('/queues', t('queues'), <UnorderedListOutlined />, 'queue.read'),
        ...link('/robots', t('robots'), <RobotOutlined />, 'robot.read'),
        ...link('/assets', t('assets'), <DatabaseOutlined />, 'asset.read'),
        ...link('/credentials', t('credentials'), <LockOutlined />, 'credential.read'),
      ],
    },
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
  const brand = (
    <div className="brand">
      <img src="/icon.svg" alt="" width={26} height={26} /> {t('app')}
    </div>
  );
  const menu = (
    <nav aria-label={t('menu')}>
      <Menu mode="inline" selectedKeys={[place.pathname]} items={groups} onClick={() => setDrawn(false)} />
    </nav>
  );
  return (
    <Layout style={{ minHeight: '100vh' }}>
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      {wide ? (
        <Layout.Sider theme="light" width={210}>
          {brand}
          {menu}
        </Layout.Sider>
      ) : (
        <Drawer open={drawn} onClose={() => setDrawn(false)} placement="left" size={240} title={t('app')} styles={{ body: { padding: 0 } }}>
          {menu}
        </Drawer>
      )}
      <Layout>
        <Layout.Header className="head">
          {wide ? <span /> : <Button icon={<MenuOutlined />} aria-label={t('menu')} onClick={() => setDrawn(true)} />}
          <Space>
            <LanguageButton />
            <span>
              <UserOutlined /> {me?.name ?? me?.account}
            </span>
            <Button size="small" icon={<LogoutOutlined />} onClick={() => leave.mutate()}>
              {t('signOut')}
            </Button>
          </Space>
        </Layout.Header>
        <Layout.Content id="content" role="main" tabIndex={-1} style={{ padding: wide ? 20 : 12 }}>
          <Broken key={place.pathname}>
            <Outlet />
          </Broken>
        </Layout.Content>
      </Layout>
    </Layout>
  );
}
