import type { VPC } from '@raffia/client/client.ts';
import { State } from './state-shape.tsx';

/** How the machines of a VPC without a public address reach the internet. */
export function NatGateway({ vpc }: { vpc: VPC }) {
  if (vpc.gateway_type !== 'nat')
    return (
      <State shape="off">
        <span className="on-card">No NAT gateway</span>
        <span className="off-card">None</span>
      </State>
    );
  if (vpc.router_status === 'provisioning') return <State shape="changing">Being set up</State>;
  if (vpc.router_status === 'failure') return <State shape="failed">Failed</State>;
  return (
    <State shape="on">
      <span className="mono">{vpc.router_public_ip ?? 'On'}</span>
    </State>
  );
}
