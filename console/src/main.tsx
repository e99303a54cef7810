import './trusted';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider, Spin } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { lazy, StrictMode, Suspense, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { useTranslation } from 'react-i18next';
import { BrowserRouter, Navigate, Route, Routes } from 'react-router';
import { Refusal, setLanguage } from './api/client';
import { Failure } from './parts/Failure';
import { MeProvider, useMe } from './parts/me';
import { SetUp } from './routes/set-up/SetUp';
import { SignIn } from './routes/sign-in/SignIn';
import { Shell } from './Shell';
import i18next from './words';
import './style.css';

const Home = lazy(() => import('./routes/home/Home').then((m) => ({ default: m.Home })));
const Robots = lazy(() => import('./routes/robots/Robots').then((m) => ({ default: m.Robots })));
const Settings = lazy(() => import('./routes/settings/Settings').then((m) => ({ default: m.Settings })));
const page = (name: 'Departments' | 'Users' | 'Roles' | 'ApiClients' | 'Approvals' | 'AuditLog' | 'Sessions' | 'Calls') => lazy(() => import('./routes/resources/pages').then((m) => ({ default: m[name] })));
const work = (name: 'Queues' | 'HumanTasks' | 'Assets' | 'Credentials') => lazy(() => import('./routes/resources/work').then((m) => ({ default: m[name] })));
const Queues = work('Queues');
const HumanTasks = work('HumanTasks');
const Assets = work('Assets');
const Credentials = work('Credentials');
const Departments = page('Departments');
const Users = page('Users');
const Roles = page('Roles');
const ApiClients = page('ApiClients');
const Approvals = page('Approvals');
const AuditLog = page('AuditLog');
const Sessions = page('Sessions');
const Calls = page('Calls');

const english = i18next.language === 'en';
setLanguage(english ? 'en' : 'zh-CN');
document.documentElement.lang = english ? 'en' : 'zh-CN';

const queries = new QueryClient({
  defaultOptions: { queries: { retry: (count, error) => count < 2 && !(error instanceof Refusal && error.status >= 400 && error.status < 500), refetchOnWindowFocus: false } },
});

function Inside(): ReactElement {
  const { me, loading, error, again } = useMe();
  if (loading) return <Spin fullscreen />;
  if (error) return <Failure error={error} retry={again} />;
  if (!me) return <SignIn />;
  return (
    <Suspense fallback={<Spin fullscreen />}>
      <Routes>
        <Route element={<Shell />}>
          <Route index element={<Home />} />
          <Route path="robots" element={<Robots />} />
          <Route path="human-tasks" element={<HumanTasks />} />
          <Route path="queues" element={<Queues />} />
          <Route path="assets" element={<Assets />} />
          <Route path="credentials" element={<Credentials />} />
          <Route path="departments" element={<Departments />} />
          <Route path="users" element={<Users />} />
          <Route path="roles" element={<Roles />} />
          <Route path="api-clients" element={<ApiClients />} />
          <Route path="approvals" element={<Approvals />} />
          <Route path="audit" element={<AuditLog />} />
          <Route path="calls" element={<Calls />} />
          <Route path="settings" element={<Settings />} />
          <Route path="sessions" element={<Sessions />} />
          <Route path="*" element={<Navigate to="/" replace />} />
        </Route>
      </Routes>
    </Suspense>
  );
}

function Root(): ReactElement {
  const { i18n } = useTranslation();
  return (
    <ConfigProvider locale={i18n.language === 'en' ? enUS : zhCN} theme={{ token: { colorPrimary: '#1452cc' } }}>
      <AntApp>
        <BrowserRouter>
          <Routes>
            <Route path="/setup" element={<SetUp />} />
            <Route path="*" element={<MeProvider><Inside /></MeProvider>} />
          </Routes>
        </BrowserRouter>
      </AntApp>
    </ConfigProvider>
  );
}

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Root />
      </QueryClientProvider>
    </StrictMode>,
  );
