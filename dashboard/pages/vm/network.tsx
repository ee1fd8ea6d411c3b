import { Badge, Card, Group, Stack, Text } from '@mantine/core';
import type { VM } from '@raffia/client/client.ts';
import { useQuery } from '@tanstack/react-query';
import { useCurrent } from '../../api/session.tsx';
import { CopyIcon } from '../../parts/copy.tsx';
import { Loaded } from '../../parts/notices.tsx';

export default function Network({ vm }: { vm: VM }) {
  const { account, api } = useCurrent();
  const networks = useQuery({
    queryKey: [account.id, 'networks', vm.id],
    queryFn: async ({ signal }) => (await api.listVMNetworks({ id: vm.id }, { signal })).data,
  });
  return (
    <Loaded query={networks}>
      {(list) => (
        <Stack>
          {list.length === 0 && <Text size="sm">{vm.name} isn't in any network.</Text>}
          {list.map((network) => (
            <Card key={network.nic_id} withBorder>
              <Group justify="space-between">
                <Group gap="xs">
                  <Text size="sm" fw={600}>
                    eth{network.nic_id}
                  </Text>
                  <Badge variant="outline" color="gray" tt="none">
                    {network.type === 'vpc' ? 'Private' : 'Public'}
                  </Badge>
                  <Text size="sm">{network.network_name}</Text>
                </Group>
                <Group gap={2}>
                  <Text className="mono">{network.ip}</Text>
                  <CopyIcon value={network.ip} label={`Copy ${network.ip}`} />
                </Group>
              </Group>
              <Text size="sm" c="dimmed" className="mono">
                MAC {network.mac ?? '–'} · Gateway {network.gateway ?? 'none'}
              </Text>
            </Card>
          ))}
        </Stack>
      )}
    </Loaded>
  );
}
