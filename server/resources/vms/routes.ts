import {
  factoryResetVM,
  hardRebootVM,
  rebootVM,
  reinstallVM,
  renameVM,
  resetVMPassword,
  resizeVM,
  resizeVMDisk,
  saveVMDiskAsImage,
  startVM,
  stopVM,
} from '@raffia/contract/vm-actions.ts';
import { createVMConsole } from '@raffia/contract/vm-console.ts';
import { attachVMIP, detachVMIP } from '@raffia/contract/vm-ips.ts';
import { getVMMetrics, listVMProcessorHours } from '@raffia/contract/vm-metrics.ts';
import { attachVMToVPC, detachVMFromVPC, listVMInterfaces, listVMNetworks } from '@raffia/contract/vm-networks.ts';
import { appendVMNote, getVMNotes, updateVMNote, upsertVMNote } from '@raffia/contract/vm-notes.ts';
import { attachVMSecurityGroup, detachVMSecurityGroup } from '@raffia/contract/vm-security-groups.ts';
import { addVMTag, removeVMTag, updateVMTag } from '@raffia/contract/vm-tags.ts';
import { createVM, deleteVM, deleteVMsBulk, getVM, listVMs, listVMsByIds } from '@raffia/contract/vms.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { createConsoleTicket } from './console-tickets.ts';
import { createVm } from './create-vm.ts';
import { deleteVm, deleteVmsBulk } from './delete-vm.ts';
import { getVm } from './get-vm.ts';
import { getVmMetrics } from './get-vm-metrics.ts';
import { listInterfaces } from './list-interfaces.ts';
import { listNetworks } from './list-networks.ts';
import { listProcessorHours } from './list-processor-hours.ts';
import { listVms } from './list-vms.ts';
import { listVmsByIds } from './list-vms-by-ids.ts';
import { hardRebootVm, rebootVm, startVm, stopVm } from './power-vm.ts';
import { factoryResetVm, reinstallVm } from './reinstall-vm.ts';
import { renameVm } from './rename-vm.ts';
import { resetPassword } from './reset-password.ts';
import { resizeVm, resizeVmDisk } from './resize-vm.ts';
import { saveImage } from './save-image.ts';
import { attachVmIp, detachVmIp } from './vm-ips.ts';
import { appendNote, readNotes, updateNote, upsertNote } from './vm-notes.ts';
import { attachGroup, detachGroup } from './vm-security-groups.ts';
import { addTag, removeTag, updateTag } from './vm-tags.ts';
import { attachVmToVpc, detachVmFromVpc } from './vm-vpcs.ts';

export const vmRoutes: readonly Route[] = [
  list(listVMs, listVms),
  list(listVMsByIds, listVmsByIds),
  write(createVM, createVm),
  write(deleteVMsBulk, deleteVmsBulk),
  read(getVM, getVm),
  write(deleteVM, deleteVm),
  write(startVM, startVm),
  write(stopVM, stopVm),
  write(rebootVM, rebootVm),
  write(hardRebootVM, hardRebootVm),
  write(renameVM, renameVm),
  write(resetVMPassword, resetPassword),
  write(reinstallVM, reinstallVm),
  write(factoryResetVM, factoryResetVm),
  write(resizeVM, resizeVm),
  write(resizeVMDisk, resizeVmDisk),
  write(saveVMDiskAsImage, saveImage),
  read(listVMNetworks, listNetworks),
  list(listVMInterfaces, listInterfaces),
  read(getVMMetrics, getVmMetrics),
  list(listVMProcessorHours, listProcessorHours),
  write(createVMConsole, createConsoleTicket),
  write(attachVMToVPC, attachVmToVpc),
  write(detachVMFromVPC, detachVmFromVpc),
  write(attachVMSecurityGroup, attachGroup),
  write(detachVMSecurityGroup, detachGroup),
  write(attachVMIP, attachVmIp),
  write(detachVMIP, detachVmIp),
  write(addVMTag, addTag),
  write(updateVMTag, updateTag),
  write(removeVMTag, removeTag),
  read(getVMNotes, readNotes),
  write(appendVMNote, appendNote),
  write(updateVMNote, updateNote),
  write(upsertVMNote, upsertNote),
];
