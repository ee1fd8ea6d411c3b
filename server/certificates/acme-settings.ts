/** From whom a certificate is got, and for what. */
export interface AcmeSettings {
  /** The URL of the authority's directory. */
  readonly directory: string;
  /** The root of the authority's own API, in PEM, beside those that are known anyway; null: none. */
  readonly rootFile: string | null;
  /** Where the authority may write to; null: nowhere. */
  readonly email: string | null;
  /** The one name that the certificate is for. */
  readonly name: string;
  /** Where the authority asks whether the name leads here. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where who comes there without TLS is sent. */
  readonly publicUrl: string;
  /** Where the account's key and the certificate are kept: each authority has a folder of its own. */
  readonly folder: string;
}
