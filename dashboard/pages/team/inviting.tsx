import { useState } from 'react';
import { InvitationLink } from './invitation-link.tsx';
import { Invite, type Invited } from './invite.tsx';

/** Asks whom to invite, then hands over the link where there is one to hand over. */
export function Inviting({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [invited, setInvited] = useState<Invited | null>(null);
  if (invited !== null) return <InvitationLink invited={invited} onClose={() => setInvited(null)} />;
  if (!isOpen) return null;
  return (
    <Invite
      onClose={onClose}
      onInvited={(one) => {
        onClose();
        setInvited(one);
      }}
    />
  );
}
