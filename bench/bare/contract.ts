/** What a message is to the bare program. */
export interface BareMessage {
  updateId: number;
  chatId: number;
  text: string;
}

/** What its activities share. */
export interface BareLead {
  tenantId: string;
  key: string;
  leadId: string;
}
