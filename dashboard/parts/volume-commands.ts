/** What one types inside a machine: the disk is the machine's to use. checks/snippets.test.ts does it with disks of several filesystems. */
export const volumeCommands = {
  Mount: 'lsblk -f\nsudo mkdir -p /mnt/data\nsudo mount /dev/vdb /mnt/data',
  'At every boot':
    'echo "UUID=$(sudo blkid -s UUID -o value /dev/vdb) /mnt/data auto defaults,nofail 0 2" | sudo tee -a /etc/fstab',
  'After growing': `case "$(findmnt -n -o FSTYPE /mnt/data)" in
  ext4) sudo resize2fs /dev/vdb ;;
  xfs) sudo xfs_growfs /mnt/data ;;
  btrfs) sudo btrfs filesystem resize max /mnt/data ;;
esac`,
  'Before detaching': 'sudo umount /mnt/data',
};
