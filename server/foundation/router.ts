/** By which machines of a VPC reach the outside: it forwards what they begin, under an address of its own, and what answers. */
export interface Router {
  /** Public: by it the machines are seen outside, and nobody reaches them. */
  readonly address: string;
  /** The length of its block's prefix. */
  readonly prefix: number;
  readonly gateway: string;
  /** The block of public addresses that its address comes from. */
  readonly network: { readonly id: string; readonly cidr: string };
}
