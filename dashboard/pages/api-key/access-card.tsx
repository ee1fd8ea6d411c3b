import { Anchor } from '@mantine/core';
import type { APIKey } from '@raffia/client/client.ts';
import { ownerRoleId } from '@raffia/contract/system-roles.ts';
import { Link } from 'react-router';
import { useScope } from '../../api/scope.tsx';
import { Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state-shape.tsx';
import classes from './api-key.module.css';

/** Where a key may do something, and by which role. */
export function AccessCard({ apiKey }: { apiKey: APIKey }) {
  const { projects, to } = useScope();
  const accesses = apiKey.project_accesses ?? [];
  const role = (id: string | undefined) => to('account', `team/roles/${id}`);
  if (apiKey.role_id === ownerRoleId) {
    return (
      <Panel title="Access">
        <State shape="attention">
          Full access. This key can do everything in this account, in current and future projects.
        </State>
      </Panel>
    );
  }
  return (
    <Panel title="Access" isFlush>
      {accesses.length === 0 && apiKey.role_id === undefined ? (
        <p className={classes.nothing}>No access. Give it a role on a project under Team and access.</p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">In</th>
              <th scope="col">Role</th>
            </tr>
          </thead>
          <tbody>
            {accesses.map(({ project_id, project_name, role_id, role_name }) => {
              const project = projects.find(({ id }) => id === project_id);
              return (
                <tr key={project_id}>
                  <td>
                    {project === undefined ? (
                      <bdi>{project_name}</bdi>
                    ) : (
                      <Anchor component={Link} to={to('project', '', project)}>
                        <bdi>{project_name}</bdi>
                      </Anchor>
                    )}
                  </td>
                  <td>
                    <Anchor component={Link} to={role(role_id)}>
                      <bdi>{role_name}</bdi>
                    </Anchor>
                  </td>
                </tr>
              );
            })}
            <tr>
              <td>This account</td>
              <td>
                {apiKey.role_id === undefined ? (
                  <span className={classes.quiet}>No account access</span>
                ) : (
                  <Anchor component={Link} to={role(apiKey.role_id)}>
                    <bdi>{apiKey.role_name}</bdi>
                  </Anchor>
                )}
              </td>
            </tr>
          </tbody>
        </table>
      )}
    </Panel>
  );
}
