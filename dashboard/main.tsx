import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './fonts.css';
import './main.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, Navigate, Outlet, type RouteObject, RouterProvider, useRouteError } from 'react-router';
import { queryClient } from './api/session.tsx';
import { entrances, type Page, pages } from './pages.ts';
import { ErrorNotice } from './parts/notices.tsx';
import { theme, variables } from './theme.ts';

const lazily = (load: Page['load']) => {
  const Part = lazy(load);
  return <Part />;
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
      ...entrances.map(({ path, load }) => ({ path, element: lazily(load) })),
      {
        element: lazily(() => import('./shell.tsx').then(({ Shell }) => ({ default: Shell }))),
        children: [
          ...pages.map(({ path, load }) => ({ path, element: lazily(load), errorElement: <Broken /> })),
          { path: '/team', element: <Navigate to="/team/members" replace /> },
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
