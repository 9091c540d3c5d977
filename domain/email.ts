/** One spelling of an address for comparing: servers that tell upper from lower case are a thing of the past. */
export const normaliseEmail = (address: string): string => address.trim().toLowerCase();
