/** How nodes prove themselves to the broker; secrets are derived by who holds the platform's key. */
export interface NodeCredentials {
  /**
   * The broker password of a PoD's node, another one for each that was enrolled.
   *
   * @param enrolments how many nodes the PoD has had, this one counted
   */
  nodeToken(podId: string, enrolments: number): string;
  /** A one-time token that follows from its name. */
  enrolmentToken(podId: string, name: string): string;
  /** Where the broker is, as nodes reach it; asked when a node enrols. */
  broker(): { readonly host: string; readonly port: number; readonly tls: boolean };
}
