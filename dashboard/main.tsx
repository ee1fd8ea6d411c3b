import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './main.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, Navigate, Outlet, type RouteObject, RouterProvider, useRouteError } from 'react-router';
import { queryClient } from './api/session.tsx';
import { ErrorNotice } from './parts/notices.tsx';
import { theme, variables } from './theme.ts';

const page = (load: () => Promise<{ default: React.ComponentType }>) => {
  const Page = lazy(load);
  return <Page />;
};

/** A page that broke says so, and the others go on. */
function Broken() {
  const error = useRouteError();
  return <ErrorNotice error={error instanceof Error ? error : new Error('This page broke; reload it')} />;
}

const routes: RouteObject[] = [
  {
    element: (
      <Suspense>
        <Outlet />
      </Suspense>
    ),
    errorElement: <Broken />,
    children: [
      { path: '/sign-in', element: page(() => import('./pages/sign-in.tsx')) },
      { path: '/sign-up', element: page(() => import('./pages/sign-up.tsx')) },
      { path: '/forgotten', element: page(() => import('./pages/forgotten.tsx')) },
      { path: '/link', element: page(() => import('./pages/link.tsx')) },
      { path: '/invitation', element: page(() => import('./pages/invitation.tsx')) },
      {
        element: page(() => import('./shell.tsx').then(({ Shell }) => ({ default: Shell }))),
        children: [
          { path: '/', element: page(() => import('./pages/overview.tsx')), errorElement: <Broken /> },
          { path: '/vms', element: page(() => import('./pages/vms.tsx')), errorElement: <Broken /> },
          { path: '/vms/new', element: page(() => import('./pages/create-vm.tsx')), errorElement: <Broken /> },
          { path: '/vms/:id', element: page(() => import('./pages/vm.tsx')), errorElement: <Broken /> },
          { path: '/images', element: page(() => import('./pages/images.tsx')), errorElement: <Broken /> },
          { path: '/ssh-keys', element: page(() => import('./pages/ssh-keys.tsx')), errorElement: <Broken /> },
          { path: '/api-keys', element: page(() => import('./pages/api-keys.tsx')), errorElement: <Broken /> },
          { path: '/api-keys/:id', element: page(() => import('./pages/api-key.tsx')), errorElement: <Broken /> },
          { path: '/team', element: <Navigate to="/team/members" replace /> },
          { path: '/team/:tab', element: page(() => import('./pages/team.tsx')), errorElement: <Broken /> },
          { path: '/audit', element: page(() => import('./pages/audit.tsx')), errorElement: <Broken /> },
          { path: '/settings', element: page(() => import('./pages/settings.tsx')), errorElement: <Broken /> },
          { path: '*', element: page(() => import('./pages/not-found.tsx')) },
        ],
      },
    ],
  },
];

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager({ key: 'raffia.colours' })}
    >
      <Notifications position="top-center" />
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={createBrowserRouter(routes)} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
