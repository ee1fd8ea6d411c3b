import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './fonts.css';
import './main.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import {
  createBrowserRouter,
  Navigate,
  Outlet,
  type RouteObject,
  RouterProvider,
  ScrollRestoration,
  useLocation,
  useRouteError,
} from 'react-router';
import { movedTo, patternOf } from './addresses.ts';
import { useScope } from './api/scope.tsx';
import { queryClient, readSessionAhead } from './api/session.tsx';
import { entrances, type Load, pages } from './pages.ts';
import { ErrorNotice } from './parts/notices.tsx';
import { theme, variables } from './theme.ts';

/**
 * The router loads all parts of an address side by side before it shows it: React's lazy would ask for one after another, and holds back what comes
 * within 300 ms of an empty place.
 */
const lazily = (load: Load) => ({ lazy: async () => ({ Component: (await load()).default }) });

/** A page that broke says so, and the others go on. */
function Broken() {
  const error = useRouteError();
  return (
    <ErrorNotice
      error={error instanceof Error ? error : new Error('Something went wrong on this page. Reload it to try again.')}
    />
  );
}

/** An address that names neither account nor project: where its page is now, in what was looked at last. */
function Moved({ otherwise }: { otherwise: React.ReactNode }) {
  const { pathname, search, hash } = useLocation();
  const { place } = useScope();
  const address = movedTo(pathname, pages, place);
  return address === undefined ? otherwise : <Navigate to={`${address}${search}${hash}`} replace />;
}

const movedOr = ({ default: Otherwise }: Awaited<ReturnType<Load>>) => ({
  default: () => <Moved otherwise={<Otherwise />} />,
});

const routes: RouteObject[] = [
  {
    element: (
      <>
        <Outlet />
        <ScrollRestoration />
        {/* Within the router: what a toast tells of is a link. */}
        <Notifications position="bottom-right" limit={3} />
      </>
    ),
    errorElement: <Broken />,
    hydrateFallbackElement: <></>,
    children: [
      ...entrances.map(({ path, load }) => ({ path, ...lazily(load) })),
      {
        ...lazily(() => import('./shell/shell.tsx').then(({ Shell }) => ({ default: Shell }))),
        children: [
          ...pages.map(({ within, path, load }) => ({
            path: patternOf(within, path),
            ...lazily(path === '*' ? () => load().then(movedOr) : load),
            errorElement: <Broken />,
          })),
          { path: '/', element: <Moved otherwise={null} /> },
          { path: '/a/:account', element: <Moved otherwise={null} /> },
        ],
      },
    ],
  },
];

if (!entrances.some(({ path }) => path === location.pathname)) readSessionAhead();
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
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={createBrowserRouter(routes)} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
